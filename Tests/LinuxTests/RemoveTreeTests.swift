import Bytes
import Glibc
import Linux
import Testing

/// Whatever a step leaves behind must go.
@Suite("Removal of trees", .timeLimit(.minutes(20)))
struct RemoveTreeTests {
    let scratch: Scratch
    var directory: Directory { scratch.directory }

    init() throws { scratch = try Scratch() }

    @Test(
        "an entry of any kind goes, and one that is gone is no error",
        arguments: ["file", "folder", "filled", "link", "fifo", "absent"] as [ByteString]
    )
    func kinds(_ name: ByteString) throws {
        try directory.write("file")
        try scratch.folder("folder")
        try scratch.folder("filled/a/b").write("c")
        try directory.makeSymlink("link", target: "folder")
        try directory.makeNode("fifo", kind: .fifo, mode: 0)
        let others = try directory.names().filter { $0 != name }.sorted()
        try directory.removeTree(name)
        #expect(try directory.names().sorted() == others)
    }

    @Test("links in a tree are removed and never followed")
    func linksAreNotFollowed() throws {
        let outside = try scratch.folder("outside")
        try outside.write("file", "kept")
        let tree = try scratch.folder("tree/inner")
        for (name, target) in [
            ("up", "../../outside"), ("host", scratch.path + "/outside"), ("self", "."), ("root", "/"),
        ] {
            try tree.makeSymlink(ByteString(name), target: target)
        }
        try tree.makeLink("hard", to: "file", in: outside)
        try directory.removeTree("tree")
        #expect(try directory.names() == ["outside"])
        #expect(try outside.read("file") == "kept")
    }

    @Test("3,000 levels go with a hundred open files, on a thread of an ordinary stack")
    func deepTree() async {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            // What tests running beside this one had open came along.
            let highest = try Directory.open(hostPath: "/proc/self/fd").names().compactMap { Int($0.text) }.max() ?? 2
            let count = rlim_t(highest + 100)
            var limit = rlimit(rlim_cur: count, rlim_max: count)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            var current = try scratch.folder("deep")
            for level in 0..<3000 {
                if level % 500 == 0 { try current.write("file") }
                current = try current.makeOrOpenDirectory("d", mode: 0o755)
            }
            let flag = Flag()
            BackgroundThread.run {
                do { try scratch.directory.removeTree("deep") } catch { print("\(error)") }
                flag.set()
            }
            flag.wait()
            try #require(scratch.directory.names().isEmpty)
        }
    }

    @Test("a wide tree of a thousand entries goes")
    func wideTree() throws {
        for folder in 0..<20 {
            let inner = try scratch.folder(ByteString("wide/\(folder)"))
            for file in 0..<50 { try inner.write(ByteString("\(file)")) }
        }
        try directory.removeTree("wide")
        #expect(try directory.names().isEmpty)
    }

    @Test("directories that nobody may read or enter go", arguments: [0, 0o111, 0o444, 0o500] as [UInt16])
    func modes(_ mode: UInt16) throws {
        try scratch.folder("tree/closed/inner").write("file")
        let tree = try directory.child("tree")
        try tree.child("closed").setMode("inner", mode: mode)
        try tree.setMode("closed", mode: mode)
        try directory.removeTree("tree")
        #expect(try directory.names().isEmpty)
    }

    @Test("immutable and append-only files and directories go", .enabled(if: isRoot && chattr != nil))
    func immutable() throws {
        let tree = try scratch.folder("tree")
        try tree.write("fixed")
        try tree.write("append")
        try scratch.folder("tree/folder").write("file")
        try scratch.folder("tree/empty")
        for (flag, name) in [("+i", "fixed"), ("+a", "append"), ("+i", "folder"), ("+i", "empty"), ("+i", ".")] {
            try #require(try change(flag, scratch.path + "/tree/" + ByteString(name)))
        }
        try #require(failure { try tree.removeFile("fixed") }?.code == EPERM)
        try directory.removeTree("tree")
        #expect(try directory.names().isEmpty)
        try directory.write("alone")
        try #require(try change("+i", scratch.path + "/alone"))
        try directory.removeTree("alone")
        #expect(try directory.names().isEmpty)
    }

    @Test("a descriptor says whether it had the flag that it cleared", .enabled(if: isRoot && chattr != nil))
    func clearing() throws {
        try directory.write("file")
        let file = try directory.open("file", flags: O_RDONLY)
        #expect(file.clearImmutable() == false)
        try #require(try change("+i", scratch.path + "/file"))
        #expect(file.clearImmutable())
        try directory.removeFile("file")
    }

    @Test("what is mounted in a tree is left alone", .enabled(if: isRoot))
    func mounts() throws {
        try scratch.folder("tree/mounted")
        let place = scratch.path.text + "/tree/mounted"
        try #require(mount("none", place, "tmpfs", 0, nil) == 0)
        defer { umount2(place, CInt(MNT_DETACH)) }
        try scratch.folder("tree/mounted").write("file", "kept")
        #expect([EXDEV, EBUSY].contains(failure { try directory.removeTree("tree") }?.code))
        #expect(try scratch.folder("tree/mounted").read("file") == "kept")
    }
}

private let chattr = findTool("chattr")

/// Runs chattr(1).
///
/// - Returns: whether the file system took the flag.
private func change(_ flag: String, _ path: ByteString) throws -> Bool {
    guard let chattr else { return false }
    var status: CInt = 0
    waitpid(try start(chattr, flag, path.text), &status, 0)
    return status == 0
}
