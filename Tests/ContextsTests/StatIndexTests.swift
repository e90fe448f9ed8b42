import Bytes
import Contexts
import Glibc
import Linux
import OCI
import Testing
import Trees

@Suite("The stat index")
struct StatIndexTests {
    /// Scans, hashes and saves, as a build does.
    private func build(_ folder: Folder, _ index: Folder, ignoring rules: String = "") async throws -> ContextListing {
        let listing = try await folder.scan(ignoring: rules, index: index)
        try await listing.hash()
        try listing.saveIndex()
        return listing
    }

    private func filled() throws -> Folder {
        let folder = try Folder()
        for path in ["a", "d/b", "d/e/c", "z"] as [ByteString] { try folder.write(path, path) }
        try folder.link("l", to: "a")
        try folder.directory.makeLink("hard", to: "a", in: folder.directory)
        folder.settle()
        return folder
    }

    @Test("an unchanged context opens no file, gives the same tree and writes no index")
    func unchanged() async throws {
        let (folder, index) = (try filled(), try Folder())
        let first = try await build(folder, index)
        let name = try #require(try index.directory.names().first)
        let inode = try index.directory.status(name).inode
        let second = try await build(folder, index)
        #expect(second.counters.filesOpened == 0)
        #expect(second.counters.indexHits == 5)
        #expect(second.tree() == first.tree())
        #expect(try second.lines() == first.lines())
        #expect(try index.directory.status(name).inode == inode)
        #expect(try index.directory.names() == [name])
    }

    @Test("a same-size edit with the modification time put back is noticed")
    func restoredTime() async throws {
        let (folder, index) = (try filled(), try Folder())
        let before = try await build(folder, index)
        let modified = try folder.directory.status("z").modified
        try folder.write("z", "y")
        try folder.directory.setModified("z", modified)
        let after = try await build(folder, index)
        #expect(after.tree() != before.tree())
        #expect(after.counters.filesOpened == 1)
        #expect(try after.lines().contains("z 644 file 1 \(digits("y"))"))
    }

    @Test("a same-size edit right after a build, within one tick of the clock, is noticed", arguments: 0..<20)
    func withinOneTick(_ round: Int) async throws {
        let (folder, index) = (try Folder(), try Folder())
        try folder.write("f", "1")
        let before = try await build(folder, index)
        let modified = try folder.directory.status("f").modified
        try folder.write("f", "2")
        try folder.directory.setModified("f", modified)
        let after = try await build(folder, index)
        #expect(after.tree() != before.tree())
    }

    @Test("a young file is read again until it is old enough")
    func young() async throws {
        let (folder, index) = (try Folder(), try Folder())
        try folder.write("f", "1")
        // A time ahead of the clock stands for one that is too near to it.
        try folder.directory.setModified("f", FileTime(seconds: FileTime.fileClock.seconds + 1000))
        _ = try await build(folder, index)
        #expect(try await build(folder, index).counters.filesOpened == 1)
        try folder.directory.setModified("f", FileTime(seconds: 1000))
        folder.settle()
        #expect(try await build(folder, index).counters.filesOpened == 1)
        #expect(try await build(folder, index).counters.filesOpened == 0)
    }

    @Test("a file with a modification time in the future is read each time")
    func future() async throws {
        let (folder, index) = (try Folder(), try Folder())
        try folder.write("f", "1")
        try folder.directory.setModified("f", FileTime(seconds: 4_000_000_000))
        folder.settle()
        _ = try await build(folder, index)
        #expect(try await build(folder, index).counters.filesOpened == 1)
    }

    @Test("a file that another was renamed onto is read, though size and modification time are the same")
    func renamed() async throws {
        let (folder, index) = (try filled(), try Folder())
        _ = try await build(folder, index)
        let modified = try folder.directory.status("z").modified
        try folder.write("new", "n")
        try folder.directory.setModified("new", modified)
        try folder.directory.rename("new", to: "z", in: folder.directory)
        folder.settle()
        let after = try await build(folder, index)
        #expect(after.counters.filesOpened == 1)
        #expect(try after.lines().contains("z 644 file 1 \(digits("n"))"))
    }

    @Test("a change through a mapping of the file is noticed once it is written back")
    func mapped() async throws {
        let (folder, index) = (try filled(), try Folder())
        let before = try await build(folder, index)
        let file = try folder.directory.open("z", flags: O_RDWR)
        let memory = try #require(mmap(nil, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0))
        memory.storeBytes(of: UInt8(ascii: "m"), as: UInt8.self)
        msync(memory, 1, MS_SYNC)
        munmap(memory, 1)
        #expect(try await build(folder, index).tree() != before.tree())
    }

    @Test("a link that points elsewhere, a changed mode, and entries that come and go are noticed")
    func otherChanges() async throws {
        let (folder, index) = (try filled(), try Folder())
        var last = try await build(folder, index).tree()
        let changes: [() throws -> Void] = [
            {
                try folder.directory.removeFile("l")
                try folder.link("l", to: "b")
            },
            { try folder.directory.setMode("d", mode: 0o700) },
            { try folder.folder("d/e").setMode("c", mode: 0o600) },
            { try folder.write("d/e/new", "") },
            { try folder.folder("d/e").removeFile("new") },
            { try folder.folder("d/empty") },
            { try folder.folder("d").removeDirectory("empty") },
            {
                try folder.folder("d").removeFile("b")
                try folder.folder("d/b")
            },
            {
                try folder.directory.removeFile("hard")
                try folder.write("hard", "a")
            },
        ]
        for change in changes {
            try change()
            folder.settle()
            let tree = try await build(folder, index).tree()
            #expect(tree != last)
            let fresh = try await folder.scan()
            try await fresh.hash()
            #expect(tree == fresh.tree())
            last = tree
        }
    }

    @Test("a link that is replaced within one tick is read again", arguments: 0..<10)
    func youngLink(_ round: Int) async throws {
        let (folder, index) = (try Folder(), try Folder())
        try folder.link("l", to: "a")
        _ = try await build(folder, index)
        try folder.directory.removeFile("l")
        try folder.link("l", to: "b")
        folder.settle()
        #expect(try await build(folder, index).lines() == ["l 777 link b"])
    }

    @Test("what was never read stays unread, and a tree with placeholders is no other in the next build")
    func partial() async throws {
        let (folder, index) = (try filled(), try Folder())
        let first = try await folder.scan(index: index)
        try await first.hash([TreePath(["d"])])
        try first.saveIndex()
        let second = try await folder.scan(index: index)
        #expect(second.isHashed(TreePath(["d"])))
        #expect(!second.isHashed(TreePath(["a"])))
        #expect(!second.isHashed(.root))
        #expect(second.tree() == first.tree())
        try await second.hash()
        #expect(second.counters.filesOpened == 3)
        try second.saveIndex()
        #expect(try await build(folder, index).counters.filesOpened == 0)
    }

    @Test("other ignore rules have an index of their own")
    func rules() async throws {
        let (folder, index) = (try filled(), try Folder())
        _ = try await build(folder, index)
        let other = try await build(folder, index, ignoring: "*\n!d/e")
        #expect(try other.names() == ["d", "d/e", "d/e/c"])
        #expect(try index.directory.names().count == 2)
        #expect(try await build(folder, index, ignoring: "*\n!d/e").counters.filesOpened == 0)
        #expect(try await build(folder, index).counters.filesOpened == 0)
    }

    @Test("an index that is cut, changed in one byte, empty, or no file is as none", arguments: 0..<8)
    func broken(_ way: Int) async throws {
        let (folder, index) = (try filled(), try Folder())
        let before = try await build(folder, index).tree()
        let name = try #require(try index.directory.names().first)
        var bytes = try index.directory.open(name, flags: O_RDONLY).readAll(limit: 1 << 20)
        switch way {
        case 0: bytes = []
        case 1: bytes.removeLast()
        case 2: bytes = Array(bytes.prefix(90))
        case 3: bytes[0] ^= 1
        case 4: bytes[65] ^= 1
        case 5: bytes[200] ^= 1
        case 6: bytes.append(0)
        default:
            try index.directory.removeFile(name)
            try index.directory.makeNode(name, kind: .fifo, mode: 0o600)
        }
        if way < 7 { try index.write(name, ByteString(bytes)) }
        let after = try await build(folder, index)
        #expect(after.tree() == before)
        #expect(after.counters.indexHits == 0)
        #expect(try await build(folder, index).counters.filesOpened == 0)
    }

    @Test(
        "an index that cannot be written is an error that a build can live with",
        .enabled(if: geteuid() != 0, "root may write")
    )
    func unwritable() async throws {
        let (folder, index) = (try filled(), try Folder())
        try index.directory.setMode(mode: 0o500)
        let listing = try await folder.scan(index: index)
        try await listing.hash()
        #expect(throws: ContextsError.self) { try listing.saveIndex() }
    }

    @Test("random edits give the tree that a scan without an index gives", arguments: 0..<6)
    func randomEdits(_ seed: UInt64) async throws {
        let (folder, index) = (try filled(), try Folder())
        var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        for _ in 0..<25 {
            try edit(folder, &random)
            if random.next() % 3 == 0 { folder.settle() }
            let rules = ["", "**/q*", "*\n!d"][Int(random.next() % 3)]
            let withIndex = try await build(folder, index, ignoring: rules)
            let fresh = try await folder.scan(ignoring: rules)
            try await fresh.hash()
            #expect(withIndex.tree() == fresh.tree())
        }
    }

    private func edit(_ folder: Folder, _ random: inout Random) throws {
        let name = ByteString("q\(random.next() % 6)")
        let parent = try folder.folder(["", "d", "d/e"][Int(random.next() % 3)])
        switch random.next() % 6 {
        case 0: try parent.removeTree(name)
        case 1:
            try parent.removeTree(name)
            try parent.makeSymlink(name, target: ByteString("t\(random.next() % 2)"))
        case 2:
            try parent.removeTree(name)
            try parent.makeDirectory(name, mode: 0o755)
        case 3:
            try parent.removeTree(name)
            try parent.makeLink(name, to: "z", in: folder.directory)
        default:
            guard try parent.statusIfPresent(name)?.kind ?? .file == .file else { return }
            let file = try parent.open(name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
            try file.write([UInt8(random.next() % 3)])
            if random.next() % 2 == 0 { try parent.setModified(name, FileTime(seconds: 1_000_000)) }
        }
    }

    /// A generator whose numbers come again with the same seed.
    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
