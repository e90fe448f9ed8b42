import Bytes
import Testing
import Trees

@Suite("Path patterns")
struct PathPatternTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var pattern: ByteString
        var path: ByteString
        var isMatch: Bool
        var testDescription: String { "\(pattern) \(isMatch ? "takes" : "leaves") \(path)" }

        init(_ pattern: ByteString, _ path: ByteString, _ isMatch: Bool) {
            (self.pattern, self.path, self.isMatch) = (pattern, path, isMatch)
        }
    }

    @Test(
        "a pattern takes and leaves what Go's filepath.Match does",
        arguments: [
            Example("abc", "abc", true),
            Example("*", "abc", true),
            Example("*c", "abc", true),
            Example("a*b*c*d*e*", "axbxcxdxexxx", true),
            Example("a*b*c*d*e*f", "axbxcxdxexxx", false),
            Example("a*b?c*x", "abxbbxdbxebxczzx", true),
            Example("a*b?c*x", "abxbbxdbxebxczzy", false),
            Example("ab[c]", "abc", true),
            Example("ab[b-d]", "abc", true),
            Example("ab[e-g]", "abc", false),
            Example("ab[^c]", "abc", false),
            Example("ab[^e-g]", "abc", true),
            Example("ab[!c]", "ab!", true),
            Example("a\\*b", "a*b", true),
            Example("a\\*b", "ab", false),
            Example("a?b", "a\u{263A}b", true),
            Example("a[^a]b", "a\u{263A}b", true),
            Example("a???b", "a\u{263A}b", false),
            Example("[a-\u{3B6}]*", "\u{3B1}", true),
            Example("*[a-\u{3B6}]", "A", false),
            Example("a?b", "a/b", false),
            Example("[\\]a]", "]", true),
            Example("[\\-]", "-", true),
            Example("[x\\-]", "z", false),
            Example("[\\-x]", "x", true),
            Example("[z-a]", "b", false),
            Example("[^z-a]", "b", true),
            Example("*x", "xxx", true),
            Example("**", "a", true),
            Example("", "a", false),
        ]
    )
    func matches(_ example: Example) throws {
        let pattern = try PathPattern(example.pattern)
        #expect(pattern.matches(example.path) == example.isMatch)
    }

    @Test(
        "a pattern that is not well formed is refused, whatever the name",
        arguments: ["[", "[^", "[]", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[^bc", "a[", "a\\", "[a\\"]
    )
    func malformed(_ pattern: String) {
        #expect(throws: MalformedPattern.self) { try PathPattern(ByteString(pattern)) }
    }

    @Test("NFC and NFD forms of a name are different names")
    func normalForms() throws {
        let pattern = try PathPattern("caf\u{E9}")
        #expect(pattern.matches("caf\u{E9}"))
        #expect(!pattern.matches("cafe\u{301}"))
    }

    @Test("a byte that is not UTF-8 is one character")
    func brokenUTF8() throws {
        let pattern = try PathPattern("a?b")
        #expect(pattern.matches(ByteString([0x61, 0xFF, 0x62])))
        #expect(!pattern.matches(ByteString([0x61, 0xC3, 0x28, 0x62])))
    }

    @Test("the escapes of a plain pattern come off, and a wildcard that is escaped is none")
    func literal() throws {
        #expect(try PathPattern("a\\*\\\\b").literal == "a*\\b")
        #expect(try PathPattern("a*").literal == nil)
        #expect(!PathPattern.hasWildcard("a\\*\\[b"))
        #expect(PathPattern.hasWildcard("a\\\\*"))
    }

    @Test("many stars cost no more than pattern times name", .timeLimit(.minutes(20)))
    func stars() throws {
        let pattern = try PathPattern(ByteString(String(repeating: "a*", count: 2000) + "b"))
        #expect(!pattern.matches(ByteString(String(repeating: "a", count: 4000))))
    }
}
