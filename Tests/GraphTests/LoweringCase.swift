import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport

/// Lowers small Dockerfiles with `busybox` as the base that they may name.
func lower(
    _ dockerfile: ByteString,
    images: [ByteString: NamedInput] = [:],
    _ change: (inout LoweringRequest) -> Void = { _ in }
) async throws -> LoweringResult {
    var request = LoweringRequest(dockerfile: try DockerfileParser.parse(SourceText(content: dockerfile)))
    change(&request)
    let known: [ByteString: NamedInput] = ["busybox": .image(try Busybox.image())]
    do { return try await Lowering.lower(request, images: MemoryImages(known.merging(images) { $1 })) } catch {
        // A failure with one cause is that cause.
        guard let failure = error as? LoweringFailure, failure.mistakes.count + (failure.input == nil ? 0 : 1) == 1
        else { throw error }
        throw failure.mistakes.first ?? failure.input ?? error
    }
}

extension LoweringResult {
    var config: ImageConfig { graph.image.config }

    /// The texts of the history, without those of `busybox`.
    var history: [ByteString] {
        let texts = config.history.map(\.createdBy)
        return texts.starts(with: Busybox.historyTexts) ? Array(texts.dropFirst(Busybox.historyTexts.count)) : texts
    }

    var names: [String] { graph.vertices.map(\.name) }

    /// The process steps in order.
    var runs: [ProcessStep] {
        graph.vertices.compactMap { vertex in
            guard case .run(let step) = vertex.operation else { return nil }
            return step
        }
    }

    /// The file actions in order.
    var actions: [FileAction] {
        graph.vertices.flatMap { vertex -> [FileAction] in
            guard case .file(let actions) = vertex.operation else { return [] }
            return actions
        }
    }

    var copies: [CopyAction] {
        actions.compactMap { action in
            guard case .copy(let copy) = action else { return nil }
            return copy
        }
    }
}

/// The base that the recorded cases use, as far as lowering sees it.
enum Busybox {
    static let configText = """
        {"architecture":"amd64","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        "Cmd":["/bin/sh"],"WorkingDir":"/","ArgsEscaped":true},"created":"2026-11-24T01:51:13.013221163Z","history":[
        {"created_by":"one","comment":"buildkit.dockerfile.v0"},{"created_by":"two","comment":"buildkit.dockerfile.v0"},
        {"created_by":"three","comment":"buildkit.dockerfile.v0"},{"created_by":"four","empty_layer":true}],"os":"linux",
        "rootfs":{"type":"layers","diff_ids":[
        "sha256:9948fea7ec17d760cc091f9694fbdbb0e411097ef8a2cbd2a9eb94c3d16b1082",
        "sha256:491c6a9492bad8a34b90e556febb7ed53b2be36a3f6e1555acd3e74213c32064",
        "sha256:20159544e1c5119053a9c806c2e5270921d09b2fd97ec440778175c3388dd502"]}}
        """

    static let historyTexts: [ByteString] = ["one", "two", "three", "four"]

    static func config() throws -> ImageConfig {
        try Document<ImageConfig>(bytes: Array(configText.utf8), declared: .ociConfig).content
    }

    static func image(_ change: (inout ImageConfig) -> Void = { _ in }) throws -> BaseImage {
        var config = try config()
        change(&config)
        let digest = Digest(of: Array("\(config)".utf8))
        return BaseImage(name: "busybox", manifestDigest: digest, layers: [], config: config)
    }
}
