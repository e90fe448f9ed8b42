internal import Bytes
internal import Glibc
internal import Linux
internal import Store
internal import Testing

@Suite("Snapshots")
struct SnapshotStoreTests {
    let root: TemporaryRoot
    let state: StateRoot

    init() throws {
        root = try TemporaryRoot()
        state = try root.open()
    }

    @Test("have their files and what their maker says when they are committed, and no work directory")
    func commit() throws {
        let pending = try state.snapshots.begin()
        #expect(try root.names("snapshots") == [ByteString("new-\(pending.id)")])
        #expect(try pending.fs.status().mode == 0o755)
        _ = try pending.fs.open("a", flags: O_WRONLY | O_CREAT, mode: 0o600)
        try pending.work.makeDirectory("work", mode: 0)
        let id = try pending.commit(meta: [1, 2, 3])
        #expect(try root.names("snapshots") == [ByteString(id.text)])
        #expect(try root.names("snapshots/" + ByteString(id.text)) == ["fs", "meta"])
        #expect(try state.snapshots.open(id).names() == ["a"])
        #expect(try state.snapshots.meta(id) == [1, 2, 3])
        #expect(try root.names("trash").isEmpty)
    }

    @Test("that are not committed go to the trash")
    func rollBack() throws {
        func abandon() throws { _ = try state.snapshots.begin() }
        try abandon()
        try state.snapshots.begin().rollBack()
        #expect(try root.names("snapshots").isEmpty)
        #expect(try root.names("trash").count == 2)
    }

    @Test("that are missing are told of")
    func missing() throws {
        let id = try #require(SnapshotID("0123456789abcdef0123456789abcdef"))
        #expect(StoreError.thrown { _ = try state.snapshots.open(id) } == .missingSnapshot(id))
        #expect(StoreError.thrown { _ = try state.snapshots.meta(id) } == .missingSnapshot(id))
        #expect(!state.snapshots.contains(id))
    }

    @Test(
        "have names that are no paths",
        arguments: ["", "..", "../../etc", "0123456789ABCDEF0123456789ABCDEF", "new-"]
    )
    func refuseNames(_ text: String) { #expect(SnapshotID(text) == nil) }

    @Test("of dead makers are swept; those being made, just committed or in the index stay")
    func sweep() throws {
        let named = try #require(try state.putStep("named").delta.snapshot)
        let unnamed = try state.makeSnapshot("unnamed")
        let pending = try state.snapshots.begin()
        let folder = try root.directory.directoryBeneath("snapshots")
        // What a killed process leaves: one that was being made, and one that no row came to name.
        try folder.makeDirectory("new-00000000000000000000000000000000", mode: 0o700)
        try folder.child("new-00000000000000000000000000000000").makeDirectory("fs", mode: 0o755)
        try folder.makeDirectory("11111111111111111111111111111111", mode: 0o700)

        #expect(try root.open().sweep() == 2)
        let expected = [ByteString(named.text), ByteString(unnamed.text), ByteString("new-\(pending.id)")].sorted()
        #expect(try root.names("snapshots") == expected)
        #expect(try root.names("trash").count == 2)
        _ = try pending.commit()
    }

    @Test("of a process that was killed are swept by the next one, and what it had stored is kept")
    func survivesKill() async throws {
        let path = root.path.text
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let state = try StateRoot(path: ByteString(path))
            try state.putStep("stored")
            _ = try state.makeSnapshot("unnamed")
            let pending = try state.snapshots.begin()
            _ = try state.content.ingest()
            kill(getpid(), SIGKILL)
            pending.rollBack()
        }
        let state = try root.open()
        #expect(state.notes.isEmpty)
        let stored = try #require(try state.results.result(contentKey: hash("content of stored")))
        #expect(try root.names("snapshots").count == 3)
        #expect(try state.sweep() == 2)
        #expect(try root.names("snapshots") == [ByteString(try #require(stored.delta.snapshot).text)])
        #expect(try root.names("content") == ["sha256"])
    }
}
