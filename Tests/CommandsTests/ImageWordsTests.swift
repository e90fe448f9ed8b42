import BuildEngine
import Bytes
import OCI
import Reports
import Testing

@testable import Commands

@Suite("The words of the commands for images")
struct ImageWordsTests {
    private func words(_ text: String) -> [ByteString] { text.split(separator: " ").map { ByteString($0) } }

    @Test(
        "mean to this program what they mean to docker",
        arguments: [
            ("images", "images"), ("images -aq app", "images --all --quiet -- app"),
            ("images -f dangling=true --no-trunc=false", "images --filter dangling=true"),
            ("images --format={{.ID}}", "images --format {{.ID}}"), ("image ls -q", "images --quiet"),
            ("image list", "images"), ("image rm -f a b", "rmi --force -- a b"), ("image remove a", "rmi -- a"),
            ("image inspect a", "inspect --type image -- a"),
            ("inspect -sf json a", "inspect --size --format json -- a"),
            ("history -H=false a", "history --no-human -- a"), ("history -H a", "history --human -- a"),
            ("image history -q a", "history --quiet -- a"), ("tag a b", "tag -- a b"),
            ("save -oout a", "save --output out -- a"),
            ("load -qi in", "load --quiet --input in"),
            ("import -c CMD -m x - a", "import --change CMD --message x -- - a"),
            ("image build .", "build -- ."), ("image", "image"), ("image foo", "image foo"),
            ("images -h", "images --help"),
        ]
    )
    func normalized(_ line: String, _ normalized: String) throws {
        #expect(try CommandWords(words(line)).normalized == words(normalized))
    }

    @Test(
        "are refused where they cannot be understood",
        arguments: [
            "images --tree", "images -z", "images --fromat x", "save --platform linux/arm64 a", "rmi --platform x a",
            "save -o",
            "history --human=maybe a", "tag -f a b",
        ]
    )
    func refused(_ line: String) {
        #expect(throws: UsageError.self) { try CommandWords(words(line)) }
    }

    @Test(
        "are wrong use before the store is opened",
        arguments: [
            "images --filter dangling", "images --filter dangling=maybe", "images --filter foo=bar", "images a b",
            "images --filter until=xx", "inspect", "inspect --type container a", "inspect --type foo a", "rmi", "save",
            "tag a",
            "tag a B", "images --format {{.ID", "inspect -f {{.Id a", "image prune", "image foo", "import",
            "import x B",
            "import ftp://x", "import --platform / x", "tag a b@sha256:\(String(repeating: "0", count: 64))",
        ]
    )
    func wrongUse(_ line: String) async {
        let root: ByteString = "/proc/nowhere"
        let environment: [ByteString: ByteString] = ["SWIFT_BUILD_IMAGE_ROOT": root]
        #expect(await Program.run(words(line), environment: environment) == .wrongUse)
    }

    @Test("name filters with docker's meaning")
    func filters() throws {
        #expect(try FilterOption("dangling=1").filter == .dangling(true))
        #expect(try FilterOption("label=a").filter == .label("a", value: nil))
        #expect(try FilterOption("label=a=b=c").filter == .label("a", value: "b=c"))
        #expect(try FilterOption("label!=a=b").filter == .withoutLabel("a", value: "b"))
        #expect(try FilterOption("BEFORE=x").filter == .before("x"))
        #expect(try FilterOption("until=2026-01-02").filter == .until(Timestamp("2026-01-02T00:00:00Z")))
        #expect(try FilterOption("until=1700000000").filter == .until(Timestamp(seconds: 1_700_000_000) ?? .epoch))
        guard case .until(let time) = try FilterOption("until=1h30m").filter else {
            Issue.record("an age is no time")
            return
        }
        #expect(abs(HumanFigures.now.seconds - 5400 - time.seconds) < 60)
    }
}

@Suite("What inspect shows")
struct InspectionDocumentTests {
    private func lines(_ config: ContainerConfig) throws -> [String] {
        var image = ImageConfig(platform: Platform(os: "linux", architecture: "arm64", variant: "v8"))
        image.config = config
        let id = try Digest("sha256:" + String(repeating: "a", count: 64))
        let names = [try Reference("app:1"), try Reference("ghcr.io/a/b")]
        let summary = ImageSummary(
            id: id,
            manifest: Descriptor(mediaType: .ociManifest, digest: id, size: 1),
            names: names,
            digests: [],
            created: nil,
            size: 5
        )
        let value = InspectionDocument(ImageInspection(summary: summary, config: image, lastTagged: nil)).value
        var writer = JSONWriter(indentation: 1, escapesHTML: false)
        writer.write(value.json)
        return String(decoding: writer.bytes, as: UTF8.self).split(separator: "\n").map {
            String($0.drop { $0 == " " })
        }
    }

    @Test("has docker's members in docker's order, without those that docker leaves out")
    func members() throws {
        let keys = try lines(ContainerConfig()).compactMap { line -> String? in
            guard line.hasPrefix("\""), let end = line.dropFirst().firstIndex(of: "\"") else { return nil }
            return String(line[line.index(after: line.startIndex)..<end])
        }
        let config = [
            "Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin",
            "StdinOnce",
            "Env", "Cmd", "Image", "Volumes", "WorkingDir", "Entrypoint", "OnBuild", "Labels",
        ]
        #expect(
            keys == [
                "Id", "RepoTags", "app:1", "ghcr.io/a/b:latest", "RepoDigests", "Parent", "Comment", "Created",
                "Container",
                "ContainerConfig",
            ] + config + ["DockerVersion", "Author", "Config"] + config + [
                "Architecture", "Variant", "Os", "Size", "VirtualSize", "GraphDriver", "Data", "Name", "RootFS", "Type",
                "Metadata", "LastTagTime",
            ]
        )
    }

    @Test("has what a config says")
    func config() throws {
        var config = ContainerConfig()
        config.exposedPorts = ["80/tcp"]
        config.healthcheck = Healthcheck(test: ["CMD-SHELL", "true"], interval: .seconds(5), retries: 3)
        config.shell = ["/bin/x"]
        config.labels = ["a": "<b>"]
        let lines = try lines(config)
        for line in ["\"80/tcp\": {}", "\"Interval\": 5000000000,", "\"Retries\": 3", "\"Shell\": [", "\"a\": \"<b>\""]
        {
            #expect(lines.contains(line), "\(line)")
        }
    }
}
