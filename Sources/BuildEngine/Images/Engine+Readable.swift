internal import Bytes
internal import Contexts
internal import Layers
internal import Linux
internal import OCI
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
            if let image = try stored(word, platform) { return image }
            do { return try archived(word, nil, platform) } catch ContextsError.missingArchive {
                throw ImageReadError.unknown(word)
            }
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
    private func stored(_ word: ByteString, _ platform: Platform) throws -> ReadableImage? {
        let images = try store.images.all
        let name = (try? Reference(word))?.description
        let found = images.first { $0.name == name } ?? images.first { $0.config.hex.hasPrefix(word.text) }
        guard let found else { return nil }
        let names = images.filter { $0.manifest.digest == found.manifest.digest }.compactMap { try? Reference($0.name) }
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
