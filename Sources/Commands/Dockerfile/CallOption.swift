internal import BuildEngine
internal import Bytes

/// The value of `--call`: a question, and the form of its answer.
struct CallOption: Equatable {
    let question: DockerfileQuestion
    let format: DockerfileAnswer.Format
    /// Whether what is found leaves the exit code 0.
    let ignoresStatus: Bool

    init(question: DockerfileQuestion, format: DockerfileAnswer.Format, ignoresStatus: Bool = false) {
        self.question = question
        self.format = format
        self.ignoresStatus = ignoresStatus
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

    /// Reads `QUESTION[,format=FORMAT][,ignorestatus=BOOLEAN]`, in any order; `build`, or nothing, is no question.
    private static func read(_ value: ByteString) throws(UsageError) -> CallOption? {
        var name = ""
        var format = DockerfileAnswer.Format.text
        var ignoresStatus = false
        for field in value.split(separator: UInt8(ascii: ",")) {
            if field.hasPrefix("format=") {
                format = try Self.format(ByteString(Array(field.bytes.dropFirst(7))), flag: "--call")
            } else if field.hasPrefix("ignorestatus=") {
                ignoresStatus = try Self.boolean(ByteString(Array(field.bytes.dropFirst(13))), in: value)
            } else if name.isEmpty, !field.bytes.contains(UInt8(ascii: "=")) {
                name = field.text
            } else {
                throw .malformed(
                    flag: "--call",
                    value: value,
                    reason: "to a question belong format=text or json and ignorestatus=true or false"
                )
            }
        }
        // BuildKit's name of the question is lint.
        if name.isEmpty || name == "build" { return nil }
        guard let question = DockerfileQuestion(rawValue: name == "lint" ? "check" : name) else {
            throw .malformed(flag: "--call", value: value, reason: "it is build, check, outline or targets")
        }
        guard format != .sarif || question == .check else {
            throw .malformed(flag: "--call", value: value, reason: "sarif is a form of what check finds")
        }
        return CallOption(question: question, format: format, ignoresStatus: ignoresStatus)
    }

    private static func boolean(_ text: ByteString, in value: ByteString) throws(UsageError) -> Bool {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw .malformed(flag: "--call", value: value, reason: "ignorestatus is true or false")
        }
    }

    /// Reads the name of a format.
    static func format(_ text: ByteString, flag: String) throws(UsageError) -> DockerfileAnswer.Format {
        guard let format = DockerfileAnswer.Format(rawValue: text.text) else {
            throw .malformed(flag: flag, value: text, reason: "it is text, json or sarif")
        }
        return format
    }
}
