internal import Bytes
internal import Linux
package import OCI
package import Registry
package import Store

/// Pushes images to registries, and remembers there which repositories have their blobs.
package struct RegistryExporter: Sendable {
    private let store: StateRoot
    private let client: RegistryClient

    package init(store: StateRoot, client: RegistryClient) {
        self.store = store
        self.client = client
    }

    /// Pushes an image under a name.
    ///
    /// A layer that was never downloaded is mounted or streamed from where it is known to be.
    ///
    /// - Throws: `RegistryError`, `StoreError`, or what opening a layer throws.
    package func push(_ image: LayoutImage, to name: Reference) async throws -> PushReport {
        let config = image.manifest.content.config
        let layers = image.layers.map(\.descriptor)
        let blobs = try image.layers.map(pushed) + [PushedBlob(descriptor: config, content: .bytes(image.config))]
        let top = PushedImage.Manifest(descriptor: image.manifest.descriptor, bytes: image.manifest.bytes)
        let report: PushReport
        do { report = try await client.push(PushedImage(blobs: blobs, top: top), to: name) } catch let error
            as RegistryError
        {
            guard case .answered = error else { throw error }
            // A registry that refuses a blob may have found what a disk did to it.
            for layer in layers where try store.content.contains(layer.digest) && !store.content.verify(layer.digest) {
                throw ExportError.damagedBlob(layer.digest)
            }
            throw error
        }
        try store.images.note(blobs: layers.map(\.digest), in: name.name)
        if try store.images.image(manifest: image.manifest.digest) != nil {
            let digest = RepositoryDigest(repository: name.name, digest: report.digest)
            try store.images.note([digest], of: image.manifest.digest)
        }
        return report
    }

    private func pushed(_ layer: LayoutImage.Layer) throws -> PushedBlob {
        let origins = try store.images.repositories(having: layer.descriptor.digest)
        var content = PushedBlob.Content.file(layer.open)
        if let origin = origins.first, try !store.content.contains(layer.descriptor.digest) {
            content = .remote(RepositoryLocation(try Reference(origin)))
        }
        return PushedBlob(descriptor: layer.descriptor, origins: origins, content: content)
    }
}
