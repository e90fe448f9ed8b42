import Bytes
import Dockerfile
import Testing

@Suite("Errors")
struct ErrorTests {
    @Test("show file, line, column, an excerpt with a caret and the remedy")
    func rendered() {
        let source = SourceText(name: "sub/Dockerfile", content: "FROM a\n\nCOPY \\\n\t--chwon=1 a b\nRUN x\n")
        var text: String?
        do { _ = try DockerfileParser.parse(source) } catch { text = error.rendered }
        #expect(
            text == """
                sub/Dockerfile:4:2: COPY: unknown flag: --chwon
                --------------------
                   2 |     \("")
                   3 | >>> COPY \\
                   4 | >>> \t--chwon=1 a b
                     |     \t^^^^^^^
                   5 |     RUN x
                --------------------
                did you mean --chown?

                """
        )
    }

    @Test(
        "name the instruction or flag that was probably meant",
        arguments: [
            ("COYP a b", "did you mean COPY?"), ("qwertz x", nil), ("wrkdir /", "did you mean WORKDIR?"),
            ("RUN --mout=a b", "did you mean --mount?"), ("EXPOSE --x 1", "EXPOSE takes no flags"),
        ]
    )
    func suggestions(_ text: String, _ remedy: String?) {
        let found = parseError("FROM a\n" + text)?.remedy
        #expect(remedy == nil ? found?.hasPrefix("instructions are ADD, ARG") == true : found == remedy)
    }

    @Test("of independent mistakes are told together, in order")
    func several() {
        let error = parseError("FROM a\nFOO\nENV x\nCOPY a\nCMD [1]\nUSER\nRUN <<X\n")
        let lines = ([error] + (error?.others ?? [])).compactMap { $0?.range?.first }
        #expect(lines == [2, 3, 4, 5, 6, 7])
        #expect(error?.others.last?.reason == .unterminatedHeredoc("X"))
    }

    @Test("above the first twenty are counted")
    func many() {
        let error = parseError("FROM a\n" + String(repeating: "FOO\n", count: 23))
        #expect(error?.all.count == 21)
        #expect(error?.all.last?.reason == .moreMistakes(3))
        #expect(error?.all.last?.range?.first == 22)
    }

    @Test(
        "of each kind have a caret and a remedy",
        arguments: [
            "ENV =x", "VOLUME [\"\"]", "COPY --link=x a b", "COPY --from a b", "COPY --from=a --from=b a b",
            "COPY a <<E\nE",
            "HEALTHCHECK NONE x", "HEALTHCHECK CMD", "HEALTHCHECK --interval=1us CMD y",
            "HEALTHCHECK --retries=-1 CMD y",
            "HEALTHCHECK --timeout=1 CMD y", "ONBUILD FROM b", "ONBUILD ONBUILD RUN x", "RUN --device=a,b x",
            "RUN --device=a,name=b x", "RUN --mount='\"a' x", "RUN \0", "SHELL sh", "CMD [1]",
        ]
    )
    func teaching(_ line: String) {
        let error = parseError("FROM a\n\(line)\n")
        #expect(error?.range?.mark?.line == 2)
        #expect(error?.remedy?.isEmpty == false)
    }

    @Test("that follow from a lost FROM are told once")
    func lostFrom() {
        #expect(parseError("FORM a\nRUN x\nRUN y\n")?.others == [])
        #expect(parseError("RUN x\nRUN y\nFROM a\n")?.others == [])
    }

    @Test("of words get their place afterwards, marked where the words stand")
    func located() throws {
        let source = SourceText(content: "FROM a\nENV x=${Y:?needed}\n")
        let expansion = Expansion { _ in nil }
        do {
            _ = try expansion.expandWord("${Y:?needed}")
        } catch {
            let located = error.located(at: SourceRange(line: 2), in: source)
            #expect(located.location == "Dockerfile:2:9")
            #expect(located.message == "Y: needed")
            #expect(located.located(at: SourceRange(line: 1), in: source) == located)
            return
        }
        Issue.record("no error")
    }

    @Test(
        "show how an instruction is written that lacks something",
        arguments: [
            ("WORKDIR", "write WORKDIR PATH"), ("ENV a", "write ENV NAME=VALUE"),
            ("USER", "write USER NAME or USER NAME:GROUP"),
            ("EXPOSE", "write EXPOSE PORT or EXPOSE PORT/PROTOCOL"), ("COPY a", "add the destination as the last word"),
        ]
    )
    func usage(_ line: String, _ remedy: String) { #expect(parseError("FROM a\n\(line)\n")?.remedy == remedy) }

    @Test("escape what would reach the terminal and cut what is long")
    func escaped() {
        let error = parseError("FROM a\n\u{1B}[31m\(String(repeating: "x", count: 100_000)) y\n")
        #expect(error?.message.hasPrefix("unknown instruction: \\x1b[31mx") == true)
        #expect(error?.rendered.utf8.contains(0x1B) == false)
        #expect((error?.rendered.utf8.count ?? 0) < 1_000)
    }

    @Test("show a long range at its beginning and end only")
    func longRange() {
        let body = String(repeating: "x\n", count: 1_000)
        let source = SourceText(content: ByteString("FROM a\nRUN <<E\n\(body)E\nUSER y\n"))
        let text = SourceExcerpt(source: source, range: SourceRange(first: 2, last: 1_003)).text
        #expect(text.hasPrefix("Dockerfile:2\n--------------------\n   1 |     FROM a\n   2 | >>> RUN <<E\n"))
        #expect(text.contains("| >>> …\n 1003 | >>> E\n"))
        #expect(text.split(separator: "\n").count < 40)
        #expect(SourceExcerpt(source: source, range: SourceRange(line: 5_000)).text == "")
    }

    @Test("for every reason have a message")
    func messages() {
        let reasons: [DockerfileError.Reason] = [
            .fileTooLarge(bytes: 2, limit: 1), .tooManyInstructions(limit: 1), .tooManyWords(limit: 1), .encodedAsUTF16,
            .nulByte, .patternTooCostly, .expansionTooLarge(limit: 1), .repeatedDeviceName("a"), .triggerNotSingle,
            .secretMountConflict(.sharing), .invalidList(flag: "mount", value: ""),
        ]
        for reason in reasons { #expect(!DockerfileError(reason).message.isEmpty) }
    }
}
