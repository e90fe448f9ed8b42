import Bytes
import Dockerfile
import Testing

@Suite("Checks of variables")
struct VariableCheckTests {
    @Test(
        "UndefinedVar: a name that neither ENV nor ARG has set before",
        arguments: [
            CheckCase("FROM scratch\nCOPY $foo .\nARG foo=bar", 2),
            CheckCase(
                "FROM scratch\nENV a=$b b=1\nLABEL $c=1\nUSER $d\nVOLUME $e\nSTOPSIGNAL $f\nWORKDIR /$g",
                2,
                3,
                4,
                5,
                6,
                7
            ),
            CheckCase("FROM scratch\nADD --chown=$a --chmod=$b c /\nRUN --mount=type=cache,target=/$d e", 2, 2, 3),
            CheckCase("FROM scratch\nCOPY $a $a /", 2, 2),
            CheckCase("FROM scratch\nCOPY <<EOF /f\n$a\nEOF\nCOPY <<'EOF' /g\n$a\nEOF", 2),
            CheckCase("FROM scratch\nCOPY ${a:-x} /\nARG b=$c", 2, 3),
            CheckCase("ARG global=1\nFROM scratch\nCOPY $global /", 3),
            CheckCase("FROM scratch\nCOPY $TARGETARCH /\nARG TARGETARCH\nCOPY $TARGETARCH /", 2),
            CheckCase("FROM scratch\nARG foo\nCOPY Dockerfile${foo} ."),
            CheckCase("FROM scratch AS base\nARG foo=1\nENV bar=2\nFROM base\nCOPY $foo$bar ."),
            CheckCase("FROM scratch\nRUN echo $x\nCMD echo $x\nENTRYPOINT echo $x\nEXPOSE 8$x\nENV PATH=$PATH:/x"),
            CheckCase("FROM scratch\nARG a=1 b=$a\nENV c=\\$d e='$f'"),
            CheckCase("FROM scratch\n# check=skip=UndefinedVar\nCOPY $foo ."),
        ]
    )
    func undefined(_ test: CheckCase) throws {
        #expect(try lines(of: "UndefinedVar", in: test.text) == test.lines)
    }

    @Test("UndefinedVar names what was probably meant")
    func suggestion() throws {
        let found = try details(
            of: "UndefinedVar",
            in: "FROM scratch\nENV PATH=$PAHT:/tmp/bin\nARG DIRS=a\nCOPY $DIRZ ."
        )
        #expect(found.map { $0.contains("did you mean $PATH?") } == [true, false])
        #expect(found.map { $0.contains("did you mean $DIRS?") } == [false, true])
    }

    @Test("UndefinedVar knows the variables of a base image")
    func knownBase() throws {
        var settings = CheckSettings()
        settings.environments = ["node": ["NODE_VERSION"]]
        let text = "FROM node\nCOPY $NODE_VERSION $OTHER_NAME /"
        #expect(try lines(of: "UndefinedVar", in: text, settings) == [2])
    }

    @Test("UndefinedVar tells of an unknown base image only what the image cannot change")
    func unknownBase() throws {
        let text = """
            ARG GLOBAL=1
            FROM node
            COPY $NODE_VERSION /
            COPY $GLOBAL /
            COPY $LATER /
            ARG LATER=1
            COPY $TARGETARCH /
            ARG DIR_ASSETS=1
            COPY $DIR_ASSET $GOPATH /
            ENV PATH=$PAHT:/bin
            """
        #expect(try lines(of: "UndefinedVar", in: text) == [4, 5, 7, 9, 10])
    }

    @Test("UndefinedVar looks at stages that are built; check looks at all, a target limits it")
    func reach() throws {
        let text = "FROM scratch AS first\nCOPY $foo .\nFROM scratch AS second\nCOPY $bar ."
        var settings = CheckSettings()
        #expect(try lines(of: "UndefinedVar", in: text, settings) == [2, 4])
        settings.purpose = .build
        #expect(try lines(of: "UndefinedVar", in: text, settings) == [4])
        settings.target = "first"
        #expect(try lines(of: "UndefinedVar", in: text, settings) == [2])
        settings.purpose = .check
        #expect(try lines(of: "UndefinedVar", in: text, settings) == [2])
    }

    @Test("Triggers of a base run in its child, at the lines of FROM")
    func triggers() throws {
        let text = "FROM scratch AS a\nONBUILD COPY $x /\nFROM a\nFROM scratch"
        #expect(try lines(of: "UndefinedVar", in: text) == [3])
        var settings = CheckSettings()
        settings.environments = ["image": []]
        settings.triggers = ["COPY $y /", "not an instruction"]
        #expect(try lines(of: "UndefinedVar", in: "FROM image\nFROM scratch", settings) == [1])
    }

    @Test("A named context replaces a stage, whose instructions then do not count")
    func namedContext() throws {
        var settings = CheckSettings()
        settings.namedContexts = ["dep"]
        #expect(try lines(of: "UndefinedVar", in: "FROM scratch AS dep\nCOPY $x /\nFROM dep", settings) == [])
    }

    @Test(
        "SecretsUsedInArgOrEnv: names that say secret, unless they say file, public or version",
        arguments: [
            CheckCase("FROM scratch\nARG SECRET_PASSPHRASE\nENV SUPER_Secret=a\nENV password=b secret=c", 2, 3, 4, 4),
            CheckCase("FROM scratch\nARG a_token=x auth=y\nENV apikey=z sunflower=v\nENV git_key=", 2, 2, 3, 4),
            CheckCase("FROM scratch\nENV PUBLIC_KEY=\nARG public_token password_file=x AUTH_MODULE_VERSION"),
            CheckCase("FROM scratch\nENV keyboard=1 monkey=2 TOKENS=3"),
            CheckCase("ARG TOKEN\nFROM scratch"),
            CheckCase(
                "FROM scratch\n# check=skip=SecretsUsedInArgOrEnv // meant\nENV password=x\n# check=skip=all\nARG token"
            ),
        ]
    )
    func secretNames(_ test: CheckCase) throws {
        #expect(try lines(of: "SecretsUsedInArgOrEnv", in: test.text) == test.lines)
    }

    @Test(
        "LegacyKeyValueFormat: ENV and LABEL with a blank",
        arguments: [
            CheckCase("FROM scratch\nENV a b\nLABEL c d", 2, 3),
            CheckCase("FROM scratch\nENV a=b\nLABEL c=d\n# check=skip=LegacyKeyValueFormat\nENV a b"),
        ]
    )
    func legacy(_ test: CheckCase) throws {
        #expect(try lines(of: "LegacyKeyValueFormat", in: test.text) == test.lines)
    }
}
