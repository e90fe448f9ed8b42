internal import Bytes
internal import Contexts
package import Graph
internal import Layers
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
        /// In the content store; what is missing there is in a registry: this one, or where the store knows it to be.
        case store(RepositoryLocation?)
    }

    private struct Request: Hashable {
        /// What the name may stand for, which is not the same for every way of writing it.
        var candidates: [Reference]
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
    ///
    /// `name`: as it was written; without a registry it may stand for several (`registries.conf`).
    func image(named name: ByteString, platform: Platform) async throws -> BaseImage {
        let request = Request(candidates: try client.candidates(for: name.text), platform: platform)
        if let known = state.withLock({ $0.resolved[request] }) { return known }
        let image = try await find(request.candidates, platform: platform)
        state.withLock { $0.resolved[request] = image }
        return image
    }

    private func find(_ candidates: [Reference], platform: Platform) async throws -> BaseImage {
        // What has a digest is what it was: there is nothing to ask for again.
        for name in candidates where policy == .missing || name.digest != nil {
            if let stored = try stored(name, platform: platform) { return stored }
        }
        var refusal: (any Error)?
        for name in candidates {
            do { return try await remote(name, platform: platform) } catch let error as RegistryError {
                // The next registry may have it; of several refusals the first is told.
                guard case .noAccess = error else { throw error }
                refusal = refusal ?? error
            }
        }
        throw refusal ?? CancellationError()
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
        state.withLock { state in
            // A layout that has the image has its layers, too.
            if case .layout? = state.places[manifest.digest] { return }
            state.places[manifest.digest] = place
        }
        return BaseImage(
            name: name,
            manifestDigest: manifest.digest,
            layers: manifest.content.layers,
            config: config
        )
    }

    /// - Returns: nil if the store has none of that name, or none for the platform.
    private func stored(_ reference: Reference, platform: Platform) throws -> BaseImage? {
        let name = ByteString(reference.description)
        // The digest of an index leads to another manifest for each platform: the index says to which.
        if let found = try store.images.image(reference), [nil, found.manifest.digest].contains(reference.digest),
            let (manifest, config) = try documents(of: found.manifest), platform.accepts(config.content.platform)
        {
            tell(reference.familiar, found.manifest.digest, config.content, from: .store)
            return note(manifest, config.content, named: name, at: .store(nil))
        }
        guard let digest = reference.digest, let (manifest, config) = try pinned(digest, platform, depth: 0) else {
            return nil
        }
        tell(reference.familiar, digest, config.content, from: .store)
        return note(manifest, config.content, named: name, at: .store(RepositoryLocation(reference)))
    }

    private typealias Documents = (Document<Manifest>, Document<ImageConfig>)

    /// The documents that a digest leads to, as far as an earlier build has kept them.
    private func pinned(_ digest: Digest, _ platform: Platform, depth: Int) throws -> Documents? {
        guard depth <= DocumentLimits.indexDepth, let bytes = try store.content.read(digest),
            let found = try? ImageDocument(bytes: bytes)
        else { return nil }
        switch found {
        case .manifest(let manifest):
            return try document(ImageConfig.self, manifest.content.config).map { (manifest, $0) }
        case .index(let index):
            // The best one only: where it is not here, another that is would be a wrong image.
            guard let best = index.content.candidates(for: platform).first else { return nil }
            return try pinned(best.digest, platform, depth: depth + 1)
        }
    }

    /// An image of the store by its id: `sha256:` and all digits, or the first twelve digits and more; nil for another
    /// word, or if there is none.
    ///
    /// Fewer digits could be meant as a name: a base that is taken by mistake would be a wrong image.
    func image(id: ByteString) throws -> BaseImage? {
        let isWhole = id.hasPrefix("sha256:")
        let digits = isWhole ? id.bytes.dropFirst(7) : id.bytes[...]
        guard digits.count >= 12, digits.allSatisfy(BaseImages.isHexDigit), let found = try store.images.find(id),
            case .id = found.way, let (manifest, config) = try documents(of: found.image.manifest)
        else { return nil }
        tell(id.text, found.image.manifest.digest, config.content, from: .store)
        return note(manifest, config.content, named: id, at: .store(nil))
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private func documents(of descriptor: OCI.Descriptor) throws -> Documents? {
        guard let manifest = try document(Manifest.self, descriptor),
            let config = try document(ImageConfig.self, manifest.content.config)
        else { return nil }
        return (manifest, config)
    }

    private func document<Content: DocumentContent>(
        _ type: Content.Type,
        _ descriptor: OCI.Descriptor
    ) throws -> Document<Content>? {
        guard let bytes = try store.content.read(descriptor.digest) else { return nil }
        return try Document<Content>(bytes: bytes, of: descriptor)
    }

    private func remote(_ reference: Reference, platform: Platform) async throws -> BaseImage {
        try await resolve(reference, platform: platform).image
    }

    /// Asks the registry what a name stands for; nothing but documents is fetched.
    package func resolve(
        _ reference: Reference,
        platform: Platform
    ) async throws -> (image: BaseImage, remote: RemoteImage) {
        let found = try await client.resolve(reference, platform: platform)
        try found.manifest.content.check(found.config.content)
        // So that a digest needs no registry the next time.
        try keep(found.topBytes, found.top)
        try keep(found.manifest.bytes, found.manifest.descriptor)
        try keep(found.config.bytes, found.config.descriptor)
        let layers = found.manifest.content.layers.map(\.digest)
        // An unchanged build writes nothing.
        if try layers.contains(where: { try !store.images.repositories(having: $0).contains(found.location.name) }) {
            try store.images.note(blobs: layers, in: found.location.name)
        }
        tell(reference.familiar, found.top.digest, found.config.content, from: .registry(host: found.location.host))
        let name = ByteString(reference.description)
        return (note(found.manifest, found.config.content, named: name, at: .store(found.location)), found)
    }

    private func keep(_ bytes: [UInt8], _ descriptor: OCI.Descriptor) throws {
        guard try !store.content.contains(descriptor.digest) else { return }
        _ = try store.content.store(bytes, mediaType: descriptor.mediaType)
    }

    private func tell(_ name: String, _ digest: Digest, _ config: ImageConfig, from origin: ResolvedBase.Origin) {
        events(.resolved(ResolvedBase(name: name, digest: digest, created: config.created, origin: origin)))
    }

    // MARK: Layers

    /// Where a layer of an image can be fetched from, the image's own repository first; none where it is at hand or nowhere.
    package func locations(of layer: OCI.Descriptor, of image: BaseImage) throws -> [RepositoryLocation] {
        guard case .store(let own)? = state.withLock({ $0.places[image.manifestDigest] }) else { return [] }
        let known = try locations(of: layer)
        guard let own else { return known }
        return [own] + known.filter { $0.name != own.name }
    }

    /// The repositories that are known to have a layer.
    private func locations(of layer: OCI.Descriptor) throws -> [RepositoryLocation] {
        try store.images.repositories(having: layer.digest).map { RepositoryLocation(try Reference($0)) }
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
        try await run(try downloads(of: layers, of: image))
    }

    /// Makes sure that the layers of an image that are at hand are those of the config's diffIDs; each is read once for all
    /// builds.
    ///
    /// A snapshot is found by its diffID alone: without this, files and blobs of an image could be of different layers.
    /// Throws `LayersError.wrongDiffID`, or another for a layer that cannot be read.
    package func verifyLayers(of image: BaseImage) throws {
        for (layer, diffID) in zip(image.layers, image.config.diffIDs)
        where try !store.images.isVerified(layer.digest, diffID: diffID) {
            guard let file = try openLayer(layer, of: image) else { continue }
            try Task.checkCancellation()
            let expected = ExpectedLayer(digest: layer.digest, size: layer.size, diffID: diffID)
            let measure = try LayerMeasure(try BlobRange(whole: file), expecting: expected)
            try store.images.note(plainSizes: [diffID: measure.plainSize])
            try store.images.noteVerified(layer.digest, diffID: diffID)
        }
    }

    /// Brings layers of images of the store into the content store, as far as it is known which registry has them.
    package func bringStored(_ layers: [OCI.Descriptor]) async throws {
        var downloads: [Digest: GrowingBlob] = [:]
        for layer in layers where try downloads[layer.digest] == nil && !store.content.contains(layer.digest) {
            let locations = try locations(of: layer)
            if !locations.isEmpty { downloads[layer.digest] = try GrowingBlob(layer, from: locations, into: store) }
        }
        try await run(downloads)
    }

    /// Downloads of layers that are needed and not on this machine; ``run(_:)`` runs them.
    func downloads(of layers: [OCI.Descriptor], of image: BaseImage) throws -> [Digest: GrowingBlob] {
        var downloads: [Digest: GrowingBlob] = [:]
        for layer in layers where try downloads[layer.digest] == nil && openLayer(layer, of: image) == nil {
            let locations = try locations(of: layer, of: image)
            guard !locations.isEmpty else { throw ExecutionError.missingLayer(layer.digest, of: image.name) }
            downloads[layer.digest] = try GrowingBlob(layer, from: locations, into: store)
        }
        return downloads
    }

    func run(_ downloads: [Digest: GrowingBlob]) async throws {
        if !downloads.isEmpty { try await blobs.run(Array(downloads.values)) }
    }
}
