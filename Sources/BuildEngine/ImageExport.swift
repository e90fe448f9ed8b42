internal import Bytes
internal import Execution
internal import Export
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Registry
internal import Solver
internal import Store
internal import Trees

/// Makes an image of what the solver came to, and writes it, or its files, where the request says.
struct ImageExport {
    let graph: BuildGraph
    let outcomes: [VertexID: Outcome]
    let inputs: BuildInputs
    let deltas: DeltaTable
    let executor: LocalExecutor
    let client: RegistryClient
    let store: StateRoot
    let request: BuildRequest
    let events: EventSink

    struct Exported {
        var manifest: OCI.Descriptor
        var config: Digest
    }

    /// - Returns: the last image that was made; nil where none was.
    func run() async throws -> Exported? {
        try await bringBase()
        var result: Exported?
        var images: [BuildRequest.ImageSettings: ImageDocuments] = [:]
        func image(_ settings: BuildRequest.ImageSettings) async throws -> ImageDocuments {
            if let made = images[settings] { return made }
            let made = try await documents(settings)
            images[settings] = made
            return made
        }
        for output in request.outputs.isEmpty ? [.image(.init())] : request.outputs {
            try Task.checkCancellation()
            switch output {
            case .cacheOnly: continue
            case .folder(let path): try await writeFiles(to: path)
            case .tar(let path): try await writeFilesTar(to: path)
            case .layout(let layout):
                let made = try await image(layout.settings)
                try await write(made, to: layout)
                result = Exported(manifest: made.manifest.descriptor, config: made.config.digest)
            case .image(let output):
                let made = try await image(output.settings)
                let names = request.names + output.names
                if output.isStored { try await putIntoStore(made, names: names) }
                if output.isPushed { try await push(made, names: names, output) }
                result = Exported(manifest: made.manifest.descriptor, config: made.config.digest)
            }
        }
        return result
    }

    /// The image that the last stage begins with; nil for `scratch`.
    private var base: BaseImage? {
        guard let id = graph.image.chain.first, case .source(.image(let image)) = graph[id].operation else {
            return nil
        }
        return image
    }

    /// Fetches the layers of the base that are in a registry only and whose bytes an output holds, or packs anew.
    ///
    /// An image in the store, and one that is pushed, does without: it is known where they are.
    private func bringBase() async throws {
        guard let base else { return }
        let needsBytes = request.outputs.contains { output in
            if case .layout = output { true } else { output.settings?.forcesCompression ?? false }
        }
        if needsBytes { try await inputs.images.bringLayers(base.layers, of: base) }
        let isImage = request.outputs.isEmpty || request.outputs.contains { $0.settings != nil }
        if isImage { try inputs.images.verifyLayers(of: base) }
    }

    /// Layers of the base that are in a registry only.
    private func remoteLayers() throws -> Set<Digest> {
        guard let base else { return [] }
        let remote = try base.layers.filter { layer in
            try !inputs.images.locations(of: layer, of: base).isEmpty && inputs.images.openLayer(layer, of: base) == nil
        }
        return Set(remote.map(\.digest))
    }

    // MARK: The image

    private func documents(_ settings: BuildRequest.ImageSettings) async throws -> ImageDocuments {
        try await timed("exporting layers") {
            let epoch = try ImageExport.epoch(of: request)
            let form = settings.layerForm(epoch: epoch)
            let blobs = LayerBlobs(store: store, form: form)
            var layers: [ReadyLayer] = []
            var times: [Timestamp?] = []
            for (index, id) in graph.image.chain.enumerated() {
                if index == 0 {
                    for part in baseLayers { layers.append(try blobs.ready(part)) }
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
                epoch: epoch,
                usesOCITypes: form.usesOCITypes,
                annotations: settings.annotations(of: .manifest, for: graph.image.config.platform)
            )
        }
    }

    /// The layers of the base, as they are.
    private var baseLayers: [LayerPart] {
        guard let image = base else { return [] }
        return zip(image.layers, image.config.diffIDs).map { layer, diffID in
            .base(layer, diffID: diffID) { [inputs] in
                guard let file = try inputs.images.openLayer(layer, of: image) else {
                    throw ExecutionError.missingLayer(layer.digest, of: image.name)
                }
                return file
            }
        }
    }

    private func layer(_ id: VertexID) throws -> (LayerPart, Timestamp?) {
        guard let deltaID = outcomes[id]?.deltas.last, let delta = deltas[deltaID] else {
            preconditionFailure("every vertex of the chain was solved")
        }
        let part = LayerPart.delta(delta) { [deltas, store] in
            let upper = try deltas.directory(of: deltaID)
            guard let snapshot = deltas[deltaID]?.snapshot else { return UnpackedDelta(upper: nil, delta: Delta()) }
            // What changed was written down when the snapshot was committed: nothing is walked or hashed again.
            let written = try store.snapshots.meta(snapshot, limit: ImageExport.deltaLimit)
            return UnpackedDelta(upper: upper, delta: try Delta(encoded: written))
        }
        let created = outcomes[id]?.created
        return (part, created.flatMap { Timestamp(seconds: $0.seconds, nanoseconds: Int32($0.nanoseconds)) })
    }

    /// Bytes of a delta that was written down; some millions of entries.
    private static let deltaLimit = 1 << 30

    /// `SOURCE_DATE_EPOCH` as a build argument: the time that the image says it was made at.
    ///
    /// Nil where it is none, and where it is the name of something whose time lowering is to find out.
    static func epoch(of request: BuildRequest) throws -> Timestamp? {
        guard let text = request.buildArguments["SOURCE_DATE_EPOCH"], let seconds = Int64(text.text) else { return nil }
        guard let time = Timestamp(seconds: seconds) else {
            throw BuildFailure(
                message: "SOURCE_DATE_EPOCH is no time that can be written: \"\(text.escaped)\"",
                remedy: "give seconds since 1970, such as 1700000000",
                exitCode: 2
            )
        }
        return time
    }

    // MARK: Where it goes

    private func putIntoStore(_ image: ImageDocuments, names: [Reference]) async throws {
        try await timed("writing the image to the store") {
            let remote = try remoteLayers()
            for layer in image.layers
            where try !remote.contains(layer.descriptor.digest) && !store.content.contains(layer.descriptor.digest) {
                try Task.checkCancellation()
                var blob = try store.content.ingest()
                try layer.open().readChunks { try blob.write($0) }
                _ = try blob.commit(
                    expected: layer.descriptor.digest,
                    size: layer.descriptor.size,
                    mediaType: layer.descriptor.mediaType
                )
            }
            _ = try store.content.store(image.config.bytes, mediaType: image.config.content.mediaType)
            _ = try store.content.store(image.manifest.bytes, mediaType: image.manifest.content.mediaType)
            // Without a name it is a dangling one, as docker's are.
            let stored = try NewImage(
                manifest: image.manifest,
                config: image.config,
                names: names,
                holdsLayers: remote.isEmpty
            )
            try store.images.put([stored])
        }
    }

    private func write(_ image: ImageDocuments, to output: BuildRequest.LayoutOutput) async throws {
        let destination = try ImageExport.destination(output.destination, isTar: output.isTar)
        let shown = output.destination?.escaped ?? "standard output"
        let what = output.form == .docker ? "the docker archive" : "the OCI image layout"
        var laid = LayoutImage(image, names: request.names + output.names)
        let platform = graph.image.config.platform
        laid.entryAnnotations = output.settings.annotations(of: .manifestDescriptor, for: platform)
        var exporter = LayoutExporter(images: [laid], form: output.form == .docker ? .dockerArchive : .layout)
        exporter.annotations = output.settings.annotations(of: .index, for: platform)
        try await timed("writing \(what) to \(shown)") {
            do { try exporter.write(to: destination) } catch ExportError.damagedBlob(let digest) {
                // Taken out of the store, so that it is made or fetched anew.
                _ = try store.content.verify(digest)
                throw ExportError.damagedBlob(digest)
            }
        }
    }

    static func destination(_ path: ByteString?, isTar: Bool) throws -> LayoutExporter.Destination {
        switch path {
        case let path? where isTar: .tarFile(path)
        case let path?: .folder(path)
        case nil: .tarStream(try Descriptor.standardOutput())
        }
    }

    func timed<Value>(_ name: String, _ body: () async throws -> Value) async rethrows -> Value {
        events(.exporting(name))
        let start = ContinuousClock.now
        let value = try await body()
        events(.exported(name, nanoseconds: (.now - start).nanoseconds))
        return value
    }
}
