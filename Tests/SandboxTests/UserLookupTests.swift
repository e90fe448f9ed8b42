import Bytes
import Glibc
import Linux
import Sandbox
import Testing

@Suite("Looking up a USER")
struct UserLookupTests {
    private static let passwd = """
        root:x:0:0:root:/root:/bin/sh
        # a comment
        broken line
        user:x:1000:1000:A User:/home/user:/bin/sh
        nohome:x:1001:1001:::
        42:x:77:78::/forty:/bin/sh
        user:x:5:5::/second:/bin/sh
        """
    private static let group = """
        root:x:0:
        wheel:x:10:root,user
        staff:x:50:user
        empty:x:51:
        staff:x:60:
        """

    struct Case: CustomTestStringConvertible, Sendable {
        var text: ByteString
        var expected: UserIdentity

        init(_ text: ByteString, _ uid: UInt32, _ gid: UInt32, _ groups: [UInt32], _ home: ByteString) {
            self.text = text
            expected = UserIdentity(uid: uid, gid: gid, supplementaryGroups: groups, home: home)
        }

        var testDescription: String { "\"\(text)\"" }
    }

    private func lookup() throws -> UserLookup {
        try UserLookup(passwd: Array(Self.passwd.utf8), group: Array(Self.group.utf8))
    }

    @Test(
        "finds user, group, further groups and home as BuildKit does",
        arguments: [
            Case("", 0, 0, [10], "/root"),
            Case("root", 0, 0, [10], "/root"),
            Case("user", 1000, 1000, [10, 50], "/home/user"),
            Case("1000", 1000, 1000, [10, 50], "/home/user"),
            Case("1000:", 1000, 1000, [10, 50], "/home/user"),
            Case("user:staff", 1000, 50, [], "/home/user"),
            Case("user:999", 1000, 999, [], "/home/user"),
            Case("1234", 1234, 0, [], "/"),
            Case("1234:5678", 1234, 5678, [], "/"),
            Case(":50", 0, 50, [], "/root"),
            Case("0:50", 0, 50, [], "/root"),
            Case("nohome", 1001, 1001, [], "/"),
            Case("42", 42, 0, [], "/"),
            Case("2147483647", 2_147_483_647, 0, [], "/"),
        ]
    )
    func found(_ row: Case) throws {
        #expect(try lookup().identity(for: row.text) == row.expected)
    }

    @Test(
        "names what is not found or out of range",
        arguments: [
            ("nobody", "unable to find user nobody: no matching entries in passwd file"),
            ("user:nogroup", "unable to find group nogroup: no matching entries in group file"),
            ("-1", "USER -1: uids and gids must be in range 0-2147483647"),
            ("2147483648", "USER 2147483648: uids and gids must be in range 0-2147483647"),
            ("4294967296", "USER 4294967296: uids and gids must be in range 0-2147483647"),
            ("0:99999999999999999999", "USER 0:99999999999999999999: uids and gids must be in range 0-2147483647"),
            (" 0", "unable to find user  0: no matching entries in passwd file"),
            ("0x0", "unable to find user 0x0: no matching entries in passwd file"),
        ]
    )
    func refused(text: String, message: String) throws {
        #expect(throws: SandboxError.noSuchUser(message)) { try lookup().identity(for: ByteString(text)) }
    }

    @Test("knows numbers, and user 0, without any files")
    func withoutFiles() throws {
        let lookup = try UserLookup(passwd: [], group: [])
        #expect(try lookup.identity(for: "") == UserIdentity(uid: 0, gid: 0, home: "/"))
        #expect(try lookup.identity(for: "7:8") == UserIdentity(uid: 7, gid: 8, home: "/"))
        #expect(throws: SandboxError.self) { try lookup.identity(for: "root") }
    }

    @Test("refuses a passwd file of more than 10 MiB")
    func largeFile() {
        let large = [UInt8](repeating: 0x61, count: UserLookup.maximumFileSize + 1)
        #expect(throws: SandboxError.self) { try UserLookup(passwd: large, group: []) }
    }

    @Test("reads the image's files beneath its root, links followed there, and no fifo", .enabled(if: canRunSteps))
    func files() throws {
        let root = try BusyboxRoot()
        let base = try root.base
        #expect(try UserLookup(root: base).identity(for: "user").supplementaryGroups == [2000])
        let etc = try base.child("etc")
        try etc.removeFile("passwd")
        try etc.makeSymlink("passwd", target: "/../../../other")
        #expect(throws: SandboxError.self) { try UserLookup(root: base).identity(for: "user") }
        try root.write(Array("user:x:9:9::/:\n".utf8), to: "other", in: base)
        #expect(try UserLookup(root: base).identity(for: "user").uid == 9)
        try etc.removeFile("group")
        try etc.makeNode("group", kind: .fifo, mode: 0o644)
        #expect(throws: SandboxError.self) { try UserLookup(root: base) }
    }
}
