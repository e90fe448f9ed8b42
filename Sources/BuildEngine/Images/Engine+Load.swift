public import Bytes
internal import Contexts
internal import Layers
internal import Linux
internal import OCI
internal import Store

extension Engine {
    /// Brings the images of an archive into the store: an OCI image layout, as a tar or a folder, or what `docker save`
    /// of any age writes, packed or not.
    ///
    /// All is verified on the way: documents and layers by their digests, layers also by their diffIDs. Each image has
    /// its names when it is there whole.
    ///
    /// - Parameters:
    ///   - path: the file or folder; nil for standard input.
    ///   - loaded: told each image as it is there.
    /// - Returns: the images, in the archive's order.
    /// - Throws: `BuildFailure`, or `CancellationError`.
    @discardableResult
    public func load(
        from path: ByteString?,
        loaded: @Sendable (LoadedImage) -> Void = { _ in }
    ) async throws -> [LoadedImage] {
        try await onThreads { engine in
            let spool = engine.store.spool
            let archive: ImageArchive =
                if let path { try ImageArchive.open(path, spool: spool) } else {
                    try ImageArchive(try Descriptor.standardInput(), named: "standard input", spool: spool)
                }
            guard !archive.images.isEmpty else {
                throw BuildFailure(message: "\(archive.path.escaped) holds no images", exitCode: 4)
            }
            return try archive.images.map { image in
                let result = try engine.load(image)
                loaded(result)
                return result
            }
        }
    }

    private func load(_ archived: ArchivedImage) throws -> LoadedImage {
        let image = try archived.resolve(for: .host)
        try image.manifest.content.check(image.config.content)
        for (layer, diffID) in zip(image.manifest.content.layers, image.config.content.diffIDs) {
            try take(layer, diffID, try archived.openBlob(layer))
        }
        _ = try store.content.store(image.config.bytes, mediaType: image.config.content.mediaType)
        _ = try store.content.store(image.manifest.bytes, mediaType: image.manifest.content.mediaType)
        let names = archived.names.filter { $0.digest == nil }
        try store.images.put([
            try NewImage(manifest: image.manifest, config: image.config, names: names, holdsLayers: true)
        ])
        return LoadedImage(id: image.config.digest, names: names)
    }

    /// Brings one layer into the store, unless it is there.
    func take(_ layer: OCI.Descriptor, _ diffID: Digest, _ blob: BlobRange) throws {
        let isKnown = try store.content.contains(layer.digest) && store.images.isVerified(layer.digest, diffID: diffID)
        if try isKnown && store.images.plainSize(ofLayer: diffID) != nil { return }
        let expected = ExpectedLayer(digest: layer.digest, size: layer.size, diffID: diffID)
        let measure = try LayerMeasure(blob, expecting: expected)
        if try !store.content.contains(layer.digest) {
            try store.checkReserve()
            var ingesting = try store.content.ingest(layer.digest.algorithm)
            try blob.readChunks { bytes in
                try Task.checkCancellation()
                try ingesting.write(bytes)
            }
            _ = try ingesting.commit(expected: layer.digest, size: layer.size, mediaType: layer.mediaType)
        }
        try store.images.note(plainSizes: [diffID: measure.plainSize])
        try store.images.noteVerified(layer.digest, diffID: diffID)
    }
}
