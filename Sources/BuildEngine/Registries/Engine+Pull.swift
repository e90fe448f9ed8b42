internal import Execution
package import Graph
internal import Linux
public import OCI
internal import Registry
internal import Store

/// What a pull came to.
public struct PullResult: Sendable, Hashable {
    /// The name that was pulled.
    public var name: Reference
    /// The digest that the registry knows the name by: that of an index, or of the manifest itself.
    public var digest: Digest
    /// The digest of the image's config: what Docker calls the image's id.
    public var imageID: Digest
    /// Whether the name stood for another image in the store before, or for none.
    public var isNew: Bool
}

extension Engine {
    /// Brings an image from its registry into the store, layers unpacked, so that a build on it begins at once.
    ///
    /// - Parameters:
    ///   - name: with a tag, or a digest.
    ///   - platform: nil for the host's.
    /// - Returns: what the name stands for now.
    /// - Throws: `BuildFailure`, or `CancellationError` when the task was cancelled.
    public func pull(_ name: Reference, platform: Platform? = nil) async throws -> PullResult {
        try await pull(name, platform: platform) { _ in }
    }

    /// Brings an image into the store and tells what happens on the way.
    package func pull(
        _ name: Reference,
        platform: Platform? = nil,
        events: @escaping EventSink
    ) async throws -> PullResult {
        try await working(events) { client in
            let images = BaseImages(store: store, client: client, policy: .always, events: events)
            let (image, remote) = try await images.resolve(name, platform: platform ?? .host)
            let before = try store.images.image(name)
            try await images.bringLayersUnpacked(of: image, store: store, events: events)
            let stored = try NewImage(
                manifest: remote.manifest,
                config: remote.config,
                names: [name],
                repositoryDigests: [RepositoryDigest(repository: name.name, digest: remote.top.digest)],
                holdsLayers: true
            )
            try store.images.put([stored])
            try store.finish()
            return PullResult(
                name: name,
                digest: remote.top.digest,
                imageID: remote.config.digest,
                isNew: before?.manifest.digest != remote.manifest.digest
            )
        }
    }
}

extension BaseImages {
    fileprivate func bringLayersUnpacked(of image: BaseImage, store: StateRoot, events: @escaping EventSink)
        async throws
    {
        let deltas = DeltaTable(store: store)
        _ = try await BaseUnpack(store: store, images: self, deltas: deltas, events: events).open(image)
        // What an earlier build has unpacked may have no packed form here.
        try await bringLayers(image.layers, of: image)
        try verifyLayers(of: image)
    }
}
