internal import Bytes
internal import Contexts
package import Dockerfile
internal import Graph
internal import Linux
internal import OCI

// What can be said of a Dockerfile without building it: no root, no state root, no work.
extension Engine {
    /// Looks for what is allowed in the request's Dockerfile and probably not meant.
    ///
    /// Of base images only those are looked at that `--build-context` gives as a layout; what cannot be had counts as
    /// not known.
    ///
    /// - Returns: what was found; a file that does not parse is in the report, too.
    /// - Throws: `BuildFailure` when the file or the context cannot be read, or there is no such target.
    package static func check(_ request: BuildRequest) async throws -> CheckReport {
        try await reading(request) { files in
            do {
                let checks = try checkRequest(request, files)
                return CheckReport(DockerfileChecks.run(checks), source: files.dockerfile)
            } catch let error as DockerfileError {
                return CheckReport(error: error, source: files.dockerfile)
            }
        }
    }

    /// Lists what the request's target takes: arguments, secrets, agents.
    ///
    /// - Throws: `BuildFailure` as a build would, as far as the file goes.
    package static func outline(_ request: BuildRequest) async throws -> DockerfileOutline {
        try await reading(request) { files in
            let checks = try checkRequest(request, files)
            guard let outline = DockerfileOutline(checks) else {
                throw GraphError(.unknownTarget(request.target ?? "", nearest: nil))
            }
            return outline
        }
    }

    /// Lists the stages that can be built.
    ///
    /// - Throws: `BuildFailure` for a file that cannot be read or does not parse.
    package static func targets(_ request: BuildRequest) async throws -> DockerfileTargets {
        try await reading(request) { files in DockerfileTargets(try DockerfileParser.parse(files.dockerfile)) }
    }

    /// Splits a Dockerfile into its instructions, without asking what they mean.
    ///
    /// - Throws: `BuildFailure` for a file that cannot be read or split.
    package static func instructions(of location: BuildRequest.DockerfileLocation) async throws
        -> DockerfileParser.Nodes
    {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try explained { try DockerfileParser.parseNodes(try InputFiles.dockerfile(at: location)) }
        }
    }

    /// Makes every error a `BuildFailure`.
    ///
    /// Never inlined: the optimiser of Swift 6.3.1 crashes on an asynchronous closure that has a `catch` and nothing to
    /// wait for.
    @inline(never)
    private static func explained<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch { throw BuildFailure(error, in: nil) }
    }

    private static func reading<Value: Sendable>(
        _ request: BuildRequest,
        _ body: @Sendable (InputFiles) throws -> Value
    ) async throws -> Value {
        // Reading may block, and parsing may go deep.
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try explained { try body(InputFiles(request)) }
        }
    }

    private static func checkRequest(_ request: BuildRequest, _ files: InputFiles) throws -> CheckRequest {
        let dockerfile = try DockerfileParser.parse(files.dockerfile)
        _ = try Lowering.targetStage(request.target, of: dockerfile)
        let bases = LayoutBases(request.namedContexts)
        return try CheckRequest(
            try request.lowering(of: dockerfile),
            purpose: .check,
            ignoreRules: files.ignoreRules,
            base: bases.config
        )
    }
}

/// The images that named contexts have as layouts.
private struct LayoutBases: Sendable {
    private let contexts: [ByteString: BuildRequest.NamedContext]

    init(_ contexts: [ByteString: BuildRequest.NamedContext]) { self.contexts = contexts }

    /// The config of an image for a platform; nil where it cannot be had, which is for a build to tell.
    func config(of name: ByteString, for platform: Platform) -> ImageConfig? {
        guard case .layout(let folder, let tag, let digest) = context(of: name) else { return nil }
        let image = try? LayoutContext(path: folder).resolve(tag: tag, digest: digest, platform: platform)
        return image?.config.content
    }

    /// By the same rule as in a build: as it is written, else as the name of one image.
    private func context(of name: ByteString) -> BuildRequest.NamedContext? {
        if let known = contexts[name.lowercased] { return known }
        guard let reference = try? Reference(name) else { return nil }
        return contexts.first { (try? Reference($0.key)) == reference }?.value
    }
}
