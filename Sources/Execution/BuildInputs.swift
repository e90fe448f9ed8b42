package import Bytes
package import Contexts
package import Graph
package import Linux
package import OCI
package import Store
internal import Synchronization
package import Trees

/// Everything that a build reads from outside: its context, named contexts, base images.
package final class BuildInputs: Sendable {
    /// What a name of `--build-context` stands for.
    package enum Named: Sendable {
        case folder(LocalContext)
        case layout(LayoutContext, tag: ByteString?, digest: Digest?)
        case image(ByteString)
    }

    private struct State {
        /// Where the layers of a base image are read, by the digest of its manifest.
        var layers: [Digest: LayerSource] = [:]
        var listings: [ContextListing] = []
        var folders: [VertexID: Directory] = [:]
    }

    /// Opens the blob of a layer.
    typealias LayerSource = @Sendable (OCI.Descriptor) throws -> Linux.Descriptor

    private let context: LocalContext
    private let named: [ByteString: Named]
    private let store: StateRoot
    private let state = Mutex(State())

    /// `named`: by name in lower case.
    package init(context: LocalContext, named: [ByteString: Named], store: StateRoot) {
        self.context = context
        self.named = named
        self.store = store
    }

    // MARK: Local folders

    /// Scans a folder and hashes what is read of it.
    func open(_ source: LocalSource, for vertex: VertexID, reading reads: [TreeRead]) async throws -> Tree {
        let listing = try await folder(named: source.name).scan()
        let placeholder = listing.tree()
        var paths: [TreePath] = []
        for read in reads {
            // A read that finds nothing is an error of the step that has it, told there with its place.
            guard let selection = try? read.selection(in: placeholder, from: listing) else { continue }
            paths += selection.paths
        }
        try await listing.hash(paths)
        try Task.checkCancellation()
        let tree = listing.tree()
        // What is remembered saves work next time; on a full disk this build must not fail for it.
        try? listing.saveIndex()
        state.withLock { state in
            state.listings.append(listing)
            state.folders[vertex] = listing.root
        }
        return tree
    }

    private func folder(named name: ByteString) throws -> LocalContext {
        if name == LocalSource.buildContext.name { return context }
        guard case .folder(let folder) = named[name] else { throw ExecutionError.unknownLocalSource(name) }
        return folder
    }

    /// The root of a folder that was opened for a vertex; nil for vertices that are no folders.
    func folder(of vertex: VertexID) -> Directory? { state.withLock { $0.folders[vertex] } }

    // MARK: Images

    /// Opens the blob of a base image's layer.
    package func openLayer(_ layer: OCI.Descriptor, of image: BaseImage) throws -> Linux.Descriptor {
        guard let source = state.withLock({ $0.layers[image.manifestDigest] }) else {
            throw ExecutionError.unknownImage(image.name)
        }
        return try source(layer)
    }
}

extension BuildInputs: BaseImageSource {
    package func find(_ name: ByteString, platform: Platform) async throws -> NamedInput {
        if let known = named[name.lowercased] { return try await input(known, name.lowercased, name, platform) }
        guard let reference = try? Reference(name) else {
            // Docker's classic builder takes the id of an image, too.
            if let found = try store.images.find(name) { return .image(try base(found.image, name: name, asked: name)) }
            return .image(try stored(try Reference(name), name))
        }
        // A context may be given under the full name of an image that the Dockerfile writes short, or the other way round.
        for (key, named) in named where (try? Reference(key)) == reference {
            return try await input(named, key, name, platform)
        }
        return .image(try stored(reference, name))
    }

    /// `key`: under which name the context was given.
    ///
    /// `name`: under which name it was asked for.
    private func input(
        _ named: Named,
        _ key: ByteString,
        _ name: ByteString,
        _ platform: Platform
    ) async throws -> NamedInput {
        switch named {
        case .folder: return .local(LocalSource(name: key))
        case .image("scratch"): return .scratch
        case .image(let other): return .image(try stored(try Reference(other), other))
        case .layout(let layout, let tag, let digest):
            let resolved = try layout.resolve(tag: tag, digest: digest, platform: platform)
            let image = BaseImage(
                name: name,
                manifestDigest: resolved.manifest.digest,
                layers: resolved.manifest.content.layers,
                config: resolved.config.content
            )
            state.withLock { $0.layers[image.manifestDigest] = { try layout.openBlob($0) } }
            return .image(image)
        }
    }

    /// An image of the store, by name: its digest is told by its vertex.
    private func stored(_ reference: Reference, _ name: ByteString) throws -> BaseImage {
        if let found = try store.images.image(reference) {
            return try base(found, name: ByteString(reference.description), asked: name)
        }
        // The first digits of an id look like a name; Docker's classic builder takes them.
        guard let found = try store.images.find(name) else { throw ExecutionError.unknownImage(name) }
        return try base(found.image, name: name, asked: name)
    }

    private func base(_ found: StoredImage, name: ByteString, asked: ByteString) throws -> BaseImage {
        guard let manifestBytes = try store.content.read(found.manifest.digest) else {
            throw ExecutionError.unknownImage(asked)
        }
        let manifest = try Document<Manifest>(bytes: manifestBytes, of: found.manifest)
        guard let configBytes = try store.content.read(manifest.content.config.digest) else {
            throw ExecutionError.unknownImage(asked)
        }
        let config = try Document<ImageConfig>(bytes: configBytes, of: manifest.content.config)
        let image = BaseImage(
            name: name,
            manifestDigest: found.manifest.digest,
            layers: manifest.content.layers,
            config: config.content
        )
        let content = store.content
        state.withLock { state in
            state.layers[image.manifestDigest] = { layer in
                guard let file = try content.open(layer.digest) else { throw ExecutionError.unknownImage(image.name) }
                return file
            }
        }
        return image
    }

}

extension BuildInputs: TreeSource {
    /// Directory objects of the scanned folders, then those of the store.
    package func directoryObject(_ hash: ContentHash) throws -> DirectoryObject {
        for listing in state.withLock({ $0.listings }) {
            if let object = try? listing.directoryObject(hash) { return object }
        }
        return try store.trees.directoryObject(hash)
    }
}
