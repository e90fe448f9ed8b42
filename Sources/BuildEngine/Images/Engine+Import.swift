public import Bytes
internal import Dockerfile
internal import Graph
internal import Layers
internal import Linux
public import OCI
internal import Store

/// A tar of a root directory that is to become an image.
public struct ImportRequest: Sendable {
    /// The file, plain or packed; nil for standard input.
    public var path: ByteString?
    /// The name that the image gets; none leaves it dangling.
    public var name: Reference?
    /// Instructions of a Dockerfile that change the config, such as `CMD ["/bin/sh"]`.
    public var changes: [ByteString] = []
    /// What the history says of the image.
    public var message: ByteString = ""
    /// What the image runs on.
    public var platform = Platform.host

    /// An import of a file, or of standard input.
    public init(path: ByteString?) { self.path = path }
}

extension Engine {
    /// Makes an image of one layer from a tar.
    ///
    /// - Returns: the image's id.
    /// - Throws: `BuildFailure`, or `CancellationError`.
    public func importRoot(_ request: ImportRequest) async throws -> Digest {
        let changed = try await Engine.changedConfig(request)
        return try await onThreads { engine in
            let file = try request.path.map { try Engine.open($0) } ?? Descriptor.standardInput()
            let plain = try PlainFile.open(file, in: engine.store.spool)
            let measure: LayerMeasure
            do { measure = try LayerMeasure(plain) } catch let error as LayersError {
                throw BuildFailure(
                    message: "\(request.path?.escaped ?? "standard input") is no tar of a root: \(error.message)",
                    remedy: error.remedy,
                    exitCode: 4
                )
            }
            let layer = OCI.Descriptor(mediaType: .ociLayer, digest: measure.diffID, size: plain.size)
            try engine.take(layer, measure.diffID, plain)
            let now = Timestamp.now
            var config = ImageConfig(platform: request.platform)
            config.created = now
            config.config = changed
            config.diffIDs = [measure.diffID]
            let message: ByteString = request.message.isEmpty ? "Imported from -" : request.message
            config.history = [HistoryEntry(created: now, comment: message)]
            let document = Document(config)
            let manifest = Document(Manifest(config: document.descriptor, layers: [layer]))
            _ = try engine.store.content.store(document.bytes, mediaType: .ociConfig)
            _ = try engine.store.content.store(manifest.bytes, mediaType: .ociManifest)
            let names = request.name.map { [$0] } ?? []
            try engine.store.images.put([
                try NewImage(manifest: manifest, config: document, names: names, holdsLayers: true)
            ])
            return document.digest
        }
    }

    private static func open(_ path: ByteString) throws -> Linux.Descriptor {
        do throws(SystemError) { return try Descriptor.open(hostPath: path) } catch {
            throw BuildFailure(message: "cannot read \(path.escaped): \(error.reason)", exitCode: 4)
        }
    }

    /// Instructions that change a config and nothing else.
    private static let changing: Set<ByteString> = [
        "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME",
        "WORKDIR",
    ]

    /// The config of an image that has nothing but the changes: what a Dockerfile of them would give.
    private static func changedConfig(_ request: ImportRequest) async throws -> ContainerConfig {
        guard !request.changes.isEmpty else { return ContainerConfig() }
        for change in request.changes {
            let word = change.split(separator: UInt8(ascii: " ")).first { !$0.isEmpty } ?? ""
            guard changing.contains(word.uppercased), !change.bytes.contains(0x0A) else {
                throw BuildFailure(
                    message: "\"\(change.escaped)\" is not a valid change",
                    remedy: "a change is one of \(changing.map(\.text).sorted().joined(separator: ", "))",
                    exitCode: 2
                )
            }
        }
        let text = (["FROM scratch"] + request.changes).joined(separator: "\n") + "\n"
        do {
            let parsed = try DockerfileParser.parse(SourceText(name: "--change", content: text))
            let lowering = LoweringRequest(dockerfile: parsed, platform: request.platform)
            var config = try await Lowering.lower(lowering, images: NoImages()).graph.image.config.config
            // Lowering gives images from scratch a search path; docker does not give one to what is imported.
            if !request.changes.contains(where: { $0.text.contains("PATH") }) {
                config.env.removeAll { $0.hasPrefix("PATH=") }
            }
            return config
        } catch { throw BuildFailure(error, in: nil) }
    }
}

/// Nothing but scratch is asked for.
private struct NoImages: BaseImageSource {
    func find(_ name: ByteString, platform: Platform) async throws -> NamedInput { .scratch }
}

extension Timestamp {
    fileprivate static var now: Timestamp {
        let now = FileTime.now
        return Timestamp(seconds: now.seconds, nanoseconds: Int32(now.nanoseconds)) ?? .epoch
    }
}
