import Bytes
import Glibc
import Linux
import Testing

@Suite("Status of files")
struct FileStatusTests {
    let scratch: Scratch
    var directory: Directory { scratch.directory }

    init() throws {
        scratch = try Scratch()
        try directory.write("file", "text")
    }

    @Test(
        "a modification time is kept to the nanosecond, before 1970 and after 2038 too",
        arguments: [
            FileTime(seconds: 0), FileTime(seconds: 1_700_000_000, nanoseconds: 123_456_789),
            FileTime(seconds: 1, nanoseconds: 999_999_999), FileTime(seconds: -1, nanoseconds: 1),
            FileTime(seconds: -1_000_000_000, nanoseconds: 5), FileTime(seconds: 1 << 31, nanoseconds: 7),
            FileTime(seconds: 4_300_000_000),
        ]
    )
    func modified(_ time: FileTime) throws {
        try directory.setModified("file", time)
        #expect(try directory.status("file").modified == time)
        try directory.setModified("", time)
        #expect(try directory.status().modified == time)
        try directory.makeSymlink("link", target: "file")
        try directory.setModified("file", FileTime(seconds: 77))
        try directory.setModified("link", time)
        #expect(try directory.status("link").modified == time)
        #expect(try directory.status("file").modified == FileTime(seconds: 77), "the link is not followed")
    }

    @Test("a new file's times lie between the clocks around its making")
    func clocks() throws {
        let before = FileTime.fileClock
        try directory.write("new", "x")
        let status = try directory.status("new")
        let after = FileTime.now
        for time in [status.modified, status.changed] { #expect(before <= time && time <= after) }
        #expect(status.born == FileTime(seconds: 0) || (before <= status.born && status.born <= after))
        #expect(after.nanoseconds < 1_000_000_000)
    }

    @Test("a status change that leaves the modification time moves the change time alone")
    func changed() throws {
        try directory.setModified("file", FileTime(seconds: 1))
        let before = try directory.status("file")
        usleep(20_000)
        try directory.setMode("file", mode: 0o600)
        let after = try directory.status("file")
        #expect(after.modified == before.modified)
        #expect(after.changed > before.changed)
    }

    @Test("size, blocks, mode, owner, links and identity are those of the file")
    func fields() throws {
        try directory.setMode("file", mode: 0o4751)
        let status = try directory.status("file")
        #expect((status.kind, status.mode, status.size) == (.file, 0o4751, 4))
        #expect((status.uid, status.gid, status.links) == (geteuid(), getegid(), 1))
        #expect(try status.device == directory.status().device)
        #expect(try directory.open("file", flags: O_RDONLY).status() == status)
        let sparse = try directory.open("sparse", flags: O_WRONLY | O_CREAT, mode: 0o600)
        try #require(ftruncate(sparse.number, 1 << 30) == 0)
        #expect(try sparse.status().size == 1 << 30)
        #expect(try sparse.status().blocks < 100)
    }

    @Test("an owner is set to any number, of a link itself too", .enabled(if: isRoot))
    func owners() throws {
        try directory.makeSymlink("link", target: "file")
        try directory.setOwner("link", uid: 4_000_000_000, gid: 5)
        try directory.setOwner("", uid: 6, gid: 7)
        #expect(try directory.status("link").uid == 4_000_000_000)
        #expect(try directory.status("file").uid == 0)
        #expect(try directory.status().gid == 7)
    }

    @Test("what is not there has no status, and is no error where it is asked for politely")
    func absent() throws {
        #expect(failure { _ = try directory.status("absent") }?.isNotFound == true)
        #expect(try directory.statusIfPresent("absent") == nil)
        #expect(try directory.statusIfPresent("file/below") == nil)
        #expect(failure { _ = try directory.statusIfPresent("x\0") }?.code == EINVAL)
    }

    @Test("the folder is writable, on a local file system with space")
    func fileSystem() throws {
        #expect(directory.isWritable)
        let space = try directory.space()
        #expect(space.total > 0 && space.free <= space.total)
        try directory.syncFileSystem()
        #expect(try Directory.open(hostPath: "/proc").remoteFileSystem == nil)
    }
}
