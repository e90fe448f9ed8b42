import Bytes
import Dockerfile
import Testing

@Suite("The configuration of checks")
struct CheckConfigurationTests {
    @Test("reads its options in any order, with blanks around them")
    func options() throws {
        let read = try CheckConfiguration(parsing: " error = true ; skip = A , B;experimental=all ")
        #expect(read.failsBuild)
        #expect(read.skipped == .names(["A", "B"]))
        #expect(read.experimental == .all)
        #expect(try CheckConfiguration(parsing: "skip=all").skipped == .all)
        #expect(try CheckConfiguration(parsing: " ") == CheckConfiguration())
        #expect(try CheckConfiguration(parsing: "error=f").failsBuild == false)
    }

    @Test(
        "refuses what it does not know, at the directive's line",
        arguments: ["skip", "warn=all", "error=yes", "a;b"]
    )
    func wrong(_ text: String) throws {
        #expect(throws: DockerfileError.self) { try CheckConfiguration(parsing: ByteString(text)) }
        let file = try parse("# syntax=x\n# check=\(text)\nFROM a")
        #expect {
            try CheckConfiguration(of: file, buildArguments: [:])
        } throws: {
            ($0 as? DockerfileError)?.range?.first == 2
        }
    }

    @Test("of the build argument replaces that of the file, even an empty one")
    func argument() throws {
        let file = try parse("# check=skip=all;error=true\nFROM a")
        let read = { (argument: ByteString?) in
            try CheckConfiguration(of: file, buildArguments: argument.map { ["BUILDKIT_DOCKERFILE_CHECK": $0] } ?? [:])
        }
        #expect(try read(nil).skipped == .all)
        #expect(try read(nil).failsBuild)
        #expect(try read("skip=A") == CheckConfiguration(parsing: "skip=A"))
        #expect(try read("") == CheckConfiguration())
        #expect(throws: DockerfileError.self) { try read("x") }
    }

    @Test("skips experimental rules unless they are asked for; skip does not reach them")
    func experimental() throws {
        let rule = try #require(CheckRule.named("InvalidDefinitionDescription"))
        #expect(!CheckConfiguration().allows(rule))
        #expect(try CheckConfiguration(parsing: "skip=all;experimental=InvalidDefinitionDescription").allows(rule))
    }

    @Test("with error=true names the rules that fail the build")
    func fails() throws {
        let text = "FROM scratch as base\ncopy a /\ncopy b /"
        let run = { (options: String) in
            DockerfileChecks.run(try checkRequest("# check=\(options)\n" + text)).failedRules
        }
        #expect(try run("error=true") == ["ConsistentInstructionCasing", "FromAsCasing"])
        #expect(try run("error=true;skip=ConsistentInstructionCasing") == ["FromAsCasing"])
        #expect(try run("error=true;skip=all") == [])
        #expect(try run("error=false") == [])
    }

    @Test("of a comment counts for its instruction only, and is ignored if it cannot be read")
    func comments() throws {
        let rest = "\nENV password=x\nENV token=y"
        let found = { (comment: String) in
            try lines(of: "SecretsUsedInArgOrEnv", in: "FROM scratch\n# remark\n# \(comment)" + rest)
        }
        #expect(try found("check=skip=SecretsUsedInArgOrEnv") == [5])
        #expect(try found("Check = skip=all because it is a test") == [5])
        #expect(try found("check=skip") == [4, 5])
        #expect(try found("checked=skip=all") == [4, 5])
        #expect(try found("check=error=true") == [4, 5])
    }

    @Test("has all rules of BuildKit, each with its page but for one")
    func rules() {
        let rules = CheckRule.all.filter(\.isBuildKits)
        #expect(rules.count == 22)
        #expect(rules.filter { $0.url == nil }.map(\.name) == ["InvalidBaseImagePlatform"])
        #expect(Set(CheckRule.all.map(\.name)).count == CheckRule.all.count)
        #expect(CheckRule.named("JSONArgsRecommended")?.url?.hasSuffix("/rule/json-args-recommended/") == true)
    }
}
