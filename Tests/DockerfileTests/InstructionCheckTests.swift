import Bytes
import Dockerfile
import Testing

@Suite("Checks of what a stage says")
struct InstructionCheckTests {
    @Test(
        "JSONArgsRecommended: CMD and ENTRYPOINT in shell form, unless SHELL names the shell",
        arguments: [
            CheckCase("FROM scratch\nCMD run\nENTRYPOINT run", 2, 3),
            CheckCase("FROM scratch\nCMD [\"run\"]\nENTRYPOINT [\"run\"]\nHEALTHCHECK CMD run"),
            CheckCase("FROM scratch AS base\nSHELL [\"/sh\"]\nCMD run\nFROM base\nENTRYPOINT run"),
            CheckCase("FROM shelled\nCMD run"),
        ]
    )
    func json(_ test: CheckCase) throws {
        var settings = CheckSettings()
        settings.environments = ["shelled": []]
        settings.hasShell = true
        #expect(try lines(of: "JSONArgsRecommended", in: test.text, settings) == test.lines)
    }

    @Test(
        "MultipleInstructionsDisallowed: at those before the last of a stage",
        arguments: [
            CheckCase(
                "FROM scratch\nCMD [\"a\"]\nENTRYPOINT [\"b\"]\nCMD [\"c\"]\nCMD [\"d\"]\nENTRYPOINT [\"e\"]",
                2,
                3,
                4
            ),
            CheckCase("FROM scratch\nHEALTHCHECK CMD a\nHEALTHCHECK NONE", 2),
            CheckCase("FROM scratch AS a\nCMD [\"a\"]\nFROM a\nCMD [\"b\"]\nENTRYPOINT [\"c\"]"),
        ]
    )
    func once(_ test: CheckCase) throws {
        #expect(try lines(of: "MultipleInstructionsDisallowed", in: test.text) == test.lines)
    }

    @Test(
        "WorkdirRelativePath: the first of a stage and its bases",
        arguments: [
            CheckCase("FROM scratch\nWORKDIR app/\nWORKDIR sub", 2),
            CheckCase("FROM scratch AS a\nWORKDIR /app\nFROM a\nWORKDIR sub"),
            CheckCase("FROM scratch\nENV HOME=/root\nWORKDIR $HOME/app"),
            CheckCase("FROM unknown\nWORKDIR $APP_HOME"),
            CheckCase("FROM scratch\n# check=skip=WorkdirRelativePath\nWORKDIR app"),
        ]
    )
    func workdir(_ test: CheckCase) throws {
        #expect(try lines(of: "WorkdirRelativePath", in: test.text) == test.lines)
    }

    @Test("ExposeProtoCasing: each port once, after expansion")
    func protocolCase() throws {
        let text = "FROM scratch\nENV P='81/UDP 82/tcp'\nEXPOSE 80/TcP 8080/TCP 8080/udp $P 9"
        #expect(try lines(of: "ExposeProtoCasing", in: text) == [3, 3, 3])
        #expect(try lines(of: "ExposeInvalidFormat", in: text) == [])
    }

    @Test("ExposeInvalidFormat: addresses and ports of the host")
    func hostPorts() throws {
        let text = "FROM scratch\nEXPOSE 127.0.0.1:80:80 [::1]:8080:8080 5000:5000 8000 :81"
        #expect(try lines(of: "ExposeInvalidFormat", in: text) == [2, 2, 2])
    }

    @Test("Ports that are wrong altogether are left to the build", arguments: ["/tcp", "80/ftp", "1:2:/x", ""])
    func wrongPorts(_ port: String) throws {
        #expect(try check("FROM scratch\nEXPOSE 1 \(port)") == [])
    }

    @Test(
        "CopyIgnoredFile: sources of the context that the rules leave out",
        arguments: [
            CheckCase("FROM scratch\nCOPY Dockerfile .\nADD ./x/../Dockerfile /w", 2, 3),
            CheckCase("FROM scratch\nENV F=Dockerfile\nCOPY a $F /", 3),
            CheckCase("FROM scratch AS b\nFROM scratch\nCOPY --from=b Dockerfile /\nADD https://x/Dockerfile /"),
            CheckCase("FROM scratch\nCOPY . /"),
        ]
    )
    func ignored(_ test: CheckCase) throws {
        var settings = CheckSettings()
        settings.ignored = ["Dockerfile"]
        #expect(try lines(of: "CopyIgnoredFile", in: test.text, settings) == test.lines)
        settings.ignored = nil
        #expect(try lines(of: "CopyIgnoredFile", in: test.text, settings) == [])
    }
}
