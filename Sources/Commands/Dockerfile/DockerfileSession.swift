internal import BuildEngine
internal import Bytes
internal import Reports

/// One question to a Dockerfile: the answer goes to standard output, what is in its way to standard error.
struct DockerfileSession {
    private let call: CallOption

    init(_ call: CallOption) { self.call = call }

    /// Asks.
    ///
    /// - Throws: `ReportedFailure` where the answer is no or there is none, `FileWriteError` where it cannot be written.
    func run(_ request: BuildRequest) async throws {
        try await Self.answer(ignoringFindings: call.ignoresStatus) {
            try await DockerfileAnswer(to: call.question, about: request, as: call.format, version: Version.number)
        }
    }

    /// Prints what is answered; if findings are ignored, a check that has some is no failure, mistakes are one all the
    /// same.
    static func answer(
        ignoringFindings ignoresFindings: Bool = false,
        _ ask: () async throws -> DockerfileAnswer
    ) async throws {
        let answer: DockerfileAnswer
        do { answer = try await ask() } catch let failure as BuildFailure {
            StandardError.write(FailureText(failure, step: nil, lead: "").text)
            throw ReportedFailure(status: ExitStatus(rawValue: failure.exitCode) ?? .buildFailed)
        }
        try StandardOutput.writeResult(answer.text)
        guard let status = ExitStatus(rawValue: answer.exitCode), status != .done else { return }
        if ignoresFindings, status == .buildFailed { return }
        throw ReportedFailure(status: status)
    }
}
