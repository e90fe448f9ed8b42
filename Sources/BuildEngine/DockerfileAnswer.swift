internal import Bytes
internal import Dockerfile

/// What can be asked of a Dockerfile without building it.
package enum DockerfileQuestion: String, Sendable, CaseIterable {
    /// What the checks find.
    case check
    /// What the target takes.
    case outline
    /// The stages that can be built.
    case targets
}

/// An answer as text, in the form that was asked for.
package struct DockerfileAnswer: Sendable {
    /// The forms of answers.
    package enum Format: String, Sendable, CaseIterable {
        case text, json
        /// For code scanners; of `check` only.
        case sarif
    }

    /// The whole answer, which ends with a line feed.
    package let text: String
    /// 0, or for `check` 1 if something was found and 3 if the file does not parse.
    package let exitCode: Int32

    /// Asks.
    ///
    /// - Parameters:
    ///   - question: what is asked.
    ///   - request: the Dockerfile and what decides its meaning; its outputs do not matter.
    ///   - format: `sarif` is text for others than `check`.
    ///   - version: the program's, for `sarif`.
    /// - Throws: `BuildFailure`.
    package init(
        to question: DockerfileQuestion,
        about request: BuildRequest,
        as format: Format,
        version: String
    ) async throws {
        switch question {
        case .check:
            let report = try await Engine.check(request)
            exitCode = report.isClean ? 0 : report.errors.isEmpty ? 1 : 3
            text =
                switch format {
                case .text: report.text
                case .json: Self.lines(report.json)
                case .sarif: Self.lines(report.sarif(version: version))
                }
        case .outline:
            let outline = try await Engine.outline(request)
            exitCode = 0
            text = format == .json ? Self.lines(outline.json) : outline.text
        case .targets:
            let targets = try await Engine.targets(request)
            exitCode = 0
            text = format == .json ? Self.lines(targets.json) : targets.text
        }
    }

    /// The instructions of a Dockerfile as the parser splits it, as JSON.
    ///
    /// - Throws: `BuildFailure` for a file that cannot be read or split.
    package init(instructionsOf location: BuildRequest.DockerfileLocation) async throws {
        text = Self.lines(NodesDocument.json(try await Engine.instructions(of: location)))
        exitCode = 0
    }

    private static func lines(_ json: JSONValue) -> String { String(decoding: json.indented, as: UTF8.self) }
}
