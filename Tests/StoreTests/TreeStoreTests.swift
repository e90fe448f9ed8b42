internal import Bytes
internal import OCI
internal import Store
internal import Testing
internal import Trees

@Suite("Directory objects")
struct TreeStoreTests {
    let root: TemporaryRoot
    let state: StateRoot

    init() throws {
        root = try TemporaryRoot()
        state = try root.open()
    }

    private func object(_ name: String, size: UInt64 = 1) -> DirectoryObject {
        let entry = TreeEntry(.file(hash(name), size: size), Attributes(mode: 0o644, uid: 7))
        return DirectoryObject(children: [.init(name: ByteString(name), entry: entry)])
    }

    @Test("can be read before they are written, and by others after")
    func areReadable() throws {
        let new = object("a")
        let hash = try state.trees.put(new)
        #expect(hash == new.hash)
        #expect(try state.trees.directoryObject(hash) == new)
        let other = try root.open()
        #expect(StoreError.thrown { _ = try other.trees.directoryObject(hash) } == .missingTreeObject(hash))
        try state.flush()
        #expect(try other.trees.directoryObject(hash) == new)
        #expect(try state.trees.put(new) == hash)
    }

    @Test("are written with the result that needs them")
    func areWrittenWithResult() throws {
        let stored = try state.putStep("a")
        let found = try root.open().trees.entry(at: TreePath(["a"]), in: stored.output)
        #expect(found?.node == .file(hash("a"), size: 1))
    }

    @Test("may be many: they are written in between and the memory for them stays small")
    func areFlushed() throws {
        // Some 12 MiB of encodings, over the limit of what waits.
        var hashes: [ContentHash] = []
        for number in 0..<120 {
            let children = (0..<1000).map { index in
                DirectoryObject.Child(
                    name: ByteString("\(number)-\(index + 1000)"),
                    entry: TreeEntry(.file(hash("\(number)"), size: UInt64(index)), Attributes(mode: 0o644))
                )
            }
            hashes.append(try state.trees.put(DirectoryObject(children: children)))
        }
        let other = try root.open()
        #expect(try other.trees.directoryObject(hashes[0]).children.count == 1000)
        #expect(try state.trees.directoryObject(hashes[0]).children.count == 1000)
        #expect(try state.trees.directoryObject(hashes[119]).children.count == 1000)
        try state.flush()
        #expect(try other.trees.directoryObject(hashes[119]).children.last?.name == "119-1999")
    }

    @Test("that are empty are always there")
    func emptyIsThere() throws {
        #expect(try state.trees.directoryObject(DirectoryObject.empty.hash) == .empty)
        #expect(try state.trees.entry(at: TreePath(["x"]), in: .empty) == nil)
    }
}
