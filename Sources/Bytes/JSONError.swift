/// Why some bytes are not a JSON document that is accepted here, and where.
public struct JSONError: DescribedError, Hashable, Sendable {
    /// What was wrong.
    public enum Problem: Hashable, Sendable {
        case endOfInput
        case unexpectedByte(UInt8)
        case textAfterDocument
        case malformedNumber
        case malformedEscape
        case controlCharacterInString
        case invalidUTF8
        case duplicateName(ByteString)
        case tooDeep(limit: Int)
    }

    /// What was wrong.
    public let problem: Problem
    /// Where in the document, in bytes from its start.
    public let offset: Int

    package init(problem: Problem, offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    /// One sentence for people, without a full stop.
    public var message: String { "the JSON is malformed at byte \(offset): \(reason)" }

    /// What may help; nothing is known to.
    public var remedy: String? { nil }

    private var reason: String {
        switch problem {
        case .endOfInput: "it ends too early"
        case .unexpectedByte(let byte): "`\(ByteString([byte]).escaped)` cannot stand here"
        case .textAfterDocument: "there is more text after the document"
        case .malformedNumber: "a number is not well formed"
        case .malformedEscape: "an escape in a string is not well formed"
        case .controlCharacterInString: "a control character stands unescaped in a string"
        case .invalidUTF8: "a string is not valid UTF-8"
        case .duplicateName(let name): "the name `\(name.escaped)` is used twice in one object"
        case .tooDeep(let limit): "more than \(limit) arrays and objects stand inside each other"
        }
    }
}
