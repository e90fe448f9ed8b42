import Bytes
import Dockerfile
import Testing

@Suite("Hostile Dockerfiles")
struct LimitTests {
    @Test("larger than the limit are refused before they are read")
    func tooLarge() {
        let size = DockerfileParser.sizeLimit + 1
        let error = parseError(String(repeating: "a", count: size))
        #expect(error?.reason == .fileTooLarge(bytes: size, limit: DockerfileParser.sizeLimit))
    }

    @Test("with too many instructions are refused")
    func instructions() {
        let text = "FROM a\n" + String(repeating: "USER x\n", count: DockerfileParser.instructionLimit)
        #expect(parseError(text)?.reason == .tooManyInstructions(limit: DockerfileParser.instructionLimit))
    }

    @Test("with one instruction of too many words are refused", arguments: ["ENV", "COPY", "EXPOSE", "ARG"])
    func wideInstruction(_ keyword: String) {
        let text = "FROM a\n\(keyword) " + String(repeating: "a=b ", count: DockerfileParser.wordLimit + 1)
        #expect(parseError(text)?.reason == .tooManyWords(limit: DockerfileParser.wordLimit))
    }

    @Test("with lines longer than BuildKit takes are read")
    func longLine() throws {
        let text = String(repeating: "x", count: 1 << 20)
        #expect(try instruction("RUN " + text).run().form == .shell(ByteString(text)))
    }

    @Test("with ONBUILD nested without end are refused")
    func nestedOnbuild() {
        let text = "FROM a\n" + String(repeating: "ONBUILD ", count: 100_000) + "RUN x"
        #expect(parseError(text)?.reason == .notAllowedInOnbuild("ONBUILD"))
    }

    @Test("with JSON nested without end fall back to the shell form")
    func nestedJSON() throws {
        let text = String(repeating: "[", count: 100_000)
        #expect(try instruction("RUN " + text).run().form == .shell(ByteString(text)))
        let closed = String(repeating: "[", count: 9_000) + String(repeating: "]", count: 9_000)
        #expect(parseError("FROM a\nRUN \(closed)")?.reason == .notStringArray(instruction: "RUN"))
    }

    @Test("in UTF-16 are named as such; NUL in an instruction is refused, in a comment it does not matter")
    func encodings() throws {
        let little = ByteString([0xFF, 0xFE, 0x46, 0])
        #expect { try DockerfileParser.parse(SourceText(content: little)) } throws: {
            ($0 as? DockerfileError)?.reason == .encodedAsUTF16
        }
        #expect(parseError("FROM a\nRUN a\0b\n")?.reason == .nulByte)
        #expect(parseError("# a\0b\nFROM a\n") == nil)
    }
}

@Suite("Random Dockerfiles")
struct RandomTests {
    /// A small generator with a seed, so that a failure can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33 | state << 31
        }
    }

    private static let pieces: [String] = [
        "FROM a", "FROM a AS b", "RUN ", "COPY ", "ADD ", "ENV ", "ARG ", "LABEL ", "ONBUILD ", "HEALTHCHECK ", "CMD ",
        "EXPOSE ", "--from=", "--mount=", "--", "<<EOF", "<<-'E F'", "EOF", "\n", "\n", "\n", "\r\n", "\\\n", "\\", "`",
        "\"",
        "'", "$", "${", "}", ":-", "//", "#", "# escape=`\n", "[", "]", "\",\"", "[\"a\"]", "=", "a=b", " ", "\t", "x",
        "é",
        "\u{A0}", "*", "?", "%", ",", "type=cache", "target=/x", "NONE", "1s", "\0",
    ]

    @Test("neither trap nor hang, and what parses shows ranges inside the file", arguments: 0..<64)
    func random(_ seed: Int) throws {
        var generator = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        for _ in 0..<40 {
            var bytes: [UInt8] = seed.isMultiple(of: 2) ? Array("FROM a\n".utf8) : []
            for _ in 0..<Int.random(in: 0..<60, using: &generator) {
                if Int.random(in: 0..<12, using: &generator) == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    bytes += Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &generator)].utf8
                }
            }
            check(SourceText(content: ByteString(bytes)))
        }
    }

    private func check(_ source: SourceText) {
        do {
            let file = try DockerfileParser.parse(source)
            for instruction in file.stages.flatMap({ [$0.from] + $0.instructions }) {
                #expect(instruction.range.first >= 1 && instruction.range.last <= source.lineCount)
                _ = try Expansion(escape: file.escape) { $0 == "x" ? "v w" : nil }.expand(instruction.original)
            }
        } catch {
            #expect(!error.message.isEmpty)
            #expect(!error.rendered.isEmpty)
        }
    }
}
