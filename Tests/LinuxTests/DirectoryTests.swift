import Bytes
import Glibc
import Linux
import Testing

@Suite("Directories")
struct DirectoryTests {
    let scratch: Scratch
    var directory: Directory { scratch.directory }

    init() throws { scratch = try Scratch() }

    // MARK: Names

    @Test(
        "a name is kept byte for byte",
        arguments: [
            "plain", " blank ", "new\nline", "\u{1b}[31m", "-rf", "...", "*", "\u{e9}", "e\u{301}", "~", "\\",
            ByteString([0xff, 0xfe, 0x80]), ByteString([0x01]),
            ByteString(Array(repeating: UInt8(ascii: "n"), count: 255)),
            ByteString(Array(repeating: 0xff, count: 255)),
        ] as [ByteString]
    )
    func oddNames(_ name: ByteString) throws {
        try directory.write(name, "text")
        #expect(try directory.names() == [name])
        #expect(try directory.read(name) == "text")
        #expect(try directory.status(name).kind == .file)
        try directory.removeFile(name)
        #expect(try directory.names().isEmpty)
    }

    @Test("names in composed and in decomposed form are two names")
    func normalForms() throws {
        try directory.write("\u{e9}", "composed")
        try directory.write("e\u{301}", "decomposed")
        #expect(try directory.names().count == 2)
        #expect(try directory.read("\u{e9}") == "composed")
    }

    @Test("a listing of more than one buffer has every name once, each time it is asked for")
    func longListing() throws {
        let names = (0..<900).map { number -> ByteString in
            let digits = ByteString("\(number)")
            return digits + ByteString(Array(repeating: UInt8(ascii: "x"), count: 200 - digits.count))
        }
        #expect(names.reduce(0) { $0 + $1.count } > 2 * (1 << 16))
        for name in names { try directory.write(name) }
        for _ in 0..<2 {
            let found = try directory.names()
            #expect(found.count == names.count)
            #expect(Set(found) == Set(names))
        }
    }

    @Test("the listing of what is no directory any more is an error that says so")
    func goneListing() throws {
        let gone = try scratch.folder("gone")
        try directory.removeDirectory("gone")
        #expect(failure { _ = try gone.names() }?.isNotFound == true)
        try directory.write("file")
        #expect(failure { _ = try directory.child("file") }?.code == ENOTDIR)
    }

    // MARK: Renames

    @Test("a rename that keeps what is there says so and changes nothing", arguments: [true, false])
    func renameKeeps(_ isFolder: Bool) throws {
        try directory.write("new", "new")
        if isFolder { try scratch.folder("old/inner") } else { try directory.write("old", "old") }
        #expect(try directory.rename("new", to: "old", in: directory, keepExisting: true) == false)
        #expect(try directory.read("new") == "new")
        #expect(try directory.status("old").kind == (isFolder ? .directory : .file))
        #expect(try directory.rename("new", to: "free", in: directory, keepExisting: true))
        #expect(try directory.names().sorted() == ["free", "old"])
    }

    @Test("a rename without that puts a file in place of a file, and no directory in place of a filled one")
    func renameReplaces() throws {
        try directory.write("new", "new")
        try directory.write("old", "old")
        #expect(try directory.rename("new", to: "old", in: directory))
        #expect(try directory.read("old") == "new")
        try scratch.folder("filled/inner")
        try scratch.folder("folder")
        #expect(failure { try directory.rename("folder", to: "filled", in: directory) }?.code == ENOTEMPTY)
        #expect(try directory.rename("folder", to: "filled", in: directory, keepExisting: true) == false)
    }

    @Test("a rename moves a link, not what it leads to, and goes between directories")
    func renameOfLinks() throws {
        let other = try scratch.folder("other")
        try directory.makeSymlink("link", target: "/etc/passwd")
        try directory.rename("link", to: "moved", in: other)
        #expect(try other.linkTarget("moved") == "/etc/passwd")
        #expect(failure { try directory.rename("link", to: "x", in: other) }?.isNotFound == true)
    }

    // MARK: Files without a name

    @Test("a file without a name leaves no trace until it is named, and no name is taken from another")
    func nameless() throws {
        let file = try directory.openNameless(mode: 0o640)
        try file.write(Array("content".utf8))
        #expect(try directory.names().isEmpty)
        #expect(try file.status().links == 0)
        try directory.write("taken", "old")
        #expect(try directory.give(file, name: "taken") == false)
        #expect(try directory.read("taken") == "old")
        #expect(try directory.give(file, name: "given"))
        #expect(try directory.read("given") == "content")
        #expect(try directory.status("given").links == 1)
        #expect(try directory.give(file, name: "again"))
        #expect(try directory.status("again").inode == directory.status("given").inode)
    }

    @Test("a nameless file that was closed cannot come back")
    func namelessIsGone() throws {
        do { _ = try directory.openNameless(mode: 0o600) }
        #expect(try directory.names().isEmpty)
    }

    // MARK: Links and nodes

    @Test("a hard link is one more name of the entry itself, a link's of the link")
    func hardLinks() throws {
        try directory.write("file", "text")
        try directory.makeSymlink("link", target: "file")
        try directory.makeLink("second", to: "file", in: directory)
        try directory.makeLink("second-link", to: "link", in: directory)
        #expect(try directory.status("second").inode == directory.status("file").inode)
        #expect(try directory.status("second-link").kind == .symlink)
        #expect(try directory.status("file").links == 2)
    }

    @Test("a link's text comes back whole, however long and odd", arguments: [1, 255, 4095])
    func longTargets(_ length: Int) throws {
        let target = ByteString((0..<length).map { UInt8($0 % 255 + 1) })
        try directory.makeSymlink("link", target: target)
        #expect(try directory.linkTarget("link") == target)
        #expect(failure { try directory.makeSymlink("x", target: target + ByteString([0])) }?.code == EINVAL)
    }

    @Test("fifos and sockets are told as what they are, and opening a fifo without waiting does not wait")
    func nodes() throws {
        try directory.makeNode("fifo", kind: .fifo, mode: 0o600)
        try directory.makeNode("socket", kind: .socket, mode: 0o600)
        #expect(try directory.status("fifo").kind == .fifo)
        #expect(try directory.status("socket").kind == .socket)
        _ = try directory.open("fifo", flags: O_RDONLY | O_NONBLOCK)
        #expect(failure { _ = try directory.open("socket", flags: O_RDONLY) }?.code == ENXIO)
    }

    @Test("a device has the number it was made with, others have none", .enabled(if: isRoot))
    func devices() throws {
        let null: UInt64 = 1 << 8 | 3
        try directory.makeNode("null", kind: .characterDevice, mode: 0o666, device: null)
        #expect(try directory.status("null").specialDevice == null)
        #expect(try directory.status("null").kind == .characterDevice)
        try directory.write("file")
        #expect(try directory.status("file").specialDevice == 0)
    }
}
