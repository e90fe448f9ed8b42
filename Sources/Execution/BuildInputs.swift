package import Bytes
package import Contexts
package import Graph
internal import Linux
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
        var listings: [ContextListing] = []
        var folders: [VertexID: Directory] = [:]
    }

    private let context: LocalContext
    private let named: [ByteString: Named]
    private let store: StateRoot
    /// The images that names outside of the Dockerfile stand for.
    package let images: BaseImages
    /// What is downloaded.
    let files: RemoteFiles
    private let state = Mutex(State())

    /// `named`: by name in lower case.
    package init(
        context: LocalContext,
        named: [ByteString: Named],
        store: StateRoot,
        images: BaseImages,
        files: RemoteFiles
    ) {
        self.context = context
        self.named = named
        self.store = store
        self.images = images
        self.files = files
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
}

extension BuildInputs: BaseImageSource {
    package func find(_ name: ByteString, platform: Platform) async throws -> NamedInput {
        if let known = named[name.lowercased] { return try await input(known, name.lowercased, name, platform) }
        // Docker's classic builder takes the id of an image, too.
        if let image = try images.image(id: name) { return .image(image) }
        let reference = try Reference(name)
        // A context may be given under the full name of an image that the Dockerfile writes short, or the other way round.
        for (key, named) in named where (try? Reference(key)) == reference {
            return try await input(named, key, name, platform)
        }
        return .image(try await images.image(named: name, platform: platform))
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
        case .image(let other): return .image(try await images.image(named: other, platform: platform))
        case .layout(let layout, let tag, let digest):
            return .image(try images.image(in: layout, tag: tag, digest: digest, named: name, platform: platform))
        }
    }
}

extension BuildInputs: TreeSource {
    /// Directory objects of the scanned folders and of what was downloaded, then those of the store.
    package func directoryObject(_ hash: ContentHash) throws -> DirectoryObject {
        for listing in state.withLock({ $0.listings }) {
            if let object = try? listing.directoryObject(hash) { return object }
        }
        if let object = files.directoryObject(hash) { return object }
        return try store.trees.directoryObject(hash)
    }
}
