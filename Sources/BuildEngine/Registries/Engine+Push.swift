internal import Export
package import Graph
public import OCI
internal import Registry
internal import Store

/// What a push came to.
public struct PushResult: Sendable, Hashable {
    /// The name that was pushed.
    public var name: Reference
    /// The manifest as the registry has it now.
    public var manifest: Descriptor
    /// Blobs that were sent.
    public var uploaded: Int
    /// Bytes of these.
    public var uploadedBytes: Int64
    /// Blobs that the registry had, or took over from another of its repositories.
    public var spared: Int
}

extension Engine {
    /// Pushes an image of the store to the registry that its name tells.
    ///
    /// - Throws: `BuildFailure`, or `CancellationError` when the task was cancelled.
    public func push(_ name: Reference) async throws -> PushResult { try await push(name) { _ in } }

    /// Pushes an image of the store and tells what happens on the way.
    package func push(_ name: Reference, events: @escaping EventSink) async throws -> PushResult {
        try await working(events) { client in
            guard let image = try layoutImage(name) else {
                throw BuildFailure(
                    message: "an image does not exist locally with the tag: \(name.familiar)",
                    remedy: "swift-build-image images lists what there is; swift-build-image tag gives another name",
                    exitCode: 4
                )
            }
            let report = try await RegistryExporter(store: store, client: client).push(image, to: name)
            try store.finish()
            return PushResult(
                name: name,
                manifest: image.manifest.descriptor,
                uploaded: report.uploaded,
                uploadedBytes: report.uploadedBytes,
                spared: report.mounted + report.alreadyThere
            )
        }
    }

    /// An image of the store as exporters take it; nil if there is none of that name.
    private func layoutImage(_ name: Reference) throws -> LayoutImage? {
        guard let found = try store.images.image(name), let bytes = try store.content.read(found.manifest.digest),
            let config = try store.content.read(found.config)
        else { return nil }
        let content = store.content
        let manifest = try Document<Manifest>(bytes: bytes, of: found.manifest)
        return LayoutImage(manifest: manifest, config: config, names: [name]) { layer in
            guard let file = try content.open(layer.digest) else { throw ExportError.missingBlob(layer.digest) }
            return file
        }
    }
}
