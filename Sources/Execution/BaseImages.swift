internal import Bytes
internal import Contexts
package import Graph
package import Linux
package import OCI
package import Registry
package import Store
internal import Synchronization

/// The images that a build starts from: what their names stand for, and where the bytes of their layers are.
///
/// A name means the same image for the whole build. Documents are read when a name is looked up, layers when something
/// needs their bytes.
package final class BaseImages: Sendable {
    /// When a registry is asked.
    package enum PullPolicy: Sendable {
        /// For names that the store does not have, as dockerd does.
        case missing
        /// For every name: `--pull`.
        case always
    }

    /// Where the layers of an image are.
    private enum Place: Sendable {
        case layout(LayoutContext)
        /// In the content store, and what is missing there in a registry, where one is known.
        case store(RepositoryLocation?)
    }

    private struct Request: Hashable {
        var reference: Reference
        var platform: Platform
    }

    private struct State {
        var places: [Digest: Place] = [:]
        var resolved: [Request: BaseImage] = [:]
    }

    private let store: StateRoot
    private let client: RegistryClient
    private let blobs: RemoteBlobs
    private let policy: PullPolicy
    private let events: EventSink
    private let state = Mutex(State())

    package init(store: StateRoot, client: RegistryClient, policy: PullPolicy, events: @escaping EventSink) {
        self.store = store
        self.client = client
        self.policy = policy
        self.events = events
        blobs = RemoteBlobs(store: store, client: client)
    }

    // MARK: Names

    /// What a name stands for: an image of the store, else what the registry says.
    func image(named reference: Reference, platform: Platform) async throws -> BaseImage {
        let request = Request(reference: reference, platform: platform)
        if let known = state.withLock({ $0.resolved[request] }) { return known }
        // What has a digest is what it was: there is nothing to ask for again.
        let mayBeStored = policy == .missing || reference.digest != nil
        let image: BaseImage
        if mayBeStored, let stored = try stored(reference, platform: platform) {
            image = stored
        } else {
            image = try await remote(reference, platform: platform)
        }
        state.withLock { $0.resolved[request] = image }
        return image
    }

    /// An image of a layout.
    func image(
        in layout: LayoutContext,
        tag: ByteString?,
        digest: Digest?,
        named name: ByteString,
        platform: Platform
    ) throws -> BaseImage {
        let found = try layout.resolve(tag: tag, digest: digest, platform: platform)
        return note(found.manifest, found.config.content, named: name, at: .layout(layout))
    }

    private func note(
        _ manifest: Document<Manifest>,
        _ config: ImageConfig,
        named name: ByteString,
        at place: Place
    ) -> BaseImage {
        state.withLock { $0.places[manifest.digest] = place }
        return BaseImage(
            name: name,
            manifestDigest: manifest.digest,
            layers: manifest.content.layers,
            config: config
        )
    }

    /// - Returns: nil if the store has none of that name, or none for the platform.
    private func stored(_ reference: Reference, platform: Platform) throws -> BaseImage? {
        guard let found = try store.images.image(reference.description),
            let manifest = try document(Manifest.self, found.manifest),
            let config = try document(ImageConfig.self, manifest.content.config),
            platform.accepts(config.content.platform)
        else { return nil }
        tell(reference, found.manifest.digest, config.content, from: .store)
        let name = ByteString(reference.description)
        return note(manifest, config.content, named: name, at: .store(RepositoryLocation(reference)))
    }

    private func document<Content: DocumentContent>(
        _ type: Content.Type,
        _ descriptor: OCI.Descriptor
    ) throws -> Document<Content>? {
        guard let bytes = try store.content.read(descriptor.digest) else { return nil }
        return try Document<Content>(bytes: bytes, of: descriptor)
    }

    private func remote(_ reference: Reference, platform: Platform) async throws -> BaseImage {
        let found = try await client.resolve(reference, platform: platform)
        try found.manifest.content.check(found.config.content)
        // So that a digest needs no registry the next time.
        _ = try store.content.store(found.manifest.bytes, mediaType: found.manifest.descriptor.mediaType)
        _ = try store.content.store(found.config.bytes, mediaType: found.config.descriptor.mediaType)
        tell(reference, found.top.digest, found.config.content, from: .registry(host: found.location.host))
        let name = ByteString(reference.description)
        return note(found.manifest, found.config.content, named: name, at: .store(found.location))
    }

    private func tell(_ reference: Reference, _ digest: Digest, _ config: ImageConfig, from origin: ResolvedBase.Origin) {
        let name = reference.familiar
        events(.resolved(ResolvedBase(name: name, digest: digest, created: config.created, origin: origin)))
    }

    // MARK: Layers

    /// Where the layers of an image can be fetched from; nil where they are at hand or nowhere.
    package func location(of image: BaseImage) -> RepositoryLocation? {
        guard case .store(let location)? = state.withLock({ $0.places[image.manifestDigest] }) else { return nil }
        return location
    }

    /// Opens the blob of a layer that is on this machine; nil if it is not.
    package func openLayer(_ layer: OCI.Descriptor, of image: BaseImage) throws -> Linux.Descriptor? {
        switch state.withLock({ $0.places[image.manifestDigest] }) {
        case .layout(let layout)?: try layout.openBlob(layer)
        case .store?: try store.content.open(layer.digest)
        case nil: nil
        }
    }

    /// Brings layers into the content store that are needed and not on this machine.
    package func bringLayers(_ layers: [OCI.Descriptor], of image: BaseImage) async throws {
        guard let location = location(of: image) else { return }
        try await blobs.bring(layers, from: location)
    }

    /// Downloads of layers that are needed and not on this machine; ``run(_:of:)`` runs them.
    func downloads(of layers: [OCI.Descriptor], of image: BaseImage) throws -> [Digest: BlobDownload] {
        guard location(of: image) != nil else { return [:] }
        var downloads: [Digest: BlobDownload] = [:]
        for layer in layers where try downloads[layer.digest] == nil && !store.content.contains(layer.digest) {
            downloads[layer.digest] = try BlobDownload(layer, into: store)
        }
        return downloads
    }

    func run(_ downloads: [Digest: BlobDownload], of image: BaseImage) async throws {
        guard let location = location(of: image), !downloads.isEmpty else { return }
        try await blobs.run(Array(downloads.values), from: location)
    }
}
