import Bytes
@testable import Dockerfile
import Testing

@Suite("Instructions")
struct InstructionTests {
    @Test("only ASCII blanks end the type of HEALTHCHECK, as for BuildKit")
    func healthcheckBlanks() throws {
        let text = "HEALTHCHECK CMD\u{2003}x\nHEALTHCHECK CMD \u{2003}x\nHEALTHCHECK CMD\u{B}[\"x\"]\n"
        let nodes = try DockerfileParser.parseNodes(SourceText(content: ByteString(text))).nodes
        #expect(nodes.map(\.words) == [["CMD\u{2003}x"], ["CMD", "\u{2003}x"], ["CMD", "x"]])
    }

    @Test("behind a blank that is not ASCII there is no flag, as for BuildKit")
    func wideBlanks() throws {
        let nodes = try DockerfileParser.parseNodes(SourceText(content: "COPY \u{A0}--from=y a b\nCOPY --from=y a b\n"))
            .nodes
        #expect(nodes.map(\.flags) == [[], ["--from=y"]])
    }

    @Test("ENV and LABEL take pairs or the old form with a blank")
    func pairs() throws {
        let new = try instruction("ENV a=1 b=\"x y\" c=x\\ y d='=' e=")
        let values: [(String, String)] = [("a", "1"), ("b", "\"x y\""), ("c", "x\\ y"), ("d", "'='"), ("e", "")]
        #expect(
            new.kind
                == .env(values.map { KeyValue(name: .init($0.0), value: .init($0.1), isLegacyForm: false) })
        )
        let old = try instruction("LABEL a  b=c \"d\"  ")
        #expect(old.kind == .label([KeyValue(name: "a", value: "b=c \"d\"", isLegacyForm: true)]))
    }

    @Test(
        "ENV and LABEL refuse what has no name or no value",
        arguments: [
            ("ENV a", DockerfileError.Reason.nameWithoutValue(instruction: "ENV")),
            ("LABEL a=b c", .missingEquals(instruction: "LABEL", word: "c")),
            ("ENV =a", .blankName(instruction: "ENV")),
            ("ENV", .wrongArgumentCount(instruction: "ENV", .atLeastOne)),
        ]
    )
    func wrongPairs(_ text: String, _ reason: DockerfileError.Reason) {
        #expect(parseError("FROM a\n" + text)?.reason == reason)
    }

    @Test("ARG declares several names, with and without defaults")
    func arguments() throws {
        let names: [(String, String?)] = [("A", nil), ("B", ""), ("C", "'x y'"), ("D", "1=2")]
        let declared = names.map { name, value in
            ArgumentDeclaration(
                name: ByteString(name),
                defaultValue: value.map { ByteString($0) },
                documentation: nil
            )
        }
        #expect(try instruction("ARG A B= C='x y' D=1=2").kind == .arg(declared))
        #expect(parseError("ARG\nFROM a")?.reason == .wrongArgumentCount(instruction: "ARG", .atLeastOne))
    }

    @Test("COPY takes all its flags")
    func copy() throws {
        let instruction = try instruction(
            "COPY --from=b --chown=1:2 --chmod=u+x --link --parents=FALSE --exclude=a --exclude=\"b c\" x y /z/"
        )
        let expected = CopyInstruction(
            sources: ["x", "y"],
            inlineFiles: [],
            destination: "/z/",
            from: "b",
            chown: "1:2",
            chmod: "u+x",
            isLinked: true,
            keepsParents: false,
            excludes: ["a", "b c"]
        )
        #expect(try instruction.copy() == expected)
        #expect(instruction.usedFlags == ["from", "chown", "chmod", "link", "parents", "exclude"])
    }

    @Test("ADD takes all its flags and knows which were not given")
    func add() throws {
        let add = try instruction("ADD --checksum=sha256:1 --keep-git-dir=true --unpack=false --link a b").add()
        #expect(add.checksum == "sha256:1")
        #expect(add.keepsGitDirectory == true)
        #expect(add.unpacks == false)
        #expect(try instruction("ADD a b").add().unpacks == nil)
    }

    @Test("a word -- ends the flags and vanishes")
    func endOfFlags() throws {
        let copy = try instruction("COPY --link -- --from /x").copy()
        #expect(copy.isLinked)
        #expect(copy.sources == ["--from"])
    }

    @Test("RUN takes network, security and devices")
    func run() throws {
        let run = try instruction("RUN --network=none --security=insecure --device=a/b=c,required --device=name=d x y")
            .run()
        #expect(run.network == .none)
        #expect(run.security == .insecure)
        #expect(
            run.devices == [
                DeviceRequest(name: "a/b=c", isRequired: true), DeviceRequest(name: "d", isRequired: false),
            ]
        )
        #expect(run.form == .shell("x y"))
        #expect(parseError("FROM a\nRUN --network=hosts x")?.reason == .invalidNetwork("hosts"))
        #expect(parseError("FROM a\nRUN --security=none x")?.reason == .invalidSecurity("none"))
    }

    @Test("HEALTHCHECK reads Go durations into nanoseconds")
    func healthcheck() throws {
        let options = "--interval=1h2m3.5s --timeout=1ms --start-period=0 --start-interval=1.5µs1ms --retries=3"
        let expected = HealthcheckCommand(
            form: .shell("a  b"),
            interval: 3_723_500_000_000,
            timeout: 1_000_000,
            startPeriod: 0,
            startInterval: 1_001_500,
            retries: 3
        )
        #expect(try instruction("HEALTHCHECK \(options) cmd  a  b").kind == .healthcheck(.command(expected)))
        #expect(try instruction("HEALTHCHECK none").kind == .healthcheck(.none))
    }

    @Test(
        "HEALTHCHECK refuses what makes no sense",
        arguments: [
            ("HEALTHCHECK", DockerfileError.Reason.wrongArgumentCount(instruction: "HEALTHCHECK", .atLeastOne)),
            ("HEALTHCHECK NONE x", .healthcheckNoneWithArguments), ("HEALTHCHECK CMD", .healthcheckWithoutCommand),
            ("HEALTHCHECK CMD []", .healthcheckWithoutCommand), ("HEALTHCHECK x", .unknownHealthcheckType("x")),
            ("HEALTHCHECK --interval=5 CMD x", .invalidDuration(flag: "interval", value: "5")),
            ("HEALTHCHECK --timeout=999us CMD x", .durationTooShort(flag: "timeout", value: "999us")),
            ("HEALTHCHECK --timeout=-1s CMD x", .durationTooShort(flag: "timeout", value: "-1s")),
            ("HEALTHCHECK --interval=9999999h CMD x", .invalidDuration(flag: "interval", value: "9999999h")),
            ("HEALTHCHECK --retries=-1 CMD x", .invalidRetries("-1")),
            ("HEALTHCHECK --retries=1x CMD x", .invalidRetries("1x")),
        ]
    )
    func wrongHealthcheck(_ text: String, _ reason: DockerfileError.Reason) {
        #expect(parseError("FROM a\n" + text)?.reason == reason)
    }

    @Test("EXPOSE sorts its words, USER and WORKDIR take the rest of the line")
    func plain() throws {
        #expect(try instruction("EXPOSE 80 53/udp 8000-8003").kind == .expose(["53/udp", "80", "8000-8003"]))
        #expect(try instruction("USER a b").kind == .user("a b"))
        #expect(try instruction("STOPSIGNAL SIGTERM").kind == .stopsignal("SIGTERM"))
        #expect(try instruction("MAINTAINER A <b>").kind == .maintainer("A <b>"))
        #expect(parseError("FROM a\nVOLUME [\" \"]")?.reason == .emptyVolume)
    }

    @Test("flags are refused where there are none, twice, without value and with a wrong one")
    func wrongFlags() {
        let cases: [(String, DockerfileError.Reason)] = [
            ("USER --x y", .unknownFlag(instruction: "USER", flag: "--x", suggestion: nil, known: [])),
            ("COPY --from=a --from=b x y", .repeatedFlag(instruction: "COPY", flag: "--from")),
            ("COPY --from x y", .flagWithoutValue(instruction: "COPY", flag: "--from")),
            ("COPY --link= x y", .flagWithoutValue(instruction: "COPY", flag: "--link")),
            ("COPY --link=1 x y", .flagNotBoolean(instruction: "COPY", flag: "--link", value: "1")),
        ]
        for (text, reason) in cases { #expect(parseError("FROM a\n" + text)?.reason == reason) }
    }
}
