internal import BuildEngine
internal import Bytes
internal import Reports

/// Work of the engine as a command runs it: what is shown of it, signals, and how it ends.
struct ReportedWork {
    /// What is done, for the terminal: `Building`.
    let title: String
    /// What stands before the message of a failure: `failed to build: `.
    var lead = ""
    let progress: ProgressStyle
    /// How the engine works.
    let options: Engine.Options

    /// Opens the engine and does the work; standard output is free for results.
    ///
    /// `prepare`: what comes before the engine is opened, once it is sure that the work can be shown.
    /// Throws ``ReportedFailure`` for work that failed, a `DescribedError` for what was not its fault.
    func run<Value: Sendable>(
        in environment: [ByteString: ByteString],
        prepare: () -> Void = {},
        _ work: @escaping @Sendable (Engine, any BuildReport) async throws -> Value
    ) async throws -> Value {
        let report = try makeReport()
        prepare()
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment), options: options)
        let task = Task { try await work(engine, report) }
        Interrupts.onFirst {
            task.cancel()
            // Not on this thread: whoever reads our output may be stuck, and the next signal must be heard.
            Task { report.note("interrupted: ending what runs; once more to leave at once") }
        }
        do {
            let value = try await task.value
            report.finish(.done)
            return value
        } catch {
            throw failure(error, report, isInterrupted: Interrupts.isRaised)
        }
    }

    private func makeReport() throws(UsageError) -> any BuildReport {
        let isTerminal = StandardError.isTerminal
        switch progress {
        case .quiet: return QuietProgress()
        case .tty where !isTerminal: throw .conflict("progress on a terminal (tty) needs one as standard error")
        case .auto where isTerminal, .tty: return TerminalProgress(title: title, isColoured: StandardError.wantsColour)
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
            StandardError.write(FailureText(error, step: report.failedStep, lead: lead).text)
            return ReportedFailure(status: ExitStatus(rawValue: error.exitCode) ?? .buildFailed)
        case let error as any DescribedError:
            StandardError.write(FailureText(error).text)
        default:
            StandardError.write("ERROR: \(error)\n")
        }
        return ReportedFailure(status: .buildFailed)
    }
}
