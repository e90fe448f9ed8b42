import Bytes
import Dockerfile
import Testing

/// What BuildKit's rules tell word for word, which programs read (BuildKit, `dockerfile_check_test.go`).
@Suite("Details of BuildKit's checks")
struct CheckDetailTests {
    struct Case: Sendable, CustomStringConvertible {
        var text: String
        var details: [String]

        init(_ text: String, _ details: String...) {
            self.text = text
            self.details = details
        }

        var description: String { text.debugDescription }
    }

    @Test(
        "are in its words",
        arguments: [
            Case("FROM scratch AS BadName\nFROM scratch", "StageNameCasing: Stage name 'BadName' should be lowercase"),
            Case("FROM scratch as a", "FromAsCasing: 'as' and 'FROM' keywords' casing do not match"),
            Case("FROM scratch\nCOPY a \\\n\n/", "NoEmptyContinuation: Empty continuation line"),
            Case(
                "FROM scratch\ncopy a /",
                "ConsistentInstructionCasing: Command 'copy' should match the case of the command majority (uppercase)"
            ),
            Case(
                "FrOM scratch\ncopy a /",
                "ConsistentInstructionCasing: Command 'FrOM' should match the case of the command majority (lowercase)"
            ),
            Case(
                "FROM scratch AS b\nFROM scratch AS B",
                "StageNameCasing: Stage name 'B' should be lowercase",
                "DuplicateStageName: Duplicate stage name \"b\", stage names should be unique"
            ),
            Case(
                "FROM scratch AS context",
                "ReservedStageName: Stage name should not use the same name as reserved stage \"context\""
            ),
            Case(
                "from scratch\ncmd a",
                "JSONArgsRecommended: JSON arguments recommended for cmd to prevent unintended behavior related to OS signals"
            ),
            Case(
                "FROM scratch\nMAINTAINER a",
                "MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label"
            ),
            Case(
                "FROM --platform=$BULIDPLATFORM scratch",
                "UndefinedArgInFrom: FROM argument 'BULIDPLATFORM' is not declared (did you mean BUILDPLATFORM?)"
            ),
            Case(
                "FROM scratch\nENV A=b\nWORKDIR $A/",
                "WorkdirRelativePath: Relative workdir \"b/\" can have unexpected results if the base image changes"
            ),
            Case(
                "FROM scratch\nARG DIR_ASSETS=a\nCOPY $DIR_ASSET .",
                "UndefinedVar: Usage of undefined variable '$DIR_ASSET' (did you mean $DIR_ASSETS?)"
            ),
            Case(
                "FROM scratch\nHEALTHCHECK NONE\nHEALTHCHECK CMD a",
                "MultipleInstructionsDisallowed: Multiple HEALTHCHECK instructions should not be used in the same stage "
                    + "because only the last one will be used"
            ),
            Case(
                "FROM scratch\nENV a b",
                "LegacyKeyValueFormat: \"ENV key=value\" should be used instead of legacy \"ENV key value\" format"
            ),
            Case(
                "FROM --platform=${TARGETPLATFORM} scratch",
                "RedundantTargetPlatform: Setting platform to predefined ${TARGETPLATFORM} in FROM is redundant "
                    + "as this is the default behavior"
            ),
            Case(
                "FROM scratch\nARG git_KEY",
                "SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG \"git_KEY\")"
            ),
            Case(
                "ARG V\nFROM scratch AS a\nFROM a${V:+:}::",
                "InvalidDefaultArgInFrom: Default value for ARG a${V:+:}:: results in empty or invalid base image name"
            ),
            Case(
                "FROM --platform=linux/amd64 scratch",
                "FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value \"linux/amd64\""
            ),
            Case(
                "FROM scratch\nCOPY ./left-out /\nADD left-out /",
                "CopyIgnoredFile: Attempting to Copy file \"left-out\" that is excluded by .dockerignore",
                "CopyIgnoredFile: Attempting to Add file \"left-out\" that is excluded by .dockerignore"
            ),
            Case(
                "# check=experimental=all\n# a\nARG b c\n# d\nFROM scratch AS e",
                "InvalidDefinitionDescription: Comment for ARG should follow the format: `# <arg_key> <description>`",
                "InvalidDefinitionDescription: Comment for FROM should follow the format: `# e <description>`"
            ),
            Case(
                "FROM scratch\nEXPOSE 80/TcP [::1]:81:82",
                "ExposeProtoCasing: Defined protocol '80/TcP' in EXPOSE instruction should be lowercase",
                "ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, "
                    + "found '[::1]:81:82'"
            ),
        ]
    )
    func words(_ test: Case) throws {
        var settings = CheckSettings()
        settings.ignored = ["left-out"]
        #expect(try check(test.text, settings).filter(\.rule.isBuildKits).map(\.line) == test.details)
    }

    @Test("of an image for another platform name both")
    func platform() throws {
        var settings = CheckSettings()
        settings.environments = ["busybox:1": []]
        settings.mismatch = (actual: "linux/amd64", expected: "linux/arm64")
        let detail =
            "Base image busybox:1 was pulled with platform \"linux/amd64\", expected \"linux/arm64\" for current build"
        #expect(try details(of: "InvalidBaseImagePlatform", in: "FROM busybox:1", settings) == [detail])
    }

    @Test("have rules with BuildKit's descriptions and pages")
    func rules() {
        let rule = CheckRule.named("UndefinedVar")
        #expect(rule?.summary == "Variables should be defined before their use")
        #expect(rule?.url == "https://docs.docker.com/go/dockerfile/rule/undefined-var/")
        #expect(CheckRule.named("InvalidBaseImagePlatform")?.url == nil)
    }
}
