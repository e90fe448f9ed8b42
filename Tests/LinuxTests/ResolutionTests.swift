import Bytes
import Glibc
import Linux
import Testing

/// The one way by which paths of others reach files: beneath a directory, whatever links and `..` say.
@Suite("Resolution beneath a directory")
struct ResolutionTests {
    let scratch: Scratch
    let root: Directory

    /// `outside/secret` lies beside the root; `root/secret` is what links that point to it must find instead, if anything.
    init() throws {
        scratch = try Scratch()
        try scratch.folder("outside").write("secret", "outside")
        try scratch.directory.write("secret", "outside")
        root = try scratch.folder("root")
        try root.write("secret", "inside")
        try root.write("file", "inside")
        try scratch.folder("root/dir/deep").write("file", "inside")
        try scratch.folder("root/outside").write("secret", "inside")
        try root.makeSymlink("absolute", target: "/secret")
        try root.makeSymlink("absolute-folder", target: "/outside")
        try root.makeSymlink("host", target: scratch.path + "/outside/secret")
        try root.makeSymlink("up", target: "../secret")
        try root.makeSymlink("far-up", target: "../../../../../../../../secret")
        try root.makeSymlink("top", target: "/")
        try root.makeSymlink("above", target: "..")
        try root.makeSymlink("loop", target: "loop")
        try root.makeSymlink("dangling", target: "/made")
        try root.child("dir").makeSymlink("up", target: "../../../outside/secret")
        try root.child("dir").makeSymlink("chain", target: "../absolute-folder/../above/secret")
    }

    @Test(
        "a path leads to a file inside",
        arguments: [
            "secret", "/secret", "//secret", "../secret", "/../../secret", "dir/../../secret", "absolute",
            "absolute-folder/secret", "up", "far-up", "top/secret", "top/top/secret", "above/secret",
            "above/above/outside/secret", "dir/up", "dir/chain", "dir/deep/../../up", "./dir/./deep/file",
        ] as [ByteString]
    )
    func leadsInside(_ path: ByteString) throws {
        #expect(ByteString(try root.openBeneath(path, flags: O_RDONLY).readAll(limit: 100)) == "inside")
    }

    struct Refused: CustomTestStringConvertible {
        let path: ByteString
        let code: CInt

        init(_ path: ByteString, _ code: CInt) { (self.path, self.code) = (path, code) }

        var testDescription: String { path.text }
    }

    @Test(
        "a path that leads nowhere inside is an error",
        arguments: [
            Refused("host", ENOENT), Refused("loop", ELOOP), Refused("dangling", ENOENT), Refused("file/", ENOTDIR),
            Refused("file/..", ENOTDIR), Refused("absent/../secret", ENOENT), Refused("secret\0x", EINVAL),
            Refused(ByteString(Array(repeating: UInt8(ascii: "x"), count: 256)), ENAMETOOLONG),
            Refused(ByteString(Array(repeating: UInt8(ascii: "/"), count: 5000)), ENAMETOOLONG),
        ]
    )
    func leadsNowhere(_ refused: Refused) {
        let error = failure { _ = try root.openBeneath(refused.path, flags: O_RDONLY) }
        #expect(error?.code == refused.code)
    }

    @Test(
        "an empty path is the directory itself, and .. of it too",
        arguments: ["", ".", "..", "/", "/.."] as [ByteString]
    )
    func itself(_ path: ByteString) throws {
        #expect(try root.directoryBeneath(path).status().inode == root.status().inode)
    }

    @Test("a file made through a dangling link is made inside")
    func makesInside() throws {
        try root.openBeneath("dangling", flags: O_WRONLY | O_CREAT, mode: 0o600).write([1])
        #expect(try root.read("made") == "\u{1}")
        #expect(try root.status("made").mode == 0o600)
    }

    @Test("magic links of /proc are refused, plain ones are followed")
    func magicLinks() throws {
        let proc = try Directory.open(hostPath: "/proc")
        #expect(failure { _ = try proc.openBeneath("self/status", flags: O_RDONLY) } == nil)
        for path in ["self/fd/\(root.number)/secret", "self/root/etc/passwd", "self/cwd/Package.swift", "self/exe"] {
            #expect(failure { _ = try proc.openBeneath(ByteString(path), flags: O_RDONLY) }?.code == ELOOP, "\(path)")
        }
    }

    @Test(
        "a child that is a link is refused, wherever it leads",
        arguments: ["absolute-folder", "top", "above", "loop"]
    )
    func childIsNoLink(_ name: String) {
        let error = failure { _ = try root.child(ByteString(name)) }
        #expect(error?.code == ELOOP || error?.code == ENOTDIR)
    }

    @Test(
        "an entry that is a link is not followed when it is opened",
        arguments: ["absolute", "up", "dangling", "loop"]
    )
    func entryIsNoLink(_ name: String) throws {
        #expect(failure { _ = try root.open(ByteString(name), flags: O_RDONLY) }?.code == ELOOP)
        #expect(failure { _ = try root.open(ByteString(name), flags: O_WRONLY | O_CREAT, mode: 0o644) }?.code == ELOOP)
        #expect(try root.status(ByteString(name)).kind == .symlink)
        #expect(try root.statusIfPresent("made") == nil)
    }

    @Test(
        "what is no single name is refused by every call that takes one",
        arguments: ["", ".", "..", "/", "a/b", "../secret", "/etc", "dir/", "x\0y"] as [ByteString]
    )
    func names(_ name: ByteString) throws {
        let calls: [(String, () throws -> Void)] = [
            ("child", { _ = try root.child(name) }),
            ("open", { _ = try root.open(name, flags: O_RDONLY | O_CREAT, mode: 0o644) }),
            ("makeDirectory", { try root.makeDirectory(name, mode: 0o755) }),
            ("makeSymlink", { try root.makeSymlink(name, target: "x") }),
            ("makeLink", { try root.makeLink(name, to: "file", in: root) }),
            ("makeLink from", { try root.makeLink("new", to: name, in: root) }),
            ("makeNode", { try root.makeNode(name, kind: .fifo, mode: 0o644) }),
            ("rename to", { try root.rename("file", to: name, in: root) }),
            ("rename from", { try root.rename(name, to: "new", in: root) }),
            ("removeFile", { try root.removeFile(name) }),
            ("removeDirectory", { try root.removeDirectory(name) }),
            ("removeTree", { try root.removeTree(name) }),
        ]
        for (call, body) in calls { #expect(failure(of: body)?.code == EINVAL, "\(call)") }
        #expect(try root.read("file") == "inside")
        #expect(try scratch.directory.read("secret") == "outside")
    }
}
