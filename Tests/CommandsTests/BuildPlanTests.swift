import BuildEngine
import Bytes
import OCI
import Reports
import Testing

@testable import Commands

@Suite("The flags of build")
struct BuildPlanTests {
    private func plan(_ words: [ByteString], _ environment: [ByteString: ByteString] = [:]) throws -> BuildPlan {
        let command = try #require(try Program.command(for: words) as? BuildCommand)
        return try BuildPlan(command, environment: environment)
    }

    @Test("are all found in the request")
    func everyFlag() throws {
        let plan = try plan([
            "-f", "sub/My.Dockerfile", "-t", "a", "--tag=b:c", "--build-arg", "X=1", "--build-arg", "Y=a=b",
            "--target", "base", "--platform", "linux/arm64/v8", "--label", "k=v", "--label", "empty",
            "--build-context", "Other=dir", "--no-cache", "--network", "none", "--progress", "plain",
            "-o", "type=cacheonly", "--iidfile", "id", "--metadata-file", "meta.json", "ctx",
        ])
        let request = plan.request
        #expect(request.context == "ctx")
        #expect(request.dockerfile == .file("sub/My.Dockerfile"))
        #expect(request.names.map(\.familiar) == ["a:latest", "b:c"])
        #expect(request.buildArguments == ["X": "1", "Y": "a=b"])
        #expect(request.target == "base")
        #expect(request.platform?.text == "linux/arm64")
        #expect(request.labels == ["k": "v", "empty": ""])
        #expect(request.namedContexts == ["other": .folder("dir")])
        #expect(request.ignoresCache)
        #expect(request.network == .none)
        #expect(request.outputs == [.cacheOnly])
        #expect(plan.progress == .plain)
        #expect(plan.imageIDFile?.path == "id")
        #expect(plan.metadataFile?.path == "meta.json")
    }

    struct Outputs: CustomTestStringConvertible {
        let words: [ByteString]
        let outputs: [BuildRequest.Output]
        var testDescription: String { words.map(\.text).joined(separator: " ") }
    }

    @Test(
        "--push, --load and --annotation make of the outputs what buildx makes of them",
        arguments: [
            Outputs(words: ["--push"], outputs: [.image(.init(isPushed: true))]),
            Outputs(words: ["--load"], outputs: [.image(.init())]),
            Outputs(words: ["--push", "-o", "type=image"], outputs: [.image(.init(isPushed: true))]),
            Outputs(words: ["--load", "-o", "type=image"], outputs: [.image(.init())]),
            Outputs(words: ["--load", "--push"], outputs: [.image(.init(isPushed: true))]),
            Outputs(words: ["--push", "-o", "d"], outputs: [.folder("d"), .image(.init(isPushed: true))]),
            Outputs(words: ["-o", "d", "-o", "type=tar,dest=t"], outputs: [.folder("d"), .tar("t")]),
        ]
    )
    func outputs(_ row: Outputs) throws {
        #expect(try plan(row.words + ["."]).request.outputs == row.outputs)
    }

    @Test("annotations reach every image, of the place and platform that they name")
    func annotations() throws {
        let words: [ByteString] = ["--annotation", "a=b=c", "--annotation", "index,manifest[linux/arm64]:k=v"]
        let expected = try [
            BuildRequest.Annotation("a", "b=c"), .init("k", "v", place: .index),
            .init("k", "v", platform: Platform(parsing: "linux/arm64")),
        ]
        #expect(try plan(words + ["."]).request.outputs.map { $0.settings?.annotations } == [expected])
        let several = try plan(words + ["-o", "type=oci,dest=x,annotation.z=1", "-o", "d", "."]).request.outputs
        #expect(several.map { $0.settings?.annotations } == [[.init("z", "1")] + expected, nil])
        for text in ["a", "=b", "what:a=b", "index[x/y/z/w]:a=b"] as [ByteString] {
            #expect(throws: UsageError.self) { try plan(["--annotation", text, "."]) }
        }
    }

    @Test("leave everything as it is when there are none")
    func defaults() throws {
        let plan = try plan(["."])
        #expect(plan.request.dockerfile == nil)
        #expect(plan.request.network == .default)
        #expect(plan.request.outputs.isEmpty)
        #expect(!plan.request.ignoresCache)
        #expect(plan.progress == .auto)
    }

    @Test("a build argument without a value takes the environment's, and is not set where that has none")
    func argumentOfEnvironment() throws {
        let plan = try plan(["--build-arg", "A", "--build-arg", "B", "--build-arg", "C=", "."], ["A": "x", "C": "y"])
        #expect(plan.request.buildArguments == ["A": "x", "C": ""])
        let twice = try self.plan(["--build-arg", "A=1", "--build-arg", "A", "."])
        #expect(twice.request.buildArguments == ["A": "1"])
    }

    @Test("the platform is the environment's default where none is given, as for docker")
    func defaultPlatform() throws {
        let environment: [ByteString: ByteString] = ["DOCKER_DEFAULT_PLATFORM": "linux/arm64"]
        #expect(try plan(["."], environment).request.platform?.architecture == "arm64")
        #expect(
            try plan(["--platform", "linux/riscv64", "."], environment).request.platform?.architecture == "riscv64"
        )
        #expect(try plan(["."], ["DOCKER_DEFAULT_PLATFORM": ""]).request.platform == nil)
    }

    @Test("SOURCE_DATE_EPOCH of the environment is a build argument, unless it is given")
    func epoch() throws {
        let environment: [ByteString: ByteString] = ["SOURCE_DATE_EPOCH": "1"]
        #expect(try plan(["."], environment).request.buildArguments == ["SOURCE_DATE_EPOCH": "1"])
        let given = try plan(["--build-arg", "SOURCE_DATE_EPOCH=2", "."], environment)
        #expect(given.request.buildArguments == ["SOURCE_DATE_EPOCH": "2"])
    }

    @Test("values are bytes, also those that are not UTF-8 or begin with a dash")
    func bytes() throws {
        let latin = ByteString([0x58, 0x3D, 0xE9])
        let plan = try plan(["--build-arg", latin, "--build-arg", "-x=-", "--", ByteString([0x2D, 0xFF])])
        #expect(plan.request.buildArguments == ["X": ByteString([0xE9]), "-x": "-"])
        #expect(plan.request.context == ByteString([0x2D, 0xFF]))
    }

    @Test("a Dockerfile may come from standard input")
    func standardInput() throws {
        #expect(try plan(["-f", "-", "."]).request.dockerfile == .standardInput)
    }

    @Test(
        "progress comes from the flag, from -q, or from BUILDKIT_PROGRESS",
        arguments: [
            (["--progress=tty"], "plain", ProgressStyle.tty), ([], "plain", .plain), (["-q"], "plain", .quiet),
            (["-q", "--progress=auto"], nil, .quiet), (["--progress", "quiet"], nil, .quiet), ([], "", .auto),
        ] as [([ByteString], ByteString?, ProgressStyle)]
    )
    func progress(_ flags: [ByteString], _ variable: ByteString?, _ style: ProgressStyle) throws {
        #expect(try plan(flags + ["."], variable.map { ["BUILDKIT_PROGRESS": $0] } ?? [:]).progress == style)
    }

    @Test(
        "are refused where they make no sense",
        arguments: [
            [], ["-"], ["https://example.com/a.git"], ["-f", "https://example.com/Dockerfile", "."],
            ["-t", "Upper", "."],
            ["--build-arg", "=x", "."], ["--label", "=x", "."], ["--platform", "linux/amd64,linux/arm64", "."],
            ["--platform", "linux/bo/gus/x/y", "."], ["--network", "bridge", "."], ["--progress", "rawjson", "."],
            ["--progress", "loud", "."], ["-q", "--progress", "plain", "."],
            ["-o", "type=oci,dest=-", "-o", "type=oci,dest=-", "."],
        ] as [[ByteString]]
    )
    func refused(_ words: [ByteString]) {
        #expect(throws: UsageError.self) { try plan(words) }
    }

    @Test("a name that is given cannot be pinned to a digest")
    func pinnedName() {
        let pinned = "a@sha256:" + String(repeating: "0", count: 64)
        #expect(throws: UsageError.self) { try plan(["-t", ByteString(pinned), "."]) }
    }
}
