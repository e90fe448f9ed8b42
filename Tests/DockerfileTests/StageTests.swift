import Bytes
import Dockerfile
import Testing

@Suite("Stages")
struct StageTests {
    @Test("begin at FROM; arguments before the first belong to none")
    func stages() throws {
        let file = try parse(
            "ARG V=1\nFROM --platform=$BUILDPLATFORM a:$V AS Build\nARG W\nRUN x\nFROM scratch\nfrom Build aS c\nUSER y\n"
        )
        #expect(file.metaArguments.map(\.original) == ["ARG V=1"])
        #expect(file.stages.map(\.index) == [0, 1, 2])
        #expect(file.stages.map(\.name) == ["build", nil, "c"])
        #expect(file.stages.map(\.base) == ["a:$V", "scratch", "Build"])
        #expect(file.stages.map(\.platform) == ["$BUILDPLATFORM", nil, nil])
        #expect(file.stages.map(\.instructions.count) == [2, 0, 1])
        #expect(
            file.stages.map(\.range) == [
                SourceRange(first: 2, last: 4), SourceRange(line: 5), .init(first: 6, last: 7),
            ]
        )
        #expect(file.stages[0].source.nameAsWritten == "Build")
        #expect(file.stages[2].source.asKeyword == "aS")
    }

    @Test("have names of letters, digits and a few signs", arguments: ["1a", "-a", "a b", "a/b", "é", "a$b"])
    func names(_ name: String) {
        #expect(parseError("FROM x AS \(name)") != nil)
        #expect(parseError("FROM x AS a-1_b.c") == nil)
    }

    @Test("are needed", arguments: ["", "\n# only this\n", "\u{FEFF}"])
    func empty(_ text: String) {
        #expect(parseError(text)?.reason == .noInstructions)
        #expect(parseError("ARG X\n")?.reason == .noStages)
        #expect(parseError("RUN x\nFROM a\n")?.reason == .instructionBeforeFrom("RUN"))
    }

    @Test(
        "FROM takes one or three words",
        arguments: ["FROM", "FROM a b", "FROM a AS", "FROM a AS b c", "FROM a IS b"]
    )
    func from(_ text: String) {
        guard case .wrongArgumentCount("FROM", .oneOrThree) = parseError(text)?.reason else {
            Issue.record("\(text) gave \(String(describing: parseError(text)?.message))")
            return
        }
    }
}

@Suite("ONBUILD")
struct OnbuildTests {
    @Test("keeps the trigger's text as written and reads it")
    func trigger() throws {
        let onbuild = try instruction(" ONBUILD  copy --from=x  a   b").onbuild()
        #expect(onbuild.expression == "copy --from=x  a   b")
        #expect(onbuild.keyword == "COPY")
        #expect(try onbuild.instruction?.copy().from == "x")
    }

    @Test("stores what is no instruction; only the build that runs it refuses it")
    func wrongTrigger() throws {
        let onbuild = try instruction("ONBUILD COPY onlyone").onbuild()
        #expect(onbuild.instruction == nil)
        #expect(throws: DockerfileError.self) {
            try DockerfileParser.parse(trigger: onbuild.expression, at: SourceRange(line: 1))
        }
    }

    @Test("may not hold ONBUILD, FROM or MAINTAINER", arguments: ["ONBUILD", "From", "MAINTAINER"])
    func forbidden(_ keyword: String) {
        let reason = DockerfileError.Reason.notAllowedInOnbuild(keyword.uppercased())
        #expect(parseError("FROM a\nONBUILD \(keyword) RUN x")?.reason == reason)
        #expect {
            try DockerfileParser.parse(trigger: ByteString("\(keyword) x y"), at: SourceRange(line: 1))
        } throws: {
            ($0 as? DockerfileError)?.reason == reason
        }
    }

    @Test("of a base image is one instruction, at the lines of FROM")
    func fromConfig() throws {
        let trigger = try DockerfileParser.parse(trigger: "RUN a \\\n b", at: SourceRange(line: 7))
        #expect(trigger.range == SourceRange(line: 7))
        #expect(try trigger.run().form == .shell("a  b"))
        for text in ["", "RUN a\nRUN b", "FOO x", "# comment"] {
            #expect(throws: DockerfileError.self) {
                try DockerfileParser.parse(trigger: ByteString(text), at: SourceRange(line: 1))
            }
        }
    }
}
