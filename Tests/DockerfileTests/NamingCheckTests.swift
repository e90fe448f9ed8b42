import Bytes
import Dockerfile
import Testing

@Suite("Checks of names and letter case")
struct NamingCheckTests {
    @Test(
        "StageNameCasing: a stage's name with capitals",
        arguments: [
            CheckCase("FROM scratch AS Base\nFROM scratch AS base2", 1),
            CheckCase("FROM scratch AS base\nFROM scratch"),
            CheckCase("# check=skip=StageNameCasing\nFROM scratch AS Base"),
            CheckCase("FROM a\nFROM scratch\n# check=skip=StageNameCasing\nFROM scratch AS Base"),
        ]
    )
    func stageName(_ test: CheckCase) throws {
        #expect(try lines(of: "StageNameCasing", in: test.text) == test.lines)
    }

    @Test(
        "FromAsCasing: FROM and AS of one line differ, unless FROM is mixed itself",
        arguments: [
            CheckCase("FROM scratch as a\nfrom scratch AS b\nFROM scratch As c", 1, 2, 3),
            CheckCase("FROM scratch AS a\nfrom scratch as b\nFrom scratch as c"),
        ]
    )
    func asKeyword(_ test: CheckCase) throws {
        #expect(try lines(of: "FromAsCasing", in: test.text) == test.lines)
    }

    @Test(
        "ConsistentInstructionCasing: against the majority, capitals at a draw",
        arguments: [
            CheckCase("FROM scratch\ncopy a /a\nCOPY b /b", 2),
            CheckCase("from scratch\nCOPY a /a\ncopy b /b", 2),
            CheckCase("FROM scratch\ncopy a /a", 2),
            CheckCase("From scratch\nFROM scratch", 1),
            CheckCase("FROM scratch\nRUN <<EOF\nrun\nEOF"),
            CheckCase("from scratch\ncopy a /a"),
        ]
    )
    func majority(_ test: CheckCase) throws {
        #expect(try lines(of: "ConsistentInstructionCasing", in: test.text) == test.lines)
    }

    @Test(
        "DuplicateStageName: at the later one, whatever the letter case",
        arguments: [
            CheckCase("FROM scratch AS b\nFROM scratch AS B", 2),
            CheckCase("FROM scratch AS a\nFROM scratch AS b"),
        ]
    )
    func duplicates(_ test: CheckCase) throws {
        #expect(try lines(of: "DuplicateStageName", in: test.text) == test.lines)
    }

    @Test(
        "ReservedStageName: scratch and context",
        arguments: [
            CheckCase("FROM scratch AS scratch\nFROM scratch AS Context", 1, 2),
            CheckCase("FROM scratch\nFROM scratch AS a"),
        ]
    )
    func reserved(_ test: CheckCase) throws {
        #expect(try lines(of: "ReservedStageName", in: test.text) == test.lines)
    }

    @Test(
        "MaintainerDeprecated: also in stages that are not built",
        arguments: [
            CheckCase("FROM scratch\nMAINTAINER me\nFROM scratch", 2),
            CheckCase("FROM scratch\nLABEL maintainer=me"),
            CheckCase("FROM scratch\n# check=skip=MaintainerDeprecated\nMAINTAINER me"),
        ]
    )
    func maintainer(_ test: CheckCase) throws {
        var settings = CheckSettings()
        settings.purpose = .build
        #expect(try lines(of: "MaintainerDeprecated", in: test.text, settings) == test.lines)
    }

    @Test(
        "InvalidDefinitionDescription: the last comment above ARG or a named stage, only if asked for",
        arguments: [
            CheckCase("# check=experimental=all\n# bar is it\nARG foo=1\n# BasE is it\nFROM scratch AS base", 3, 5),
            CheckCase("# check=experimental=InvalidDefinitionDescription\nFROM a\n# no name\nARG a=1 b=2", 4),
            CheckCase("# check=skip=all;experimental=all\n# foo is it\nARG foo=1\n# x\n#\nFROM scratch AS b"),
            CheckCase("# check=experimental=all\n# remark\nFROM scratch\n# b is it\nARG a=1 b=2\n# x\nCOPY a /"),
            CheckCase("# remark\nARG foo=1\n# remark\nFROM scratch AS base"),
        ]
    )
    func descriptions(_ test: CheckCase) throws {
        #expect(try lines(of: "InvalidDefinitionDescription", in: test.text) == test.lines)
    }

    @Test(
        "NoEmptyContinuation: an empty line inside an instruction",
        arguments: [
            CheckCase("FROM scratch\nCOPY a \\\n\n/a", 4),
            CheckCase("FROM scratch\nCOPY a \\\n# remark\n/a"),
            CheckCase("# check=skip=NoEmptyContinuation\nFROM scratch\nCOPY a \\\n\n/a"),
        ]
    )
    func continuation(_ test: CheckCase) throws {
        #expect(try lines(of: "NoEmptyContinuation", in: test.text) == test.lines)
    }
}
