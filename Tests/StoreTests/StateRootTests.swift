internal import Bytes
internal import Glibc
internal import Linux
internal import Store
internal import Testing

@Suite("A state root")
struct StateRootTests {
    let root: TemporaryRoot

    init() throws { root = try TemporaryRoot() }

    @Test("is made with its folders, for its owner alone")
    func isMade() throws {
        let state = try root.open()
        #expect(state.notes.isEmpty)
        let names = try root.directory.names().filter { !$0.hasPrefix("index.sqlite-") }.sorted()
        #expect(names == ["content", "contexts", "index.sqlite", "locks", "snapshots", "trash"])
        #expect(try root.directory.status().mode == 0o700)
        #expect(try root.names("content") == ["sha256"])
    }

    @Test("is made with the folders above it")
    func makesParents() throws {
        let state = try StateRoot(path: root.folder + "/a/b//c/")
        #expect(try state.directory.status().mode == 0o700)
        #expect(try Directory.open(hostPath: root.folder + "/a/b").names() == ["c"])
    }

    @Test("keeps what was stored when it is opened again, with and without the other still open")
    func reopens() throws {
        let first = try root.open()
        try first.putStep("a")
        #expect(try root.open().results.result(contentKey: hash("content of a"))?.description == "RUN a")
        #expect(try StateRoot(path: root.path).results.result(contentKey: hash("content of a")) != nil)
        #expect(try StateRoot(path: root.path).results.result(contentKey: hash("content of b")) == nil)
    }

    @Test("may have a name that is not UTF-8")
    func takesAnyName() throws {
        let path = root.folder + ByteString([0x2F, 0xFF, 0xFE, 0x27])
        try StateRoot(path: path).putStep("a")
        #expect(try StateRoot(path: path).results.result(contentKey: hash("content of a")) != nil)
        #expect(try Directory.open(hostPath: path).names().contains("index.sqlite"))
    }

    @Test("is closed to others again if somebody opened it to them")
    func narrowsMode() throws {
        _ = try root.open()
        try root.directory.setMode(mode: 0o755)
        _ = try root.open()
        #expect(try root.directory.status().mode == 0o700)
    }

    @Test("is not made of a folder with files of others, whose mode stays")
    func refusesOthersFiles() throws {
        let parent = try Directory.open(hostPath: root.folder)
        let folder = try parent.makeOrOpenDirectory("root", mode: 0o755)
        try folder.makeDirectory("letters", mode: 0o755)
        let error = StoreError.thrown { _ = try root.open() }
        #expect(error == .notAStateRoot(root.path))
        #expect(error?.remedy?.contains("SWIFT_BUILD_IMAGE_ROOT") == true)
        #expect(try folder.names() == ["letters"])
        #expect(try folder.status().mode == 0o755)
    }

    @Test("of another user is refused")
    func refusesOtherOwner() throws {
        guard geteuid() == 0 else { return print("skipped: only root can give a folder away") }
        _ = try root.open()
        try root.directory.setOwner(uid: 12345, gid: 0)
        let error = StoreError.thrown { _ = try root.open() }
        #expect(error == .otherOwner(root.path, owner: 12345, user: 0))
        #expect(error?.message.contains("12345") == true)
    }

    @Test("whose path is a file, or leads through one, is refused", arguments: ["/file", "/file/root"] as [ByteString])
    func refusesFile(_ suffix: ByteString) throws {
        let parent = try Directory.open(hostPath: root.folder)
        _ = try parent.open("file", flags: O_WRONLY | O_CREAT, mode: 0o644)
        let error = StoreError.thrown { _ = try StateRoot(path: root.folder + suffix) }
        guard case .cannotOpenRoot(root.folder + suffix, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.code == ENOTDIR)
    }

    @Test("of a newer format is refused and left as it is")
    func refusesNewerFormat() throws {
        _ = try root.open()
        var bytes = try root.read("index.sqlite")
        // SQLite's header: the user version, 4 bytes, most significant first (database file format, §1.3).
        bytes[63] = 99
        try root.overwrite("index.sqlite", with: bytes)
        let error = StoreError.thrown { _ = try root.open() }
        #expect(error == .newerFormat(root.path, found: 99, supported: 4))
        #expect(error?.remedy?.contains("newer program") == true)
        #expect(try root.read("index.sqlite") == bytes)
    }

    @Test("is told of what waits in the trash only by emptying it")
    func emptiesTrash() throws {
        let state = try root.open()
        try state.snapshots.discard(try state.makeSnapshot("a"))
        try state.snapshots.begin().rollBack()
        #expect(try root.names("snapshots").isEmpty)
        #expect(try root.names("trash").count == 2)
        #expect(try state.emptyTrash() == 2)
        #expect(try root.names("trash").isEmpty)
        #expect(try state.emptyTrash() == 0)
    }
}
