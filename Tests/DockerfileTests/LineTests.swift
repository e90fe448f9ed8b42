import Bytes
import Dockerfile
import Testing

@Suite("Lines")
struct LineTests {
    @Test(
        "are continued by an escape character at their end, blanks after it or not, but not by two",
        arguments: [
            ("RUN a \\\n b", "RUN a  b", 3), ("RUN a \\ \t\n b", "RUN a  b", 3), ("RUN a\\\r\nb\r", "RUN ab", 3),
            ("RUN a \\\n\\\n b", "RUN a  b", 4), ("RUN a \\", "RUN a", 2), ("\\\nRUN a", "RUN a", 3),
            ("RUN a \\\\", "RUN a \\\\", 2), ("RUN a \\\\\\", "RUN a \\\\\\", 2),
        ]
    )
    func continuation(_ text: String, _ original: String, _ last: Int) throws {
        let instruction = try instruction(text)
        #expect(instruction.original == ByteString(original))
        #expect(instruction.range == SourceRange(first: 2, last: last))
    }

    @Test("of comments vanish from a continuation, and an empty one is warned about")
    func comments() throws {
        let file = try parse("FROM a\nRUN a \\\n  # no\n\n#no\n  b\n")
        #expect(file.stages[0].instructions.map(\.original) == ["RUN a   b"])
        #expect(file.warnings.map(\.rule) == ["NoEmptyContinuation"])
        #expect(file.warnings.map(\.range) == [SourceRange(line: 6)])
    }

    @Test("may be indented by any white space and end without a line feed")
    func indented() throws {
        #expect(try instruction("\t \u{A0}user x").kind == .user("x"))
    }

    @Test("hold names in any letter case, kept as written")
    func letterCase() throws {
        let instruction = try instruction("wOrkDir  /a b ")
        #expect(instruction.keyword == "WORKDIR")
        #expect(instruction.keywordAsWritten == "wOrkDir")
        #expect(instruction.kind == .workdir("/a b"))
    }

    @Test(
        "have flags where BuildKit has them, which looks at bytes, when blanks stand there that are not ASCII",
        arguments: [
            ("COPY \u{A0}--link a b", [], ["--link", "a", "b"]),
            ("COPY --link \u{2003}--from=y a b", ["--link"], ["--from=y", "a", "b"]),
            ("COPY --from=y\u{A0}a b", ["--from=y\u{C2}"], ["a", "b"]),
            ("COPY --from=y\\\u{85}--link a b", ["--from=y\u{C2}", "--link"], ["a", "b"]),
            ("COPY --from=\"y\u{A0}z\" a b", ["--from=y\u{A0}z"], ["a", "b"]),
            ("COPY --from=y\u{2003}z a b", ["--from=y\u{2003}z"], ["a", "b"]),
            ("COPY --from=y\u{E0} a b", ["--from=y\u{E0}"], ["a", "b"]),
            ("HEALTHCHECK CMD \u{A0}x", [], ["CMD", "\u{A0}x"]),
            ("HEALTHCHECK CMD \u{A0}[\"x\"]", [], ["CMD", "x"]),
            ("HEALTHCHECK CMD\u{2003}x y", [], ["CMD\u{2003}x", "y"]),
        ]
    )
    func wideBlanksBesideFlags(_ text: String, _ flags: [String], _ words: [String]) throws {
        let node = try only(try DockerfileParser.parseNodes(SourceText(content: ByteString(text))).nodes)
        #expect(node.flags == flags.map { ByteString($0) })
        #expect(node.words == words.map { ByteString($0) })
    }

    @Test("of HEALTHCHECK need a blank behind the type that BuildKit takes for one")
    func healthcheckType() {
        for text in ["HEALTHCHECK CMD\u{A0}x", "HEALTHCHECK CMD\u{2003}x"] {
            guard case .unknownHealthcheckType = parseError("FROM a\n\(text)")?.reason else {
                Issue.record("accepted: \(text)")
                continue
            }
        }
    }

    @Test("keep bytes that are not UTF-8")
    func invalidUTF8() throws {
        let content = ByteString(Array("FROM a\nENV n=x".utf8) + [0xFF, 0xC3] + Array(" m=\"".utf8) + [0x80, 0x22])
        let file = try DockerfileParser.parse(SourceText(content: content))
        guard case .env(let pairs) = file.stages[0].instructions[0].kind else { throw WrongShape() }
        #expect(pairs.map(\.value.bytes) == [[0x78, 0xFF, 0xC3], [0x22, 0x80, 0x22]])
    }
}
