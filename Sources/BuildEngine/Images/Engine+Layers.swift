internal import Bytes
internal import Layers
internal import Linux
public import OCI
internal import Trees

extension Engine {
    /// Looks into the layers of an image: what each brought, and what is wasted.
    ///
    /// Every layer is read once, its contents are passed over.
    ///
    /// - Parameters:
    ///   - location: which image.
    ///   - platform: which of several images under one name; nil is this host's.
    /// - Returns: the layers, lowest first, and what is wasted.
    /// - Throws: `BuildFailure`, or `CancellationError` when the task was cancelled.
    public func layers(of location: ImageLocation, platform: Platform? = nil) async throws -> ImageLayers {
        try await looking {
            let image = try await readable(location, for: platform)
            var stack = LayerStack()
            var layers: [ImageLayers.Layer] = []
            for index in image.manifest.layers.indices {
                let listing = try await image.read(index, hashesContent: false)
                let figures = try image.telling(index) { try stack.lay(listing.changes) }
                layers.append(ImageLayers.Layer(image, index, plainSize: listing.plainSize, figures))
            }
            for index in layers.indices { layers[index].wasted = Int64(clamping: stack.wasted[index]) }
            return ImageLayers(
                image: image.identity,
                layers: layers,
                efficiency: stack.efficiency,
                wastedPaths: stack.wastedPaths(limit: ImageLayers.wastedPathLimit).map {
                    let size = Int64(clamping: $0.size)
                    return ImageLayers.WastedPath(path: $0.path.bytes, isDirectory: $0.isDirectory, size: size)
                }
            )
        }
    }

    /// Gives what layers did to the files below them, one layer after the other.
    ///
    /// - Parameters:
    ///   - location: which image.
    ///   - number: the layer, 1 is the lowest; nil is all.
    ///   - platform: which of several images under one name; nil is this host's.
    ///   - body: takes the changes of a layer; those of one layer are in memory at a time.
    /// - Throws: `BuildFailure`, what `body` throws, or `CancellationError` when the task was cancelled.
    public func files(
        of location: ImageLocation,
        layer number: Int? = nil,
        platform: Platform? = nil,
        _ body: @escaping @Sendable (LayerFiles) throws -> Void
    ) async throws {
        try await looking {
            let image = try await readable(location, for: platform)
            let count = image.manifest.layers.count
            if let number, !(1...max(count, 1)).contains(number) || count == 0 {
                throw ImageReadError.noLayer(number, of: image.identity.word, count: count)
            }
            var stack = LayerStack()
            for index in 0..<(number ?? count) {
                let listing = try await image.read(index, hashesContent: false)
                _ = try image.telling(index) { try stack.lay(listing.changes) }
                guard number == nil || number == index + 1 else { continue }
                var changes: [LayerFiles.Change] = []
                stack.forEachChange { changes.append(LayerFiles.Change($0)) }
                let instruction = image.instructions[index]?.createdBy ?? ""
                try body(LayerFiles(number: index + 1, instruction: instruction, changes: changes))
            }
        }
    }

    /// Runs what reads images off the cooperative pool, and turns what it throws into a `BuildFailure`.
    func looking<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            do { return try await body() } catch let error as CancellationError {
                throw error
            } catch let error as ImageReadError {
                throw BuildFailure(message: error.message, remedy: error.remedy, exitCode: 4)
            } catch let error as LayersError {
                throw BuildFailure(message: error.message, remedy: error.remedy, exitCode: 4)
            } catch {
                throw BuildFailure(error, in: nil)
            }
        }
    }
}

extension ImageLayers.Layer {
    fileprivate init(_ image: ReadableImage, _ index: Int, plainSize: Int64, _ figures: LayerFigures) {
        let entry = image.instructions[index]
        self.init(
            number: index + 1,
            instruction: entry?.createdBy ?? "",
            created: entry?.created,
            digest: image.manifest.layers[index].digest,
            diffID: image.config.diffIDs[index],
            packedSize: image.manifest.layers[index].size,
            plainSize: plainSize,
            added: ImageLayers.FileCount(figures.added),
            changed: ImageLayers.FileCount(figures.changed),
            removed: ImageLayers.FileCount(figures.removed),
            wasted: 0
        )
    }
}

extension ImageLayers.FileCount {
    init(_ count: LayerFigures.Count) { self.init(files: count.files, size: Int64(clamping: count.size)) }
}

extension LayerFiles.Change {
    fileprivate init(_ change: LayerFileChange) {
        let mark: LayerFiles.Mark =
            switch change.mark {
            case .added: .added
            case .changed: .changed
            case .removed: .removed
            }
        self.init(
            path: change.path.bytes,
            mark: mark,
            file: ImageFile(change.file),
            formerKind: change.former == change.file.kind ? nil : change.former,
            removed: ImageLayers.FileCount(change.removed)
        )
    }
}

extension ImageFile {
    init(_ file: LayerFile) {
        let isDevice = file.kind == .characterDevice || file.kind == .blockDevice
        self.init(
            kind: file.kind,
            size: Int64(clamping: file.size),
            mode: file.attributes.mode,
            uid: file.attributes.uid,
            gid: file.attributes.gid,
            target: file.target,
            device: isDevice ? file.device : nil,
            xattrs: file.attributes.xattrs
        )
    }
}
