internal import Bytes
internal import Contexts
internal import Execution
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Registry
internal import Store

extension Engine {
    /// Finds an image where its name says.
    ///
    /// Throws `ImageReadError.unknown`, `ContextsError`, `StoreError`.
    func readable(_ location: ImageLocation, for platform: Platform?) async throws -> ReadableImage {
        let platform = platform ?? .host
        switch location {
        case .archive(let path, let image): return try archived(path, image, platform)
        case .named(let word):
            if let image = try await stored(word, platform) { return image }
            do { return try archived(word, nil, platform) } catch ContextsError.missingArchive {
                guard let name = try? Reference(word) else { throw ImageReadError.unknown(word) }
                return try await remote(name, platform)
            }
        }
    }

    /// An image that is in a registry only; its blobs are fetched into the content store, without a name there.
    private func remote(_ name: Reference, _ platform: Platform) async throws -> ReadableImage {
        try await Engine.withRegistry(options, { _ in }) { client in
            let images = BaseImages(store: store, client: client, policy: .always) { _ in }
            let (image, found) = try await images.resolve(name, platform: platform)
            try await images.bringLayers(image.layers, of: image)
            let word = ByteString(name.familiar)
            let blobs = StoredBlobs(path: word, content: store.content)
            let target = found.manifest.descriptor
            return try readable(ArchivedImage(names: [name], target: target, blobs: blobs), word, platform)
        }
    }

    private func archived(_ path: ByteString, _ word: ByteString?, _ platform: Platform) throws -> ReadableImage {
        let archive =
            path == "-"
            ? try ImageArchive(try .standardInput(), named: "standard input", spool: store.directory)
            : try ImageArchive.open(path, spool: store.directory)
        return try readable(try archive.image(word), word.map { path + ":" + $0 } ?? path, platform)
    }

    /// The image of the store that a name or the first digits of an id lead to.
    private func stored(_ word: ByteString, _ platform: Platform) async throws -> ReadableImage? {
        guard let found = try store.images.find(word)?.image else { return nil }
        let layers = try store.images.layers(of: found.manifest.digest).map(\.blob)
        try await Engine.withRegistry(options, { _ in }) { client in
            let bases = BaseImages(store: store, client: client, policy: .missing) { _ in }
            try await bases.bringStored(layers)
        }
        let records = try store.images.records(config: found.config)
        let names = records.flatMap(\.names).compactMap { try? Reference($0.name) }
        let blobs = StoredBlobs(path: word, content: store.content)
        return try readable(ArchivedImage(names: names, target: found.manifest, blobs: blobs), word, platform)
    }

    private func readable(
        _ image: ArchivedImage,
        _ word: ByteString,
        _ platform: Platform
    ) throws -> ReadableImage {
        try ReadableImage(word: word, names: image.names, try image.resolve(for: platform)) { try image.openBlob($0) }
    }
}

/// The store as a place where images' blobs are looked up.
struct StoredBlobs: ImageBlobs {
    /// The image's name, for messages.
    let path: ByteString
    let content: ContentStore

    func blob(_ digest: Digest) throws(ContextsError) -> BlobRange {
        let file: Linux.Descriptor?
        do throws(StoreError) { file = try content.open(digest) } catch { throw .missingBlob(digest, layout: path) }
        guard let file else { throw .missingBlob(digest, layout: path) }
        do throws(SystemError) { return try BlobRange(whole: file) } catch {
            throw .unreadableBlob(digest, layout: path, error)
        }
    }
}
