internal import Bytes
internal import Execution
internal import Export
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Solver
internal import Store
internal import Trees

/// Makes an image of what the solver came to, and writes it where the request says.
struct ImageExport {
    let graph: BuildGraph
    let outcomes: [VertexID: Outcome]
    let inputs: BuildInputs
    let deltas: DeltaTable
    let store: StateRoot
    let request: BuildRequest
    let events: EventSink

    struct Exported {
        var manifest: OCI.Descriptor
        var config: Digest
    }

    /// - Returns: nil where nothing is exported.
    func run() throws -> Exported? {
        if request.outputs.isEmpty { return try putIntoStore() }
        var result: Exported?
        for output in request.outputs {
            guard case .layout(let layout) = output else { continue }
            result = try write(layout)
        }
        return result
    }

    // MARK: The image

    private func documents(_ compression: LayerCompression) throws -> ImageDocuments {
        try timed("exporting layers") {
            let blobs = LayerBlobs(store: store, compression: compression)
            var layers: [ReadyLayer] = []
            var times: [Timestamp?] = []
            for (index, id) in graph.image.chain.enumerated() {
                if index == 0 {
                    for part in try base(id) { layers.append(try blobs.ready(part)) }
                } else {
                    let (part, time) = try layer(id)
                    layers.append(try blobs.ready(part))
                    times.append(time)
                }
            }
            return ImageDocuments(
                config: graph.image.config,
                layers: layers,
                layerTimes: times,
                epoch: try ImageExport.epoch(of: request)
            )
        }
    }

    /// The layers of the base, as they are.
    private func base(_ id: VertexID) throws -> [LayerPart] {
        guard case .source(.image(let image)) = graph[id].operation else { return [] }
        return zip(image.layers, image.config.diffIDs).map { layer, diffID in
            .base(layer, diffID: diffID) { [inputs] in try inputs.openLayer(layer, of: image) }
        }
    }

    private func layer(_ id: VertexID) throws -> (LayerPart, Timestamp?) {
        guard let deltaID = outcomes[id]?.deltas.last, let delta = deltas[deltaID] else {
            preconditionFailure("every vertex of the chain was solved")
        }
        let part = LayerPart.delta(delta) { [deltas, store] in
            guard let snapshot = delta.snapshot else { return UnpackedDelta(upper: nil, delta: Delta()) }
            // What changed was written down when the snapshot was committed: nothing is walked or hashed again.
            let written = try store.snapshots.meta(snapshot, limit: ImageExport.deltaLimit)
            return UnpackedDelta(upper: try deltas.directory(of: deltaID), delta: try Delta(encoded: written))
        }
        let created = outcomes[id]?.created
        return (part, created.flatMap { Timestamp(seconds: $0.seconds, nanoseconds: Int32($0.nanoseconds)) })
    }

    /// Bytes of a delta that was written down; some millions of entries.
    private static let deltaLimit = 1 << 30

    /// `SOURCE_DATE_EPOCH` as a build argument: the time that the image says it was made at.
    static func epoch(of request: BuildRequest) throws -> Timestamp? {
        guard let text = request.buildArguments["SOURCE_DATE_EPOCH"], !text.isEmpty else { return nil }
        guard let seconds = Int64(text.text), let time = Timestamp(seconds: seconds) else {
            throw BuildFailure(
                message: "SOURCE_DATE_EPOCH is not a number of seconds: \"\(text.escaped)\"",
                remedy: "give seconds since 1970, such as 1700000000",
                exitCode: 2
            )
        }
        return time
    }

    // MARK: Where it goes

    private func putIntoStore() throws -> Exported {
        let image = try documents(.gzip)
        return try timed("writing the image to the store") {
            for layer in image.layers where try !store.content.contains(layer.descriptor.digest) {
                try Task.checkCancellation()
                var blob = try store.content.ingest()
                try layer.open().readChunks { try blob.write($0) }
                _ = try blob.commit(
                    expected: layer.descriptor.digest,
                    size: layer.descriptor.size,
                    mediaType: layer.descriptor.mediaType
                )
            }
            _ = try store.content.store(image.config.bytes, mediaType: .ociConfig)
            _ = try store.content.store(image.manifest.bytes, mediaType: .ociManifest)
            // Without a name it is a dangling one, as docker's are.
            let stored = try NewImage(
                manifest: image.manifest,
                config: image.config,
                names: request.names,
                holdsLayers: true
            )
            try store.images.put([stored])
            return Exported(manifest: image.manifest.descriptor, config: image.config.digest)
        }
    }

    private func write(_ output: BuildRequest.LayoutOutput) throws -> Exported {
        let image = try documents(output.compression == .gzip ? .gzip : .uncompressed)
        let destination = try ImageExport.destination(of: output)
        let shown = output.destination?.escaped ?? "standard output"
        try timed("writing the OCI image layout to \(shown)") {
            try LayoutExporter(image: image, names: request.names + output.names).write(to: destination)
        }
        return Exported(manifest: image.manifest.descriptor, config: image.config.digest)
    }

    /// Checks that every output can be written, before anything is built for it.
    static func checkOutputs(of request: BuildRequest) throws {
        for case .layout(let layout) in request.outputs { try LayoutExporter.check(try destination(of: layout)) }
    }

    private static func destination(of output: BuildRequest.LayoutOutput) throws -> LayoutExporter.Destination {
        switch output.destination {
        case let path? where output.isTar: .tarFile(path)
        case let path?: .folder(path)
        case nil: .tarStream(try Descriptor.standardOutput())
        }
    }

    private func timed<Value>(_ name: String, _ body: () throws -> Value) rethrows -> Value {
        events(.exporting(name))
        let start = ContinuousClock.now
        let value = try body()
        events(.exported(name, nanoseconds: (.now - start).nanoseconds))
        return value
    }
}
