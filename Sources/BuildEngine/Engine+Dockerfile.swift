internal import Bytes
internal import Contexts
package import Dockerfile
internal import Graph
internal import Linux

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
            let source = files.dockerfile
            var report: CheckReport
            do {
                let dockerfile = try await request.parse(source)
                let checks = try checkRequest(request, files, dockerfile)
                let mistakes = try await Lowering.mistakes(
                    in: request.lowering(of: dockerfile),
                    images: KnownInputs(request.namedContexts)
                )
                report = CheckReport(DockerfileChecks.run(checks), source: source, errors: mistakes)
            } catch {
                let mistakes = BuildRequest.mistakes(error)
                guard !mistakes.isEmpty else { throw error }
                let found = request.findings(before: mistakes, in: source, purpose: .check)
                report = CheckReport(found, source: source, errors: mistakes)
            }
            report.path = request.dockerfilePath
            return report
        }
    }

    /// Lists what the request's target takes: arguments, secrets, agents.
    ///
    /// - Throws: `BuildFailure` as a build would, as far as the file goes.
    package static func outline(_ request: BuildRequest) async throws -> DockerfileOutline {
        try await reading(request) { files in
            let checks = try checkRequest(request, files, try await request.parse(files.dockerfile))
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
        try await reading(request) { files in DockerfileTargets(try await request.parse(files.dockerfile)) }
    }

    /// Splits a Dockerfile into its instructions, without asking what they mean.
    ///
    /// - Throws: `BuildFailure` for a file that cannot be read or split.
    package static func instructions(of location: BuildRequest.DockerfileLocation) async throws
        -> DockerfileParser.Nodes
    {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try nodes(at: location)
        }
    }

    /// Never inlined: the optimiser of Swift 6.3.1 crashes on an asynchronous closure that has a `catch` and nothing to
    /// wait for.
    @inline(never)
    private static func nodes(at location: BuildRequest.DockerfileLocation) throws(BuildFailure)
        -> DockerfileParser.Nodes
    {
        do { return try DockerfileParser.parseNodes(try InputFiles.dockerfile(at: location)) } catch {
            throw BuildFailure(error, in: nil)
        }
    }

    private static func reading<Value: Sendable>(
        _ request: BuildRequest,
        _ body: @Sendable (InputFiles) async throws -> Value
    ) async throws -> Value {
        // Reading may block, and parsing may go deep.
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            do { return try await body(InputFiles(request)) } catch { throw BuildFailure(error, in: nil) }
        }
    }

    private static func checkRequest(
        _ request: BuildRequest,
        _ files: InputFiles,
        _ dockerfile: ParsedDockerfile
    ) throws -> CheckRequest {
        _ = try Lowering.targetStage(request.target, of: dockerfile)
        let inputs = KnownInputs(request.namedContexts)
        return try CheckRequest(
            request.lowering(of: dockerfile),
            purpose: .check,
            ignoreRules: files.ignoreRules,
            base: inputs.config
        )
    }
}
