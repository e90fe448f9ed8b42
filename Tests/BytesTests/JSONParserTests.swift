import Bytes
import Testing

@Suite("Reading JSON")
struct JSONParserTests {
    private func parse(_ text: String, maximumDepth: Int = JSONParser.defaultMaximumDepth) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8), maximumDepth: maximumDepth)
    }

    struct Reading: Sendable, CustomTestStringConvertible {
        let text: String
        let value: JSONValue
        var testDescription: String { text }
    }

    @Test(
        "gives the value that stands there",
        arguments: [
            Reading(text: " null\n", value: .null),
            Reading(text: "true", value: true),
            Reading(text: "[]", value: []),
            Reading(text: "[ 1 ,\"a\",[ ] , {} ]", value: [1, "a", [], [:]]),
            Reading(text: #"{"b":1,"a":{"c":null}}"#, value: ["b": 1, "a": ["c": .null]]),
            Reading(text: #""a\"\\\/\b\f\n\r\tz""#, value: "a\"\\/\u{8}\u{C}\n\r\tz"),
            Reading(text: #""\u0041\u00e9\u20AC""#, value: "Aé€"),
            Reading(text: #""\ud83d\ude00é€😀""#, value: "😀é€😀"),
            Reading(text: #""\ud83d""#, value: "\u{FFFD}"),
            Reading(text: #""\ud83d\u0041""#, value: "\u{FFFD}A"),
            Reading(text: #""\ude00x""#, value: "\u{FFFD}x"),
            Reading(text: #""\u0000""#, value: .string(ByteString([0]))),
        ]
    )
    func readsValues(_ reading: Reading) throws {
        #expect(try parse(reading.text) == reading.value)
    }

    @Test("keeps the text of a number", arguments: ["0", "-0", "1.50", "1e400", "12345678901234567890", "-1.5E+07"])
    func keepsNumberText(_ text: String) throws {
        #expect(try parse(text) == .number(ByteString(text)))
        #expect(try parse(text).compact == Array(text.utf8))
    }

    @Test("keeps names apart that Unicode holds equal")
    func keepsNamesApart() throws {
        let value = try parse("{\"e\u{301}\":1,\"\u{E9}\":2}")
        #expect(value.object?.count == 2)
        #expect(value["\u{E9}"] == 2)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let text: String
        let problem: JSONError.Problem
        let offset: Int
        var testDescription: String { text }
    }

    @Test(
        "refuses what the standard does not allow, and says where",
        arguments: [
            Refusal(text: "", problem: .endOfInput, offset: 0),
            Refusal(text: "  ", problem: .endOfInput, offset: 2),
            Refusal(text: "{", problem: .endOfInput, offset: 1),
            Refusal(text: "[1", problem: .endOfInput, offset: 2),
            Refusal(text: "\"ab", problem: .endOfInput, offset: 3),
            Refusal(text: #"{"a""#, problem: .endOfInput, offset: 4),
            Refusal(text: "[1,]", problem: .unexpectedByte(UInt8(ascii: "]")), offset: 3),
            Refusal(text: #"{"a":1,}"#, problem: .unexpectedByte(UInt8(ascii: "}")), offset: 7),
            Refusal(text: "[}", problem: .unexpectedByte(UInt8(ascii: "}")), offset: 1),
            Refusal(text: "{a:1}", problem: .unexpectedByte(UInt8(ascii: "a")), offset: 1),
            Refusal(text: "'a'", problem: .unexpectedByte(UInt8(ascii: "'")), offset: 0),
            Refusal(text: "nul", problem: .endOfInput, offset: 3),
            Refusal(text: "truE", problem: .unexpectedByte(UInt8(ascii: "E")), offset: 3),
            Refusal(text: "1 2", problem: .textAfterDocument, offset: 2),
            Refusal(text: "01", problem: .textAfterDocument, offset: 1),
            Refusal(text: "-", problem: .malformedNumber, offset: 1),
            Refusal(text: "1.", problem: .malformedNumber, offset: 2),
            Refusal(text: "1e+", problem: .malformedNumber, offset: 3),
            Refusal(text: "\"a\nb\"", problem: .controlCharacterInString, offset: 2),
            Refusal(text: #""\x""#, problem: .malformedEscape, offset: 1),
            Refusal(text: #""\u00g0""#, problem: .malformedEscape, offset: 1),
            Refusal(text: #"{"a":1,"b":2,"\u0061":3}"#, problem: .duplicateName("a"), offset: 13),
            Refusal(text: "\u{FEFF}1", problem: .unexpectedByte(0xEF), offset: 0),
        ]
    )
    func refuses(_ refusal: Refusal) {
        #expect(throws: JSONError(problem: refusal.problem, offset: refusal.offset)) { try parse(refusal.text) }
    }

    @Test(
        "refuses strings that are not UTF-8",
        arguments: [
            [0xFF], [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98, 0x41],
        ] as [[UInt8]]
    )
    func refusesOtherEncodings(_ bytes: [UInt8]) {
        let document = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        #expect(throws: JSONError(problem: .invalidUTF8, offset: 1)) { try JSONValue(parsing: document) }
    }

    @Test("takes nesting up to the limit and refuses the level after it")
    func boundsDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        }
        #expect(try parse(nested(128)) != .null)
        #expect(throws: JSONError(problem: .tooDeep(limit: 128), offset: 128)) { try parse(nested(129)) }
        #expect(throws: JSONError(problem: .tooDeep(limit: 2), offset: 10)) {
            try parse(#"{"a":{"b":{}}}"#, maximumDepth: 2)
        }
    }

    @Test("counts nesting, not how many values stand beside each other")
    func siblingsAreNotDepth() throws {
        let text = "[" + Array(repeating: "[[],{},[1]]", count: 500).joined(separator: ",") + "]"
        #expect(try parse(text, maximumDepth: 3).array?.count == 500)
    }

    @Test("refuses a hundred thousand levels at once", arguments: ["[", "{\"a\":"])
    func refusesDeepNesting(_ opening: String) {
        #expect(throws: JSONError.self) { try parse(String(repeating: opening, count: 100_000)) }
    }

    @Test("survives a document that is cut anywhere")
    func survivesTruncation() throws {
        let text = Array(#"{"a":[1.5e3,true,null,"x\u00e9\ud83d\ude00é"],"b":{"c":-0}}"#.utf8)
        #expect(throws: Never.self) { try JSONValue(parsing: text) }
        let accepted = (0..<text.count).filter { (try? JSONValue(parsing: Array(text[..<$0]))) != nil }
        #expect(accepted == [])
    }
}
