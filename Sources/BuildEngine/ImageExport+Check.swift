internal import Bytes
internal import Export
internal import Graph
internal import Layers
internal import OCI

extension ImageExport {
    /// Checks that every output can be written, before anything is built for it.
    static func checkOutputs(of request: BuildRequest, _ events: EventSink) throws {
        let epoch = try epoch(of: request)
        for output in request.outputs {
            switch output {
            case .layout(let layout):
                try LayoutExporter.check(try destination(layout.destination, isTar: layout.isTar))
            case .image(let image): try checkPush(image, names: request.names + image.names)
            case .folder(let path): try FolderExporter.check(path)
            case .tar(let path?): try HostFile.check(path)
            case .tar(nil), .cacheOnly: break
            }
            guard let settings = output.settings else { continue }
            if settings.rewritesTimes, epoch == nil {
                events(.warning("rewrite-timestamp=true does nothing without SOURCE_DATE_EPOCH", nil))
            }
            try checkAnnotations(settings, of: output)
        }
    }

    /// An image for one platform has no index of its own; only a layout's has a place for annotations.
    private static func checkAnnotations(
        _ settings: BuildRequest.ImageSettings,
        of output: BuildRequest.Output
    ) throws {
        var refused: Set<BuildRequest.Annotation.Place> = [.indexDescriptor]
        if case .image = output { refused.formUnion([.index, .manifestDescriptor]) }
        guard let annotation = settings.annotations.first(where: { refused.contains($0.place) }) else { return }
        throw BuildFailure(
            message: """
                the annotation \(annotation.key.escaped) of the \(annotation.place.rawValue) has no place: an image for one \
                platform has no index
                """,
            remedy: "annotate the manifest: leave the type out",
            exitCode: 2
        )
    }
}

extension BuildRequest.ImageSettings {
    /// The same in the words of the exporters; what has a place in OCI's media types only brings them with it.
    func layerForm(epoch: Timestamp?) -> LayerForm {
        var form = LayerForm(LayerCompression(compression.kind, level: compressionLevel))
        form.forcesCompression = forcesCompression
        form.usesOCITypes = usesOCITypes || compression == .zstd || !annotations.isEmpty
        form.latestTime = rewritesTimes ? epoch?.seconds : nil
        return form
    }

    /// The annotations of one place that are meant for a platform; the last of a key wins.
    func annotations(of place: BuildRequest.Annotation.Place, for platform: Platform) -> [ByteString: ByteString] {
        let fitting = annotations.filter { annotation in
            annotation.place == place && (annotation.platform.map { platform.preference(for: $0) != nil } ?? true)
        }
        return Dictionary(fitting.map { ($0.key, $0.value) }) { $1 }
    }
}

extension BuildRequest.Compression {
    fileprivate var kind: MediaType.Compression {
        switch self {
        case .gzip: .gzip
        case .zstd: .zstd
        case .uncompressed: .uncompressed
        }
    }
}
