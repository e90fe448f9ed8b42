package import BuildEngine
package import Bytes
internal import Dockerfile

/// What is said of an error: what happened, where in the Dockerfile, what the step last wrote, and what to do.
package struct FailureText: Sendable {
    /// How many lines of a failed step's output are shown.
    private static let tailLimit = 20

    private var message: String
    private var remedy: String?
    private var excerpt = ""
    private var outputTail: [ByteString] = []
    private var step: String?
    private var others: [FailureText] = []

    /// Any error that says what to do.
    package init(_ error: any DescribedError) {
        message = error.message
        remedy = error.remedy
    }

    /// A build that failed.
    ///
    /// - Parameters:
    ///   - failure: what the engine says of it.
    ///   - step: the name of the step that failed, where it was one.
    ///   - lead: what stands before the message.
    package init(_ failure: BuildFailure, step: String?, lead: String = "failed to build: ") {
        message = lead + failure.message
        remedy = failure.remedy
        outputTail = failure.outputTail
        self.step = step
        if let source = failure.source, let range = failure.range {
            excerpt = SourceExcerpt(source: source, range: range).text
        }
        others = failure.others.map { FailureText($0, step: nil, lead: lead) }
    }

    /// The text, which ends with a line feed.
    ///
    /// Controls in it are made harmless.
    package var text: String {
        var result = ""
        let lines = outputTail.suffix(Self.tailLimit)
        if !lines.isEmpty {
            let ruler = "------\n"
            let heading = step.map { " > \(SafeText.message($0)):\n" } ?? ""
            let shown = lines.map { SafeText.line($0.bytes, keepsColours: false) + "\n" }.joined()
            result += ruler + heading + shown + ruler
        }
        result += SafeText.message(excerpt)
        result += "ERROR: \(SafeText.message(message))\n"
        if let remedy { result += "hint: \(SafeText.message(remedy))\n" }
        return result + others.map { "\n" + $0.text }.joined()
    }
}
