internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// One build as the command runs it: the engine, what is shown of it, signals, and the small files afterwards.
struct BuildSession {
    private let plan: BuildPlan

    init(_ plan: BuildPlan) { self.plan = plan }

    /// Builds.
    ///
    /// - Throws: `ReportedFailure` for a build that failed, a `DescribedError` for what was not its fault.
    func run(environment: [ByteString: ByteString]) async throws {
        let report = try makeReport()
        plan.imageIDFile?.removeStale()
        let engine = try Engine(
            stateRoot: Engine.defaultStateRoot(environment: environment),
            options: Engine.Options(environment: environment)
        )
        let request = plan.request
        let build = Task { try await engine.build(request) { report.take($0) } }
        Interrupts.onFirst {
            build.cancel()
            // Not on this thread: whoever reads our output may be stuck, and the next signal must be heard.
            Task { report.note("interrupted: ending what runs; once more to leave at once") }
        }
        let result: BuildResult
        do {
            result = try await build.value
        } catch {
            throw failure(error, report, isInterrupted: Interrupts.isRaised)
        }
        report.finish(.done)
        try publish(result)
    }

    private func makeReport() throws(UsageError) -> any BuildReport {
        let isTerminal = StandardError.isTerminal
        switch plan.progress {
        case .quiet: return QuietProgress(write: StandardError.write)
        case .tty where !isTerminal: throw .conflict("progress on a terminal (tty) needs one as standard error")
        case .auto where isTerminal, .tty: return TerminalProgress(isColoured: StandardError.wantsColour)
        case .auto, .plain: return PlainProgress(keepsColours: StandardError.wantsColour)
        }
    }

    /// Prints what went wrong.
    private func failure(_ error: any Error, _ report: any BuildReport, isInterrupted: Bool) -> ReportedFailure {
        if isInterrupted || error is CancellationError {
            report.finish(.interrupted)
            StandardError.write("ERROR: interrupted\n")
            return ReportedFailure(status: .interrupted)
        }
        report.finish(.failed)
        switch error {
        case let error as BuildFailure:
            StandardError.write(FailureText(error, step: report.failedStep).text)
            return ReportedFailure(status: ExitStatus(rawValue: error.exitCode) ?? .buildFailed)
        case let error as any DescribedError:
            StandardError.write(FailureText(error).text)
        default:
            StandardError.write("ERROR: \(error)\n")
        }
        return ReportedFailure(status: .buildFailed)
    }

    /// The id goes where it was asked for, and to standard output where nothing else tells of the image.
    private func publish(_ result: BuildResult) throws {
        let metadata = MetadataDocument(
            manifest: result.manifest,
            configDigest: result.configDigest,
            names: result.names.isEmpty ? exportedNames : result.names,
            warnings: result.warnings
        )
        try plan.metadataFile?.write(metadata.bytes)
        guard let identifier = result.configDigest?.description else { return }
        try plan.imageIDFile?.write(Array(identifier.utf8))
        let outputs = plan.request.outputs
        let isTaken = outputs.contains(where: \.goesToStandardOutput)
        if !isTaken, plan.progress == .quiet || outputs.isEmpty || outputs.contains(where: \.isStored) {
            try StandardOutput.writeResult(identifier + "\n")
        }
    }

    /// The names that stand in the exported files.
    private var exportedNames: [Reference] {
        let named = plan.request.outputs.compactMap { output -> [Reference]? in
            switch output {
            case .layout(let layout): layout.names
            case .image(let image): image.names
            case .folder, .tar, .cacheOnly: nil
            }
        }
        return named.isEmpty ? [] : plan.request.names + named.flatMap(\.self)
    }
}
