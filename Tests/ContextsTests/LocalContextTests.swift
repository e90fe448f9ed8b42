import Bytes
import Contexts
import Glibc
import Linux
import OCI
import Testing
import Trees

@Suite("Local contexts")
struct LocalContextTests {
    @Test("a folder becomes a tree of all kinds of entries, owned by root, with modes kept and sockets left out")
    func kinds() async throws {
        let folder = try Folder()
        try folder.write("a", "hello", mode: 0o4755)
        try folder.write("d/e/f", "x", mode: 0o600)
        if geteuid() == 0 { try folder.directory.setOwner("a", uid: 1234, gid: 99) }
        try folder.directory.setMode("a", mode: 0o4755)
        try folder.link("l", to: "/nowhere/at/all")
        try folder.directory.makeNode("p", kind: .fifo, mode: 0o640)
        try folder.directory.setMode("p", mode: 0o640)
        try folder.directory.makeNode("s", kind: .socket, mode: 0o644)
        try folder.folder("empty")
        try folder.directory.setMode("empty", mode: 0o1777)
        let listing = try await folder.scan()
        try await listing.hash()
        #expect(
            try listing.lines() == [
                "a 4755 file 5 \(digits("hello"))", "d 755 directory", "d/e 755 directory",
                "d/e/f 600 file 1 \(digits("x"))",
                "empty 1777 directory", "l 777 link /nowhere/at/all", "p 640 fifo",
            ]
        )
        #expect(listing.counters.sockets == 1)
        #expect(listing.counters.filesOpened == 2)
        #expect(listing.tree().rootAttributes == Attributes(mode: try folder.directory.status().mode))
    }

    @Test(
        "devices are listed with their numbers and never opened",
        .enabled(if: geteuid() == 0, "making devices needs root")
    )
    func devices() async throws {
        let folder = try Folder()
        try folder.directory.makeNode("null", kind: .characterDevice, mode: 0o666, device: makeDevice(1, 3))
        try folder.directory.setMode("null", mode: 0o666)
        let listing = try await folder.scan()
        try await listing.hash()
        #expect(try listing.lines() == ["null 666 character 259"])
        #expect(listing.counters.filesOpened == 0)
    }

    @Test(
        "names in NFC and NFD, with CR LF, newlines and bytes that are not UTF-8 are different names, kept as they are"
    )
    func names() async throws {
        let folder = try Folder()
        let names: [ByteString] = [
            "caf\u{E9}", "cafe\u{301}", "a\r\nb", "a\nb", "a\rb", ByteString([0xFF, 0xFE]), "back\\slash", " ", "-dash",
            "*",
        ]
        for (index, name) in names.enumerated() { try folder.write(name, ByteString("\(index)")) }
        let listing = try await folder.scan()
        try await listing.hash()
        let object = try listing.directoryObject(listing.tree().rootObject)
        #expect(object.children.map(\.name) == names.sorted())
        for (index, name) in names.enumerated() {
            #expect(object[name]?.node == .file(ContentHash(of: Array("\(index)".utf8)), size: 1))
        }
    }

    @Test(
        "hard links are listed in each directory that holds them in several children; one that leads out is a plain file"
    )
    func hardLinks() async throws {
        let folder = try Folder()
        let outside = try Folder()
        try folder.write("a", "1")
        let sub = try folder.folder("d")
        let deep = try folder.folder("d/e")
        try sub.makeLink("x", to: "a", in: folder.directory)
        try deep.makeLink("y", to: "a", in: folder.directory)
        try outside.write("o", "2")
        try folder.directory.makeLink("out", to: "o", in: outside.directory)
        try folder.write("gone", "3")
        try sub.makeLink("gone", to: "gone", in: folder.directory)
        let listing = try await folder.scan(ignoring: "/gone")
        try await listing.hash()
        #expect(
            try listing.lines().filter { $0.contains(" links ") } == [
                #"d/ links ["e/y", "x"]"#, #". links ["a", "d/e/y"]"#,
            ]
        )
    }

    @Test("link sets are those that the tree editor makes of the same links")
    func linkSetsAgree() async throws {
        let folder = try Folder()
        try folder.write("m", "1")
        for path in ["a-b", "a/x", "a/b/x", "z/q"] as [ByteString] {
            let (parent, name) = try folder.parent(of: path)
            try parent.makeLink(name, to: "m", in: folder.directory)
        }
        let listing = try await folder.scan()
        try await listing.hash()
        let plain = try Folder()
        for path in ["m", "a-b", "a/x", "a/b/x", "z/q"] as [ByteString] { try plain.write(path, "1") }
        let unlinked = try await plain.scan()
        try await unlinked.hash()
        let trees = MemoryTrees()
        try unlinked.store(into: trees)
        let editor = try TreeEditor(unlinked.tree(), source: trees)
        try editor.link(["m", "a-b", "a/x", "a/b/x", "z/q"].map { TreePath(parsing: $0) })
        #expect(try editor.commit(into: trees).rootObject == listing.tree().rootObject)
    }

    @Test(
        "ignored entries are not in the tree, and parents of what is taken in again are",
        arguments: zip(
            [
                "*\n!src\n!a/b/c\nsrc/**/*.tmp", "a", "**/z", "*\n!a/*/q", "*\n!nothing/at/all", "*\n!a/b/none",
            ],
            [
                ["a", "a/b", "a/b/c", "a/b/c/z", "src", "src/d", "src/x"],
                ["other", "src", "src/d", "src/d/y.tmp", "src/x"],
                ["a", "a/b", "a/b/c", "a/b/q", "other", "src", "src/d", "src/d/y.tmp", "src/x"],
                ["a", "a/b", "a/b/q"],
                [], [],
            ]
        )
    )
    func ignores(rules: String, expected: [String]) async throws {
        let folder = try Folder()
        for path in ["src/x", "src/d/y.tmp", "a/b/c/z", "a/b/q", "other"] as [ByteString] {
            try folder.write(path, path)
        }
        let listing = try await folder.scan(ignoring: rules)
        #expect(try listing.names() == expected)
    }

    @Test("a file that cannot be read is an error with its path", .enabled(if: geteuid() != 0, "root reads everything"))
    func unreadable() async throws {
        let folder = try Folder()
        try folder.write("d/secret", "x", mode: 0)
        let listing = try await folder.scan()
        let error = await #expect(throws: ContextsError.self) { try await listing.hash() }
        #expect(error?.message == "/d/secret in the context cannot be read: Permission denied")
    }

    @Test("a file that went away between the scan and the reading is an error with its path; others are hashed")
    func vanished() async throws {
        let folder = try Folder()
        try folder.write("d/gone", "x")
        try folder.write("stays", "y")
        let listing = try await folder.scan()
        try folder.folder("d").removeFile("gone")
        let error = await #expect(throws: ContextsError.self) { try await listing.hash() }
        #expect(error?.message == "/d/gone in the context changed while it was read")
        try await listing.hash([TreePath(["stays"])])
        #expect(listing.isHashed(TreePath(["stays"])))
        #expect(!listing.isHashed(TreePath(["d"])))
    }

    @Test("a file that became a link after the scan is not followed, to be hashed or to be opened")
    func swapped() async throws {
        let folder = try Folder()
        try folder.write("d/f", "x")
        let listing = try await folder.scan()
        let sub = try folder.folder("d")
        try sub.removeFile("f")
        try sub.makeSymlink("f", target: "/etc/hostname")
        await #expect(throws: ContextsError.self) { try await listing.hash() }
        #expect(throws: ContextsError.self) { try listing.open(TreePath(["d", "f"])) }
    }

    @Test("a file that changed after the scan is hashed and listed as it is now")
    func changed() async throws {
        let folder = try Folder()
        try folder.write("f", "x")
        let listing = try await folder.scan()
        try folder.write("f", "longer", mode: 0o600)
        try await listing.hash()
        #expect(try listing.lines() == ["f 600 file 6 \(digits("longer"))"])
    }

    @Test("only the files at and below the paths that are asked for are read")
    func selection() async throws {
        let folder = try Folder()
        for path in ["a/x", "a/b/y", "c/z", "d"] as [ByteString] { try folder.write(path, path) }
        let listing = try await folder.scan()
        let before = listing.tree()
        try await listing.hash([TreePath(["a"]), TreePath(["d"]), TreePath(["missing"])])
        #expect(listing.counters.filesOpened == 3)
        #expect(listing.isHashed(TreePath(["a"])))
        #expect(listing.isHashed(TreePath(["d"])))
        #expect(!listing.isHashed(TreePath(["c"])))
        #expect(!listing.isHashed(.root))
        #expect(!listing.isHashed(TreePath(["missing"])))
        #expect(listing.tree() != before)
        try await listing.hash()
        #expect(listing.counters.filesOpened == 4)
        #expect(listing.isHashed(.root))
    }

    @Test("what a copy learned makes the same tree as hashing does")
    func learns() async throws {
        let folder = try Folder()
        try folder.write("d/f", "content")
        let listing = try await folder.scan()
        let path = TreePath(["d", "f"])
        let (file, status) = try listing.open(path)
        let bytes = try file.readAll(limit: 100)
        listing.learned(ContentHash(of: bytes), at: path, status: status)
        let other = try await folder.scan()
        try await other.hash()
        #expect(listing.tree() == other.tree())
        #expect(listing.isHashed(.root))
    }

    @Test("a large directory and many small ones are listed whole, in order")
    func large() async throws {
        let folder = try Folder()
        for index in 0..<1500 { try folder.write(ByteString("big/\(index)"), ByteString("\(index)")) }
        for index in 0..<300 { try folder.write(ByteString("many/\(index)/f"), "x") }
        let listing = try await folder.scan()
        try await listing.hash()
        #expect(listing.counters.files == 1800)
        let big = try #require(try listing.entry(at: TreePath(["big"]), in: listing.tree()))
        guard case .directory(let hash) = big.node else { throw SystemError(code: ENOTDIR, call: "test") }
        let children = try listing.directoryObject(hash).children
        #expect(children.map(\.name) == (0..<1500).map { ByteString("\($0)") }.sorted())
        #expect(
            children.allSatisfy { $0.entry.node == .file(ContentHash(of: $0.name.bytes), size: UInt64($0.name.count)) }
        )
    }

    @Test("a tree of 600 levels is scanned and hashed")
    func deep() async throws {
        let folder = try Folder()
        var directory = folder.directory
        for _ in 0..<600 { directory = try directory.makeOrOpenDirectory("d", mode: 0o755) }
        for name in ["f", "g"] as [ByteString] {
            try directory.open(name, flags: O_WRONLY | O_CREAT, mode: 0o644).write(name.bytes)
        }
        let listing = try await folder.scan()
        try await listing.hash()
        let path = TreePath(Array(repeating: "d", count: 600) + ["g"])
        let entry = try listing.entry(at: path, in: listing.tree())
        #expect(entry?.node == .file(ContentHash(of: [UInt8(ascii: "g")]), size: 1))
        #expect(listing.counters.directories == 600)
    }

    @Test("a tree as deep as any may be is scanned, hashed and opened; one level more is refused unless it is ignored")
    func depthLimit() async throws {
        let folder = try Folder()
        var directory = folder.directory
        for _ in 1..<TreePath.depthLimit { directory = try directory.makeOrOpenDirectory("d", mode: 0o755) }
        try directory.open("f", flags: O_WRONLY | O_CREAT, mode: 0o644).write([1])
        let path = TreePath(Array(repeating: "d", count: TreePath.depthLimit - 1) + ["f"])
        let listing = try await folder.scan()
        try await listing.hash()
        #expect(listing.isHashed(path))
        #expect(try listing.entry(at: path, in: listing.tree())?.node == .file(ContentHash(of: [1]), size: 1))
        #expect(try listing.open(path).file.readAll(limit: 10) == [1])
        try directory.makeDirectory("g", mode: 0o755)
        try directory.child("g").makeDirectory("h", mode: 0o755)
        let error = await #expect(throws: ContextsError.self) { try await folder.scan() }
        #expect(error?.message == "/d/d/d/d/d/…/g/h in the context is more than 4096 levels deep")
        let ignoring = try await folder.scan(ignoring: "**/h")
        #expect(ignoring.counters.directories == TreePath.depthLimit)
    }

    @Test("hashing stops when the task is cancelled")
    func cancelled() async throws {
        let folder = try Folder()
        for index in 0..<300 { try folder.write(ByteString("d/\(index)"), "x") }
        let listing = try await folder.scan()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await listing.hash()
        }
        try await task.value
        #expect(listing.counters.filesOpened == 0)
        #expect(!listing.isHashed(.root))
        try await listing.hash()
        #expect(listing.isHashed(.root))
    }

    @Test("a context that is missing or a file is refused with its path")
    func missing() throws {
        let folder = try Folder()
        try folder.write("f", "x")
        let missing = #expect(throws: ContextsError.self) { try LocalContext.open("/no/such/folder") }
        #expect(missing?.message == "/no/such/folder: no such folder")
        let file = #expect(throws: ContextsError.self) { try LocalContext.open(ByteString(folder.path + "/f")) }
        #expect(file?.message.hasSuffix("/f is not a folder") == true)
    }

    private func makeDevice(_ major: UInt64, _ minor: UInt64) -> UInt64 { major << 8 | minor }
}
