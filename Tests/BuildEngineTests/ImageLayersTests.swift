import BuildEngine
import Bytes
import Glibc
import OCI
import TestSupport
import Testing

/// Layers as a test writes them down, one entry a word:
/// `name=SIZE` a file, `name/` a directory, `name>target` a link, `name=target` with `!` before it a hard link.
private func layer(_ words: String) -> ArchiveTar {
    var tar = ArchiveTar()
    for word in words.split(separator: " ") {
        if word.hasPrefix("!") {
            let parts = word.dropFirst().split(separator: "=")
            tar.add(ByteString(parts[0]), kind: "1", link: ByteString(parts[1]))
        } else if word.contains(">") {
            let parts = word.split(separator: ">")
            tar.add(ByteString(parts[0]), kind: "2", link: ByteString(parts[1]), mode: 0o777)
        } else if word.hasSuffix("/") {
            tar.add(ByteString(word), kind: "5", mode: 0o755)
        } else {
            let parts = word.split(separator: "=")
            let size = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            tar.add(ByteString(parts[0]), [UInt8](repeating: 0x78, count: size))
        }
    }
    return tar
}

@Suite("The layers of an image")
struct ImageLayersTests {
    private let project: Project

    init() throws { project = try Project() }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var layers: [String]
        /// For each layer: files added, changed, removed, and bytes wasted.
        var counts: [[Int]]
        var least: Int
        var all: Int

        /// `efficiency`: the least bytes that would do, and all, worked out by hand.
        init(_ description: String, _ layers: [String], _ counts: [[Int]], efficiency: (Int, Int)) {
            testDescription = description
            self.layers = layers
            self.counts = counts
            (least, all) = efficiency
        }
    }

    private static let rows = [
        Row("one layer wastes nothing", ["a=100 d/ d/b=50"], [[2, 0, 0, 0]], efficiency: (150, 150)),
        Row("no layers", [], [], efficiency: (1, 1)),
        Row("a layer of nothing", ["a=1", ""], [[1, 0, 0, 0], [0, 0, 0, 0]], efficiency: (1, 1)),
        Row(
            "a file that is written twice counts with its least bytes",
            ["a=100 b=10", "a=300"],
            [[2, 0, 0, 100], [0, 1, 0, 0]],
            efficiency: (100 + 10, 400 + 10)
        ),
        Row(
            "a file that is removed",
            ["a=100 b=10", ".wh.a"],
            [[2, 0, 0, 100], [0, 0, 1, 0]],
            efficiency: (10, 110)
        ),
        Row(
            "a folder that is removed counts its bytes once more, as with dive",
            ["d/ d/a=100 d/b=20 c=5", ".wh.d"],
            [[3, 0, 0, 120], [0, 0, 2, 0]],
            efficiency: (125 + 120, 125 + 120)
        ),
        Row(
            "an opaque folder hides what is below and keeps what is beside it, whatever comes first",
            ["d/ d/a=100 d/b=20", "d/ d/a=7 d/.wh..wh..opq d/c=1"],
            [[2, 0, 0, 120], [1, 1, 1, 0]],
            efficiency: (7 + 20 + 1, 107 + 20 + 1)
        ),
        Row(
            "a whiteout hides only what is below",
            ["a=100", "a=5 .wh.a"],
            [[1, 0, 0, 100], [0, 1, 0, 0]],
            // dive sees the whiteout and the file as two.
            efficiency: (0, 105)
        ),
        Row(
            "a hard link has no bytes, and the content is wasted with its last name",
            ["a=100 !b=a", ".wh.a", ".wh.b"],
            [[2, 0, 0, 100], [0, 0, 1, 0], [0, 0, 1, 0]],
            efficiency: (0, 100)
        ),
        Row(
            "a hard link keeps the content of a layer below",
            ["a=100", "!b=a .wh.x", ".wh.a"],
            [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]],
            efficiency: (0, 100)
        ),
        Row(
            "a folder in place of a file, and a file in place of a folder",
            ["a=100 d/ d/x=30", "a/ a/y=1 d=2"],
            [[2, 0, 0, 130], [1, 1, 2, 0]],
            efficiency: (100 + 30 + 1 + 2, 100 + 30 + 1 + 2)
        ),
        Row(
            "entries behind a link are where it leads",
            ["usr/ usr/lib/ usr/lib/a=100 lib>usr/lib", "lib/a=50"],
            [[2, 0, 0, 100], [0, 1, 0, 0]],
            efficiency: (50, 150)
        ),
        Row(
            "a name that a layer has twice counts as its last",
            ["a=100 a=20"],
            [[1, 0, 0, 100]],
            efficiency: (20, 20)
        ),
        Row(
            "a folder that is told again counts nothing",
            ["d/ d/a=9", "d/"],
            [[1, 0, 0, 0], [0, 0, 0, 0]],
            efficiency: (9, 9)
        ),
        Row(
            "a whiteout of nothing, and what aufs leaves",
            ["a=9", ".wh.b .wh..wh.plnk"],
            [[1, 0, 0, 0], [0, 0, 0, 0]],
            efficiency: (9, 9)
        ),
    ]

    private func location(_ bytes: [UInt8], _ name: String = "image.tar") throws -> ImageLocation {
        try project.write(name, bytes)
        return .archive(ByteString(project.path + "/" + name), image: nil)
    }

    @Test("are counted with what they add, change, remove and waste", arguments: rows)
    func counts(_ row: Row) async throws {
        let image = try location(ArchiveTar.docker(row.layers.map(layer)))
        let found = try await project.engine().layers(of: image)
        let counts = found.layers.map { [$0.added.files, $0.changed.files, $0.removed.files, Int($0.wasted)] }
        #expect(counts == row.counts)
        #expect(found.efficiency == Double(row.least) / Double(row.all))
        #expect(found.wasted == found.wastedPaths.reduce(0) { $0 + $1.size })
    }

    @Test("carry the instructions of the history, the last ones for the last layers")
    func instructions() async throws {
        let time = try Timestamp("2026-01-02T03:04:05Z")
        let image = try location(
            ArchiveTar.docker(["a=10", "a=20", "b=30"].map(layer)) { config in
                config.history = [
                    HistoryEntry(createdBy: "RUN one"), HistoryEntry(createdBy: "ENV A=b", isEmptyLayer: true),
                    HistoryEntry(created: time, createdBy: "COPY two"),
                ]
            }
        )
        let found = try await project.engine().layers(of: image)
        #expect(found.layers.map(\.instruction) == ["", "RUN one", "COPY two"])
        #expect(found.layers.map(\.created) == [nil, nil, time])
        #expect(found.layers.map(\.number) == [1, 2, 3])
        #expect(found.layers[0].added == ImageLayers.FileCount(files: 1, size: 10))
        #expect(found.layers[1].changed == ImageLayers.FileCount(files: 1, size: 20))
        #expect(found.layers[0].plainSize == 2048 && found.plainSize == 3 * 2048)
        #expect(found.image.names.map(\.familiar) == ["app:1"])
        #expect(found.wastedPaths == [ImageLayers.WastedPath(path: "a", isDirectory: false, size: 10)])
    }

    @Test("show their trees with marks, and a folder that went with what it held")
    func files() async throws {
        let image = try location(
            ArchiveTar.docker(["d/ d/a=100 d/b=20 e/ e/x=7 e/s/ e/s/y=2 f=1", "d/ d/a=3 .wh.e f>d n/m/k=5"].map(layer))
        )
        let second = try await files(of: image, layer: 2)
        #expect(
            second == [
                "changed d/a file 3", "removed e directory 9 bytes of 2", "changed f symlink", "added n directory",
                "added n/m directory", "added n/m/k file 5",
            ]
        )
        #expect(try await files(of: image, layer: nil).count == 8 + 6)
        let failure = await failure { _ = try await files(of: image, layer: 3) }
        #expect(failure?.message == "\(project.path)/image.tar has no layer 3: it has 2")
        #expect(failure?.exitCode == 4)
    }

    private func files(of image: ImageLocation, layer: Int?) async throws -> [String] {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        try await project.engine().files(of: image, layer: layer) { files in
            for change in files.changes {
                let held = change.mark == .removed ? " \(change.removed.size) bytes of \(change.removed.files)" : ""
                let size = change.file.kind == .file ? " \(change.file.size)" : ""
                continuation.yield("\(change.mark) \(change.path) \(change.file.kind)\(size)\(held)")
            }
        }
        continuation.finish()
        return await stream.reduce(into: []) { $0.append($1) }
    }

    @Test("of a built image are found by its name and by the first digits of its id")
    func stored() async throws {
        guard geteuid() == 0 else { return print("not tested: building needs root") }
        try project.write("one", "1")
        var request = try project.request("FROM scratch\nCOPY one /one\n")
        request.names = [try Reference("app:1")]
        let engine = try project.engine()
        let result = try await engine.build(request)
        let id = try #require(result.configDigest)
        for word in ["app:1", "docker.io/library/app:1", String(id.hex.prefix(12)), id.hex] {
            let found = try await engine.layers(of: ImageLocation(ByteString(word)))
            #expect(found.image.id == id)
            #expect(found.layers.map(\.added.files) == [1])
        }
        let failure = await failure { _ = try await engine.layers(of: ImageLocation("127.0.0.1:1/nothing:1")) }
        #expect(failure?.message.contains("127.0.0.1:1/nothing") == true)
    }

    // MARK: Layers that lie

    struct Hostile: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var message: String
        var layer: @Sendable () -> ArchiveTar

        init(_ description: String, _ message: String, _ edit: @escaping @Sendable (inout ArchiveTar) -> Void) {
            testDescription = description
            self.message = message
            layer = {
                var tar = ArchiveTar()
                edit(&tar)
                return tar
            }
        }
    }

    private static let hostile = [
        Hostile("a name with `..`", "the archive's entry `../x` is refused: its path has `..`") { $0.add("../x") },
        Hostile(
            "a whiteout of `..`",
            "the archive's entry `a/.wh...` is refused: a whiteout of nothing in its directory"
        ) {
            $0.add("a/.wh...")
        },
        Hostile("a link to itself above a file", "a/b: too many levels of symbolic links") {
            $0.add("a", kind: "2", link: "a")
            $0.add("a/b/c", "x")
        },
        Hostile("a hard link to nothing", "/a: hard link to x: it is not there") { $0.add("a", kind: "1", link: "x") },
        Hostile("a hard link to a folder", "/a: hard link to d: it is a directory") {
            $0.add("d/", kind: "5")
            $0.add("a", kind: "1", link: "d")
        },
        Hostile(
            "a path of 1,025 levels",
            "the archive's entry `\(String(repeating: "a/", count: 32))` is refused: it is more than 1024 directories deep"
        ) {
            $0.addRecords([("path", ByteString(String(repeating: "a/", count: 1025)))])
            $0.add("x", kind: "5")
        },
    ]

    @Test("are refused when they lie, with the layer's number", arguments: hostile)
    func refused(_ row: Hostile) async throws {
        let image = try location(ArchiveTar.docker([layer("ok=1"), row.layer()]))
        let failure = await failure { _ = try await project.engine().layers(of: image) }
        let digest = Digest(of: row.layer().ended)
        #expect(failure?.message == "layer 2 of \(project.path)/image.tar (\(digest)): \(row.message)")
        #expect(failure?.exitCode == 4)
    }

    @Test("are refused when their bytes are not those of the diffID")
    func wrongDiffID() async throws {
        let image = try location(
            ArchiveTar.docker([layer("a=1")]) { $0.diffIDs = [Digest(of: Array("other".utf8))] }
        )
        let failure = await failure { _ = try await project.engine().layers(of: image) }
        #expect(failure?.message.contains("the layer's digest is \(Digest(of: layer("a=1").ended)), not ") == true)
    }
}
