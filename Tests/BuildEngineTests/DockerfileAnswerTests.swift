import BuildEngine
import Bytes
import Dockerfile
import Glibc
import OCI
import Testing

/// What a Dockerfile answers without being built: nothing here needs root or makes a state root.
@Suite("Answers of a Dockerfile")
struct DockerfileAnswerTests {
    let project: Project

    init() throws { project = try Project() }

    private func answer(
        _ question: DockerfileQuestion,
        _ dockerfile: String,
        as format: DockerfileAnswer.Format = .text,
        _ change: (inout BuildRequest) -> Void = { _ in }
    ) async throws -> DockerfileAnswer {
        var request = try project.request(dockerfile)
        change(&request)
        return try await DockerfileAnswer(to: question, about: request, as: format, version: "1.2.3")
    }

    @Test("check is 0 with nothing found, 1 with something, 3 for a file that does not parse, whatever the form")
    func exitCodes() async throws {
        for format in DockerfileAnswer.Format.allCases {
            #expect(try await answer(.check, "FROM scratch\n", as: format).exitCode == 0)
            let found = try await answer(.check, "FROM scratch\nMAINTAINER x\n", as: format)
            #expect(found.exitCode == 1)
            #expect(found.text.contains("MaintainerDeprecated"))
            let wrong = try await answer(.check, "FROM scratch\nRUNN x\n", as: format)
            #expect(wrong.exitCode == 3)
            #expect(wrong.text.contains("RUNN"))
        }
        #expect(!project.isThere(project.state))
    }

    @Test("check reads the ignore file, and skips what the file, a comment or the build argument says")
    func configuration() async throws {
        try project.write(".dockerignore", "secret\n")
        let text = "FROM scratch\nCOPY secret /\n"
        #expect(try await answer(.check, text).text.contains("CopyIgnoredFile"))
        #expect(try await answer(.check, "# check=skip=CopyIgnoredFile\n" + text).exitCode == 0)
        #expect(try await answer(.check, "FROM scratch\n# check=skip=all\nCOPY secret /\n").exitCode == 0)
        let argument = try await answer(.check, text) { $0.buildArguments = ["BUILDKIT_DOCKERFILE_CHECK": "skip=all"] }
        #expect(argument.exitCode == 0)
    }

    @Test("a configuration of the checks that cannot be read is an error of the file")
    func malformedConfiguration() async throws {
        #expect(try await answer(.check, "# check=bogus\nFROM scratch\n").exitCode == 3)
    }

    @Test("a target that is not there fails with 3, a missing Dockerfile with 4")
    func failures() async throws {
        let target = await failure { _ = try await answer(.outline, "FROM scratch AS a\n") { $0.target = "b" } }
        #expect(target?.exitCode == 3)
        let missing = await failure { _ = try await answer(.check, "") { $0.dockerfile = .file("/absent/x") } }
        #expect(missing?.exitCode == 4)
    }

    @Test("outline and targets tell arguments and stages")
    func outline() async throws {
        let text = "FROM scratch AS a\nARG COLOUR=red\nFROM a AS b\nRUN --mount=type=secret,id=token x\n"
        let outline = try await answer(.outline, text)
        #expect(outline.text.contains("COLOUR") && outline.text.contains("red") && outline.text.contains("token"))
        #expect(try await answer(.targets, text).text.contains("b (default)"))
        #expect(try JSONValue(parsing: Array(try await answer(.targets, text, as: .json).text.utf8)).object != nil)
    }

    @Test("instructions are told as JSON; an open heredoc fails with 3 and its line")
    func instructions() async throws {
        try project.write("Dockerfile", "FROM scratch\nLABEL a=b\n")
        let path = ByteString(project.context + "/Dockerfile")
        let document = try JSONValue(parsing: Array(try await DockerfileAnswer(instructionsOf: .file(path)).text.utf8))
        #expect(document.object?["escape"]?.string == "\\")
        #expect(document.object?["instructions"]?.array?.count == 2)
        try project.write("Dockerfile", "FROM scratch\nRUN <<EOF\n")
        let open = await failure { _ = try await DockerfileAnswer(instructionsOf: .file(path)) }
        #expect(open?.exitCode == 3)
        #expect(open?.range?.first == 2)
    }
}

@Suite("Checks in a build", .enabled(if: isRoot), .timeLimit(.minutes(20)))
struct BuildCheckTests {
    let project: Project

    init() throws { project = try Project() }

    @Test("are told as warnings, once each, and fail it where the file says so")
    func warnings() async throws {
        let engine = try project.engine()
        let text = "FROM scratch AS Big\nLABEL a=b \\\n\n  c=d\nMAINTAINER x\n"
        let result = try await engine.build(project.request(text, .cacheOnly))
        let rules = result.warnings.map { $0.text.prefix { $0 != ":" } }
        #expect(rules == ["StageNameCasing", "NoEmptyContinuation", "MaintainerDeprecated"])
        let error = await failure {
            _ = try await engine.build(project.request("# check=error=true\n" + text, .cacheOnly))
        }
        #expect(error?.exitCode == 1)
        #expect(error?.message.contains("MaintainerDeprecated, NoEmptyContinuation, StageNameCasing") == true)
        let skipping = try await engine.build(project.request("# check=skip=all;error=true\n" + text, .cacheOnly))
        #expect(skipping.warnings.isEmpty)
    }

    @Test("fail it with 3 where their configuration cannot be read")
    func configuration() async throws {
        let engine = try project.engine()
        let error = await failure {
            _ = try await engine.build(project.request("# check=x\nFROM scratch\n", .cacheOnly))
        }
        #expect(error?.exitCode == 3)
        #expect(error?.range?.first == 1)
    }
}
