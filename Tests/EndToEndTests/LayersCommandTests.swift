import Bytes
import Glibc
import OCI
import Testing

/// `layers` and `diff` on images of the store, and on what other tools made of them.
@Suite("Layers and differences", .enabled(if: Tool.canBuild), .timeLimit(.minutes(10)))
struct LayersCommandTests {
    let work: Workspace
    private let file = """
        FROM busybox
        COPY d /d
        RUN rm -r /d/gone && echo more > /d/kept && mkdir /new && ln -s /d/kept /new/link
        COPY --chmod=700 d/kept /d/kept
        """

    init() throws {
        work = try Workspace()
        try work.write("d/kept", "kept\n")
        try work.write("d/gone/one", String(repeating: "1", count: 1000))
        try work.write("d/gone/two", String(repeating: "2", count: 500))
    }

    private func tool(_ arguments: String...) throws -> Outcome {
        try Program([Tool.path] + arguments, environment: work.environment).finish()
    }

    private func json(_ arguments: String...) throws -> JSONValue {
        let outcome = try Program([Tool.path] + arguments + ["--format=json"], environment: work.environment).finish()
        guard outcome.status <= 1 else { throw DriverError(outcome.error) }
        return try JSONValue(parsing: outcome.standardOutput)
    }

    /// Files added, changed and removed by each layer above the base, and the bytes that are wasted of it.
    private func counts(_ image: String) throws -> [[Int64]] {
        (try json("layers", image)["layers"]?.array ?? []).suffix(3).map { layer in
            ["added", "changed", "removed"].map { layer[ByteString($0)]?["files"]?.integer ?? -1 }
                + [layer["wastedSize"]?.integer ?? -1]
        }
    }

    private let expected: [[Int64]] = [[3, 0, 0, 1505], [1, 1, 2, 5], [0, 1, 0, 0]]

    @Test("of a built image are counted, shown as trees, and told as JSON")
    func built() throws {
        try work.build(file, ["-t", "app:1"])
        #expect(try counts("app:1") == expected)
        let text = try tool("layers", "app:1")
        #expect(text.status == 0)
        let lines = text.output.split(separator: "\n")
        #expect(
            lines[1].split(separator: " ").joined(separator: " ")
                == "LAYER SIZE PACKED ADDED CHANGED REMOVED WASTED INSTRUCTION"
        )
        #expect(lines.contains { $0.hasPrefix("    4 ") && $0.hasSuffix("  COPY d /d") })
        #expect(text.output.contains("efficiency ") && text.output.contains(" 1.5kB  /d/gone/\n"))
        let tree = try tool("layers", "app:1", "--files", "5").output.split(separator: "\n").map(String.init)
        #expect(
            tree.dropFirst().map { $0.split(separator: " ").joined(separator: " ") } == [
                "d/", "- drwxr-xr-x 0:0 1.5kB gone/ (2 files)", "~ -rw-r--r-- 0:0 5B kept", "+ drwxr-xr-x 0:0 new/",
                "+ lrwxrwxrwx 0:0 link -> /d/kept",
            ]
        )
        let all = try tool("layers", "--files", "--format", "json", "app:1").output.split(separator: "\n")
        #expect(try all.map { try JSONValue(parsing: Array($0.utf8))["number"]?.integer } == [1, 2, 3, 4, 5, 6])
    }

    @Test(
        "are the same of what skopeo makes of the image",
        .enabled(if: Tool.has("skopeo", "gzip", for: "skopeo's archives"))
    )
    func skopeo() throws {
        let image = try work.image(file)
        try work.build(nil, ["-t", "x:latest"])
        let copies = [
            "docker-archive:\(work.path)/docker.tar:app:1", "oci-archive:\(work.path)/oci.tar:app:1",
            "oci:\(work.path)/layout:latest",
        ]
        for copy in copies { try run("skopeo", "copy", "-q", "--insecure-policy", "oci:\(image.folder):latest", copy) }
        try run("gzip", "-k", work.path + "/docker.tar")
        let places = [
            image.folder, work.path + "/docker.tar", work.path + "/docker.tar.gz",
            "docker-archive:\(work.path)/docker.tar:app:1",
            work.path + "/oci.tar", "oci-archive:\(work.path)/oci.tar:app:1", "oci:\(work.path)/layout:latest",
        ]
        for place in places {
            #expect(try counts(place) == expected, "\(place)")
            let difference = try tool("diff", "x:latest", place)
            #expect(difference.status == 0 && difference.output.hasSuffix("\nno differences\n"), "\(difference.output)")
        }
        let piped = try run(
            "sh",
            "-c",
            "cat '\(work.path)/docker.tar' | '\(Tool.path)' layers -",
            environment: work.environment
        )
        #expect(piped.output.hasPrefix("- (linux/amd64) \(image.manifest.config.digest)\n"))
        #expect(names(in: work.state).allSatisfy { !$0.hasPrefix("tmp") })
    }

    @Test("show what umoci changed in an image", .enabled(if: Tool.has("umoci", for: "umoci's layers")))
    func umoci() throws {
        let image = try work.image(file)
        let bundle = work.path + "/bundle"
        try run("umoci", "unpack", "--image", image.folder + ":latest", bundle)
        try run("rm", bundle + "/rootfs/d/kept")
        try run("chmod", "711", bundle + "/rootfs/new")
        try writeFile(bundle + "/rootfs/etc-new", Array("hello".utf8), mode: 0o644)
        try run("umoci", "repack", "--image", image.folder + ":changed", bundle)
        try run("umoci", "config", "--image", image.folder + ":changed", "--config.env", "A=b")
        #expect(try counts("archive:\(image.folder):changed").last == [1, 0, 1, 0])
        let difference = try json("diff", "archive:\(image.folder):latest", "archive:\(image.folder):changed")
        let files = difference["files"]?.array?.compactMap { $0["path"]?.string }
        #expect(files == ["/d/kept", "/etc-new", "/new"])
        #expect(difference["files"]?.array?.map { $0["aspects"] } == [[], [], ["mode"]])
        #expect(difference["sharedLayers"]?.integer == 6)
        let fields = difference["config"]?.array?.filter { $0["field"] == "Env" }.map { $0["right"] }
        #expect(fields == ["b"])
    }

    @Test("end with 1 for images that differ, 4 for what cannot be read, and 2 for wrong words")
    func exitCodes() throws {
        let image = try work.image(file)
        try work.build(nil, ["-t", "app:1"])
        try work.build(file + "\nENV A=b", ["-t", "app:2"])
        #expect(try tool("diff", "app:1", "app:1").status == 0)
        let different = try tool("diff", "app:1", "app:2")
        #expect(different.status == 1 && different.error.isEmpty)
        #expect(different.output.contains("  + Env A: b\n"))
        for words in [
            ["layers", "app:3"], ["layers", "./nothing"], ["diff", "app:1", "app:3"],
            ["layers", "app:1", "--files", "9"],
        ] {
            let outcome = try Program([Tool.path] + words, environment: work.environment).finish()
            #expect(outcome.status == 4 && outcome.output.isEmpty && outcome.error.hasPrefix("ERROR: "))
        }
        for words in [["layers"], ["layers", "app:1", "2"], ["layers", "app:1", "--format=xml"], ["diff", "app:1"]] {
            #expect(try Program([Tool.path] + words, environment: work.environment).finish().status == 2)
        }
        // A blob that was cut.
        let layer = try #require(image.layers.last)
        try run("truncate", "-s", "-1", "\(image.folder)/blobs/sha256/\(layer.hex)")
        let cut = try tool("layers", image.folder)
        #expect(cut.status == 4 && cut.error.contains("bytes instead of"))
    }
}
