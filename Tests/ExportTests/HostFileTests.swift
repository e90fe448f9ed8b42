import Bytes
import Export
import Glibc
import Linux
import Testing

/// Files that a user asked for: there whole, or as they were.
@Suite("Files of the host", .timeLimit(.minutes(20)))
struct HostFileTests {
    struct Broken: Error {}

    let scratch: Scratch
    var target: ByteString { scratch.path + "/out" }

    init() throws { scratch = try Scratch() }

    @Test(
        "a file appears with all its bytes, or takes the place of the old one, and nothing else is left",
        arguments: [true, false]
    )
    func replaces(_ isThere: Bool) throws {
        if isThere { try scratch.write("out", [9, 9, 9, 9]) }
        try HostFile.replace(target) { try $0.write([1, 2]) }
        #expect(try scratch.read("out") == [1, 2])
        #expect(try scratch.files() == ["out"])
        let mode = try scratch.directory.status("out").mode
        #expect(mode & 0o600 == 0o600 && mode & 0o111 == 0)
    }

    @Test("a failure in the middle leaves what was there, and nothing beside it", arguments: [true, false])
    func keepsOld(_ isThere: Bool) throws {
        if isThere { try scratch.write("out", [9]) }
        let inode = try scratch.directory.statusIfPresent("out")?.inode
        #expect(throws: Broken.self) {
            try HostFile.replace(target) { file in
                try file.write([UInt8](repeating: 1, count: 1 << 20))
                throw Broken()
            }
        }
        #expect(try scratch.files() == (isThere ? ["out"] : []))
        if isThere { #expect(try scratch.read("out") == [9]) }
        #expect(try scratch.directory.statusIfPresent("out")?.inode == inode)
    }

    @Test("until all is written the new file is nowhere to be seen")
    func invisible() throws {
        try HostFile.replace(target) { file in
            try file.write([1])
            #expect(try scratch.files().isEmpty)
        }
    }

    struct Refused: CustomTestStringConvertible {
        let testDescription: String
        let path: ByteString
        let code: CInt

        init(_ name: String, _ path: ByteString, _ code: CInt) {
            (testDescription, self.path, self.code) = (name, path, code)
        }
    }

    @Test(
        "a place that cannot be written is told before and at the writing",
        arguments: [
            Refused("a folder that is not there", "absent/out", ENOENT),
            Refused("a folder at the place", "folder", EISDIR),
            Refused("a folder with a slash", "folder/", EISDIR), Refused("the folder itself", ".", EISDIR),
            Refused("a file as a folder", "file/out", ENOTDIR),
            Refused("a name that is too long", ByteString(String(repeating: "n", count: 256)), ENAMETOOLONG),
        ]
    )
    func refusals(_ refused: Refused) throws {
        try scratch.directory.makeDirectory("folder", mode: 0o755)
        try scratch.write("file", [])
        let path = scratch.path + "/" + refused.path
        #expect(failure { try HostFile.check(path) }?.code == refused.code)
        var isCalled = false
        #expect(failure { try HostFile.replace(path) { _ in isCalled = true } }?.code == refused.code)
        #expect(!isCalled)
        #expect(try scratch.files() == ["file"])
        #expect(failure { try HostFile.check(scratch.path + "/fine") } == nil)
    }

    @Test("a pipe is written to as it is")
    func pipes() throws {
        try scratch.directory.makeNode("pipe", kind: .fifo, mode: 0o600)
        let reader = try scratch.directory.open("pipe", flags: O_RDONLY | O_NONBLOCK)
        let path = scratch.path + "/pipe"
        try HostFile.check(path)
        try HostFile.replace(path) { try $0.write([1, 2, 3]) }
        #expect(try reader.readAll(limit: 10) == [1, 2, 3])
        #expect(try scratch.directory.status("pipe").kind == .fifo)
    }

    @Test("a device such as /dev/null stays what it is", .enabled(if: isRoot))
    func devices() throws {
        try scratch.directory.makeNode("null", kind: .characterDevice, mode: 0o666, device: 1 << 8 | 3)
        try HostFile.replace(scratch.path + "/null") { try $0.write([1]) }
        #expect(try scratch.directory.status("null").kind == .characterDevice)
        #expect(try scratch.files() == ["null"])
    }

    @Test("a link stays a link, and what it leads to is written", arguments: [true, false])
    func links(_ isThere: Bool) throws {
        if isThere { try scratch.write("real", [9, 9, 9]) }
        try scratch.directory.makeSymlink("link", target: "real")
        try HostFile.replace(scratch.path + "/link") { try $0.write([1]) }
        #expect(try scratch.directory.linkTarget("link") == "real")
        #expect(try scratch.read("real") == [1])
        #expect(try scratch.files() == ["link", "real"])
    }

    @Test("a folder is made where its parent is, and taken as it is where it is there")
    func folders() throws {
        let (made, isNew) = try HostFile.makeFolder(target)
        #expect(isNew)
        #expect(try HostFile.makeFolder(target + "/").directory.status().inode == made.status().inode)
        #expect(try HostFile.makeFolder(target + "/.").directory.status().inode == made.status().inode)
        #expect(failure { _ = try HostFile.makeFolder(scratch.path + "/a/b") }?.code == ENOENT)
        try scratch.write("file", [])
        #expect(failure { _ = try HostFile.makeFolder(scratch.path + "/file") }?.code == ENOTDIR)
        try scratch.directory.makeSymlink("link", target: "out")
        #expect(try HostFile.makeFolder(scratch.path + "/link").directory.status().inode == made.status().inode)
    }

    @Test("an error tells the path as it was given, and what to do")
    func words() {
        let error = failure { try HostFile.check("/absent/a\nb") }
        #expect(error?.message == "cannot write /absent/a\\x0ab: open /absent: No such file or directory")
        #expect(error?.remedy == "check that the folder exists and may be written")
    }
}
