internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Store
internal import Testing

/// An index that the program of version 1 made (Fixtures/store/index-1.sqlite): a delta with diffID, and three names, two
/// of one image whose documents are these, one of an image that is lost.
@Suite("An index of version 1")
struct MigrationTests {
    let root: TemporaryRoot

    private static let config = """
        {"created":"2026-01-02T03:04:05.5Z","architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers",\
        "diff_ids":["sha256:dc1955c54aa05e7c0441e305a828b02a8c8770c198d40e03a508df3522fe9030"]}}
        """
    private static let manifest = """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":\
        "application/vnd.oci.image.config.v1+json","digest":\
        "sha256:a7f0aad8de734b4838b26a3ceeedbaa83e3e996aa2b900c12aa9f4d6e8acccab","size":198},"layers":[{"mediaType":\
        "application/vnd.oci.image.layer.v1.tar+gzip","digest":\
        "sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85","size":5}]}
        """

    init() throws {
        root = try TemporaryRoot()
        let content = try root.open().content
        _ = try content.store(Array(MigrationTests.config.utf8), mediaType: .ociConfig)
        _ = try content.store(Array(MigrationTests.manifest.utf8), mediaType: .ociManifest)
        let directory = try root.directory
        for name in try directory.names() where name.hasPrefix("index.sqlite") { try directory.removeFile(name) }
        let sources = ByteString(#filePath).split(separator: UInt8(ascii: "/")).dropLast(3).joined(separator: "/")
        let fixtures = try Directory.open(hostPath: sources + "/Fixtures/store")
        try root.overwrite(
            "index.sqlite",
            with: try fixtures.open("index-1.sqlite", flags: O_RDONLY).readAll(limit: 1 << 20)
        )
        let snapshot = try directory.directoryBeneath("snapshots").makeOrOpenDirectory(
            ByteString(String(repeating: "0", count: 31) + "1"),
            mode: 0o700
        )
        let fs = try snapshot.makeOrOpenDirectory("fs", mode: 0o755)
        let folder = try fs.makeOrOpenDirectory("folder", mode: 0o755)
        try folder.open("file", flags: O_WRONLY | O_CREAT, mode: 0o644).write(Array("0123456789".utf8))
        try fs.makeLink("same", to: "file", in: folder)
        try fs.makeSymlink("link", target: "target")
    }

    @Test("is brought up to date: names become images, and layers get a size")
    func migrates() throws {
        let state = try root.open()
        #expect(state.notes.isEmpty)
        let all = try state.images.all
        #expect(all.count == 1)
        let image = try #require(all.first)
        #expect(image.names.map(\.name) == ["docker.io/library/app:1", "docker.io/library/app:latest"])
        #expect(image.names.last?.given == FileTime(seconds: 1_700_000_001, nanoseconds: 7))
        #expect(image.image.config == Digest(of: Array(MigrationTests.config.utf8)))
        #expect(image.image.manifest.size == Int64(MigrationTests.manifest.utf8.count))
        #expect(image.image.created?.description == "2026-01-02T03:04:05.5Z")
        // Ten bytes of a file with two names, six of a link.
        #expect(image.image.plainSize == 16)
        #expect(try state.images.layers(of: image.image.manifest.digest).count == 1)
    }

    @Test("has the tables of all later versions then")
    func laterTables() throws {
        let state = try root.open()
        let (blob, request) = (Digest(of: [1]), hash("request"))
        #expect(try state.downloads.find(request) == nil)
        try state.downloads.put(.init(digest: blob, etag: "1", modified: nil, comparesTime: false), for: request)
        #expect(try root.open().downloads.find(request)?.digest == blob)
        #expect(try !state.images.isVerified(blob, diffID: blob))
    }

    @Test("is brought up to date once, by whoever opens it first, and kept")
    func migratesOnce() throws {
        _ = try root.open()
        // SQLite's header: the user version, 4 bytes, most significant first (database file format, §1.3); the log of
        // the first connection may hold it yet.
        let state = try root.open()
        try state.putStep("a")
        #expect(try root.open().images.all.first?.image.plainSize == 16)
        #expect(try root.open().results.result(contentKey: hash("content of a")) != nil)
    }
}
