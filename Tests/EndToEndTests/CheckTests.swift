import Bytes
import Glibc
import Testing

/// What a Dockerfile answers without a build (Docs/Dockerfile.md, "Checks" and "Asking a Dockerfile").
@Suite("Asking a Dockerfile", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct CheckTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    private func ask(_ dockerfile: String, _ arguments: [String]) throws -> Outcome {
        try work.write("Dockerfile", dockerfile)
        return try Program([Tool.path] + arguments + [work.context], environment: work.environment).finish()
    }

    @Test("check answers on standard output, with exit code 0, 1 or 3, and makes no state root")
    func check() throws {
        let clean = try ask("FROM scratch\nCOPY a /\n", ["check"])
        #expect(clean.status == 0)
        #expect(clean.output == "Check complete, no warnings found.\n")
        for words in [["check"], ["build", "--check"], ["--call=check"], ["check", "--format=sarif"]] {
            let found = try ask("FROM scratch\nMAINTAINER x\n", words)
            #expect(found.status == 1, "\(words)")
            #expect(found.output.contains("MaintainerDeprecated"), "\(words)")
            #expect(found.error.isEmpty, "\(words)")
        }
        let wrong = try ask("FROM scratch\nRUNN x\n", ["check", "--format", "json"])
        #expect(wrong.status == 3)
        #expect(wrong.output.contains("buildError"))
        #expect(access(work.state, F_OK) != 0)
    }

    @Test("--call=check,ignorestatus=true ends with 0 whatever is found, but not where the file is wrong")
    func ignoredStatus() throws {
        let found = try ask("FROM scratch\nMAINTAINER x\n", ["--call=check,ignorestatus=true"])
        #expect(found.status == 0)
        #expect(found.output.contains("MaintainerDeprecated"))
        #expect(try ask("FROM scratch\nRUNN x\n", ["--call=check,ignorestatus=true"]).status == 3)
    }

    @Test("a quiet build tells no warnings; --metadata-file holds them with rule, page and lines")
    func quiet() throws {
        try work.write("Dockerfile", "FROM scratch\nMAINTAINER x\n")
        let file = work.path + "/metadata.json"
        let told = try run(
            Tool.path,
            "build",
            "-q",
            "--metadata-file",
            file,
            work.context,
            environment: work.environment
        )
        #expect(told.error.isEmpty)
        let metadata = try JSONValue(parsing: readFile(file))
        let warning = try #require(metadata["buildx.build.warnings"]?.array?.first)
        #expect(warning["level"] == 1)
        #expect(warning["url"] == "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/")
        #expect(warning["range"] == [["start": ["line": 2], "end": ["line": 2]]])
        #expect(warning["sourceInfo"]?["filename"] == "Dockerfile")
    }

    @Test("a build of a file with a mistake tells what the checks find above it")
    func unparsed() throws {
        let failed = try work.tryBuild("FROM alpine AS Base\nMAINTAINER x\nBADCMD\nMAINTAINER y\n")
        #expect(failed.status == 3)
        #expect(failed.error.contains(" 2 warnings found:\n - StageNameCasing: "))
    }

    @Test("a build that cannot be lowered tells what the checks find, too")
    func unlowered() throws {
        let failed = try work.tryBuild("FROM --platform=$BULIDPLATFORM scratch\n")
        #expect(failed.status == 3)
        #expect(failed.error.contains("(did you mean BUILDPLATFORM?) (line 1)"))
    }

    @Test("check knows the variables of a base image that is given as a layout")
    func base() throws {
        let text = "FROM busybox:1\nCOPY $OTHER /\n"
        let flag = BaseImage.flag.replacing("busybox=", with: "busybox:1=")
        #expect(try ask(text, ["check", flag]).output.contains("UndefinedVar"))
        #expect(try ask(text, ["check"]).status == 0, "an image that is not known may have set it")
    }

    @Test("dockerfile parse prints the instructions, and fails with 3 and the line")
    func parse() throws {
        let file = try work.write("Dockerfile", "FROM scratch\nCOPY <<X /\ntext\nX\n")
        let parsed = try run(Tool.path, "dockerfile", "parse", file, environment: work.environment)
        #expect(parsed.output.contains("\"content\": \"text\\n\""))
        try work.write("Dockerfile", "FROM scratch\nCOPY <<X /\ntext\n")
        let wrong = try run(Tool.path, "dockerfile", "parse", file, environment: work.environment, mayFail: true)
        #expect(wrong.status == 3)
        #expect(wrong.output.isEmpty)
        #expect(wrong.error.contains("Dockerfile:2") && wrong.error.contains("ERROR: unterminated heredoc"))
    }

    @Test("a build tells once that a base is for another platform than the one asked for")
    func platform() throws {
        let told = try work.build("FROM --platform=linux/s390x busybox\nLABEL a=b\n")
        #expect(told.error.ranges(of: "expected \"linux/s390x\" for current build").count == 1, "\(told.error)")
    }

    @Test("a build tells what the checks find, and with error=true ends with 1 before any step")
    func build() throws {
        let text = "FROM busybox\nMAINTAINER x\nRUN echo ran\n"
        let told = try work.build(text)
        #expect(told.printed == "ran")
        let line = " - MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)\n"
        #expect(told.error.contains("\n 1 warning found:\n\(line)"))
        let failed = try work.tryBuild("# check=error=true\n" + text, ["--no-cache"])
        #expect(failed.status == 1)
        #expect(failed.printed.isEmpty)
        #expect(failed.error.contains("ERROR: failed to build: lint violation found for rules: MaintainerDeprecated"))
    }
}
