import Bytes
import Dockerfile
import Graph
import OCI
import Testing
import Trees

/// The findings of the checks of a build, rule and line.
private func findings(
    _ text: String,
    purpose: CheckRequest.Purpose = .check,
    platform: String? = nil,
    ignoring patterns: [ByteString]? = nil,
    config: ImageConfig? = nil
) throws -> [String] {
    let file = try DockerfileParser.parse(SourceText(content: ByteString(text)))
    var build = LoweringRequest(dockerfile: file)
    build.platform = try platform.map { try Platform(parsing: ByteString($0)) }
    let rules = try patterns.map { try IgnoreRules(patterns: $0) }
    let request = try CheckRequest(build, purpose: purpose, ignoreRules: rules) { name, _ in
        name == "image:1" ? config : nil
    }
    return DockerfileChecks.run(request).warnings.map { "\($0.rule.name) \($0.range.first)" }
}

@Suite("Checks of a build")
struct ChecksTests {
    @Test("know the platform that is asked for")
    func platforms() throws {
        let text = "FROM --platform=linux/arm64 scratch\nFROM --platform=$TARGETPLATFORM scratch"
        let found = try findings(text, purpose: .build, platform: "linux/arm64/v8")
        #expect(found == ["FromPlatformFlagConstDisallowed 1", "RedundantTargetPlatform 2"])
        #expect(try findings("FROM --platform=amd64 scratch AS linux_x", purpose: .build) == [])
    }

    @Test("know what an image's name is")
    func names() throws {
        let text = "ARG V\nFROM busybox:$V AS a\nFROM busybox:1$V AS b\nFROM Busy"
        #expect(try findings(text, purpose: .build) == ["InvalidDefaultArgInFrom 2", "InvalidDefaultArgInFrom 4"])
    }

    @Test(
        "know which sources are ignored; not of rules with exceptions",
        arguments: [
            (["Dockerfile", "*/tmp"], [2, 3, 4]), (["*"], [2, 3, 4, 5]), ([".*"], []), (["**", "!a"], []), ([], []),
        ] as [([ByteString], [Int])]
    )
    func ignored(_ patterns: [ByteString], _ lines: [Int]) throws {
        let text = "FROM scratch\nCOPY Dockerfile .\nADD ./Dockerfile /w\nCOPY x/tmp/f /\nCOPY . /\nCOPY ../out /"
        let expected = lines.map { "CopyIgnoredFile \($0)" }
        #expect(try findings(text, purpose: .build, ignoring: patterns) == expected)
    }

    @Test("know an image's variables, shell, triggers and platform")
    func base() throws {
        var config = ImageConfig(platform: try Platform(parsing: "linux/s390x"))
        config.config.env = ["NODE_VERSION=1", "EMPTY"]
        config.config.shell = ["/bin/bash", "-c"]
        config.config.onBuild = ["WORKDIR sub"]
        let text = "FROM image:1\nCOPY $NODE_VERSION$EMPTY /\nCOPY $OTHER /\nCMD x"
        let found = try findings(text, purpose: .build, platform: "linux/amd64", config: config)
        #expect(found == ["InvalidBaseImagePlatform 1", "WorkdirRelativePath 1", "UndefinedVar 3"])
        #expect(try findings(text, purpose: .build) == ["JSONArgsRecommended 4"])
    }

    @Test("refuse a configuration that cannot be read")
    func configuration() throws {
        #expect(throws: DockerfileError.self) { try findings("# check=warn\nFROM scratch") }
    }
}
