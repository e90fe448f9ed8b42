internal import BuildEngine
internal import Bytes

/// The value of `--call`: a question, and the form of its answer.
struct CallOption: Equatable {
    let question: DockerfileQuestion
    let format: DockerfileAnswer.Format

    init(question: DockerfileQuestion, format: DockerfileAnswer.Format) {
        self.question = question
        self.format = format
    }

    /// What the flags of `build` ask; nil where they ask for a build.
    ///
    /// - Throws: `UsageError`.
    init?(_ command: BuildCommand) throws(UsageError) {
        let value = command.call?.bytes ?? ""
        let asked = try Self.read(value)
        guard command.isCheck else {
            guard let asked else { return nil }
            self = asked
            return
        }
        guard asked == nil || asked?.question == .check else {
            throw .conflict("--check and --call=\(value.escaped) exclude each other")
        }
        self = asked ?? CallOption(question: .check, format: .text)
    }

    /// Reads `QUESTION[,format=FORMAT]`; `build`, or nothing, is no question.
    private static func read(_ value: ByteString) throws(UsageError) -> CallOption? {
        let fields = value.split(separator: UInt8(ascii: ","))
        var format = DockerfileAnswer.Format.text
        for field in fields.dropFirst() {
            guard field.hasPrefix("format=") else {
                throw .malformed(flag: "--call", value: value, reason: "after the question comes format=text or json")
            }
            format = try Self.format(ByteString(Array(field.bytes.dropFirst(7))), flag: "--call")
        }
        // BuildKit's name of the question is lint.
        let name = fields.first?.text ?? ""
        if name.isEmpty || name == "build" { return nil }
        guard let question = DockerfileQuestion(rawValue: name == "lint" ? "check" : name) else {
            throw .malformed(flag: "--call", value: value, reason: "it is build, check, outline or targets")
        }
        guard format != .sarif || question == .check else {
            throw .malformed(flag: "--call", value: value, reason: "sarif is a form of what check finds")
        }
        return CallOption(question: question, format: format)
    }

    /// Reads the name of a format.
    static func format(_ text: ByteString, flag: String) throws(UsageError) -> DockerfileAnswer.Format {
        guard let format = DockerfileAnswer.Format(rawValue: text.text) else {
            throw .malformed(flag: flag, value: text, reason: "it is text, json or sarif")
        }
        return format
    }
}
