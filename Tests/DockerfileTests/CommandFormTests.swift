import Bytes
import Dockerfile
import Testing

@Suite("Exec and shell form")
struct CommandFormTests {
    @Test(
        "a valid JSON array of strings is the exec form",
        arguments: [
            ("[]", []), ("[ \"a\" ,\t\"b c\" ]", ["a", "b c"]), (#"["\u0041\n\/\"\\"]"#, ["A\n/\"\\"]),
            (#"["\ud83d\ude00", "\ud83d", "\ud83dx"]"#, ["😀", "\u{FFFD}", "\u{FFFD}x"]), ("[\"a\"] ", ["a"]),
        ]
    )
    func exec(_ text: String, _ words: [String]) throws {
        #expect(try instruction("CMD " + text).kind == .cmd(.exec(words.map { ByteString($0) })))
    }

    @Test(
        "what is not valid JSON is the shell form",
        arguments: [
            "['a']", "[\"a\",]", "[\"a\"", "[\"a\"] x", "[\"\\x\"]", "[\"a\tb\"]", "[a]", "[01]", "[1.]", "[1e999]",
            "[\"a\" \"b\"]", "[{\"a\" 1}]", "[\"\\u12\"]", "[-]", "[,]", "[nul]",
        ]
    )
    func shell(_ text: String) throws {
        #expect(try instruction("CMD " + text).kind == .cmd(.shell(ByteString(text))))
    }

    @Test(
        "a valid array with other members is refused",
        arguments: ["[1]", "[\"a\", null]", "[[]]", "[{\"a\": [1, -2.5e3, true, {}]}]", "[false]"]
    )
    func otherMembers(_ text: String) {
        for keyword in ["CMD", "COPY", "SHELL", "VOLUME", "HEALTHCHECK CMD"] {
            let name = String(keyword.prefix { $0 != " " })
            #expect(parseError("FROM a\n\(keyword) \(text)")?.reason == .notStringArray(instruction: name))
        }
    }

    @Test("COPY, ADD and VOLUME take their words from an array")
    func words() throws {
        #expect(try instruction("COPY [\"a b\", \"/c d/\"]").copy().sources == ["a b"])
        #expect(try instruction("VOLUME [\"/a b\", \" /c \"]").kind == .volume(["/a b", "/c"]))
        #expect(try instruction("VOLUME /a /b").kind == .volume(["/a", "/b"]))
    }

    @Test("SHELL wants the exec form and at least one word")
    func shellInstruction() throws {
        #expect(try instruction("SHELL [\"a\", \"-c\"]").kind == .shell(["a", "-c"]))
        #expect(parseError("FROM a\nSHELL a -c")?.reason == .notJSON(instruction: "SHELL"))
        #expect(
            parseError("FROM a\nSHELL []")?.reason == .wrongArgumentCount(instruction: "SHELL", .atLeastOne)
        )
    }

    @Test("commands may be empty")
    func empty() throws {
        #expect(try instruction("CMD").kind == .cmd(.shell("")))
        #expect(try instruction("ENTRYPOINT []").kind == .entrypoint(.exec([])))
        #expect(CommandForm.exec([]).isEmpty && CommandForm.shell("").isEmpty && !CommandForm.shell("a").isEmpty)
    }
}
