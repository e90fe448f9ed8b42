import Bytes
import Glibc
import Linux
import Testing

@Suite("Extended attributes", .enabled(if: hasUserXattrs))
struct XattrTests {
    let scratch: Scratch
    var directory: Directory { scratch.directory }

    init() throws {
        scratch = try Scratch()
        try directory.write("file")
        try directory.makeSymlink("link", target: "file")
    }

    @Test(
        "a value comes back as it was set",
        arguments: ["", "text", ByteString([0, 1, 0xff, 0]), ByteString([UInt8](repeating: 7, count: 3000))]
            as [ByteString]
    )
    func roundTrip(_ value: ByteString) throws {
        try directory.setXattr("file", Xattr(name: "user.test", value: value))
        #expect(try directory.xattr("user.test", of: "file") == value)
        #expect(try directory.xattrs("file") == [Xattr(name: "user.test", value: value)])
        let file = try directory.open("file", flags: O_RDONLY)
        #expect(file.hasXattrs)
        #expect(try file.xattrs() == [Xattr(name: "user.test", value: value)])
    }

    @Test("a file without attributes has none, and the value of one that is not there is nil")
    func empty() throws {
        #expect(try directory.xattrs("file").isEmpty)
        #expect(try directory.xattr("user.absent", of: "file") == nil)
        let file = try directory.open("file", flags: O_RDONLY)
        #expect(!file.hasXattrs)
        #expect(try file.xattrs().isEmpty)
        #expect(failure { _ = try directory.xattrs("absent") }?.code == ENOENT)
    }

    @Test("a link has its own attributes, which are none, not those of what it leads to")
    func links() throws {
        try directory.setXattr("file", Xattr(name: "user.test", value: "of the file"))
        #expect(try directory.xattrs("link").isEmpty)
        #expect(try directory.xattr("user.test", of: "link") == nil)
        #expect(failure { try directory.setXattr("link", Xattr(name: "user.test", value: "x")) }?.code == EPERM)
        #expect(try directory.xattr("user.test", of: "file") == "of the file")
    }

    @Test("an empty name is the directory itself")
    func itself() throws {
        try directory.setXattr("", Xattr(name: "user.of-directory", value: "1"))
        #expect(try directory.xattrs() == [Xattr(name: "user.of-directory", value: "1")])
        try directory.removeXattr("", "user.of-directory")
        #expect(try directory.xattrs().isEmpty)
    }

    @Test("attributes are told sorted by their names, and are removed one by one")
    func several() throws {
        for name in ["user.b", "user.a", "user.c", "user.B"] as [ByteString] {
            try directory.setXattr("file", Xattr(name: name, value: name))
        }
        #expect(try directory.xattrs("file").map(\.name) == ["user.B", "user.a", "user.b", "user.c"])
        try directory.removeXattr("file", "user.b")
        try directory.removeXattr("file", "user.absent")
        #expect(try directory.xattrs("file").map(\.name) == ["user.B", "user.a", "user.c"])
    }

    @Test("more names than one buffer holds are all told")
    func manyNames() throws {
        let names = (0..<12).map { ByteString("user.\($0)-" + String(repeating: "n", count: 200)) }
        for name in names { try directory.setXattr("file", Xattr(name: name, value: "")) }
        #expect(try directory.xattrs("file").map(\.name) == names.sorted())
        #expect(try directory.open("file", flags: O_RDONLY).xattrs().map(\.name) == names.sorted())
    }

    @Test(
        "an attribute that may not be set tells its name",
        arguments: ["user", "nonsense.x", "user."] as [ByteString]
    )
    func refused(_ name: ByteString) {
        let error = failure { try directory.setXattr("file", Xattr(name: name, value: "x")) }
        #expect(error?.message.hasPrefix("setxattr \(name) file: ") == true)
        #expect(failure { try directory.setXattr("file", Xattr(name: "user.a\0b", value: "")) }?.code == EINVAL)
    }
}

/// Whether the file system of the temporary folder takes attributes of users.
private let hasUserXattrs: Bool = {
    do {
        let scratch = try Scratch()
        try scratch.directory.setXattr("", Xattr(name: "user.test", value: ""))
        return true
    } catch {
        print("no user attributes in /tmp (\(error)): tests of extended attributes are skipped")
        return false
    }
}()
