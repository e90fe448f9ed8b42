import Bytes
import Layers
import OCI
import Testing
import Trees

@testable import Execution

@Suite("Owners by name and number", .enabled(if: isRoot))
struct OwnerLookupTests {
    private let bench: CopyBench
    private let lookup: OwnerLookup

    init() throws {
        bench = try CopyBench()
        lookup = OwnerLookup(
            below: try bench.below { writer in
                try writer.file(
                    "etc/passwd",
                    """
                    root:x:0:0:root:/root:/bin/sh
                    # a comment
                    broken
                    user:x:1000:1001:User:/home/user:/bin/sh
                    user:x:2000:2001:a second one of that name::
                    77:x:88:89:a name of digits::
                    large:x:4294967296:5::

                    """
                )
                try writer.file("etc/group", "root:x:0:\nstaff:x:50:user\nuser:x:1001:\n")
            }
        )
    }

    struct Case: CustomTestStringConvertible {
        let text: ByteString
        let uid: UInt32
        let gid: UInt32

        init(_ text: ByteString, _ uid: UInt32, _ gid: UInt32) { (self.text, self.uid, self.gid) = (text, uid, gid) }

        var testDescription: String { text.text }
    }

    @Test(
        "a text is an owner",
        arguments: [
            Case("0", 0, 0), Case("5", 5, 5), Case("5:6", 5, 6), Case("5:", 5, 5), Case(":6", 0, 6), Case(":", 0, 0),
            Case("", 0, 0), Case("2147483647:2147483647", .max >> 1, .max >> 1), Case("007:08", 7, 8),
            Case("user", 1000, 1001), Case("user:", 1000, 1001), Case("user:staff", 1000, 50), Case("user:9", 1000, 9),
            Case("5:staff", 5, 50), Case(":staff", 0, 50), Case("root", 0, 0), Case("root:user", 0, 1001),
            Case("1000", 1000, 1000), Case("77", 77, 77),
        ]
    )
    func known(_ expected: Case) throws {
        let owner = try lookup.owner(expected.text)
        #expect((owner.uid, owner.gid) == (expected.uid, expected.gid))
    }

    @Test(
        "a name that nobody has, and a number that is none, is refused with the text as it was given",
        arguments: [
            "absent", "user:absent", "absent:absent", "5:absent", ":absent", "broken", "User", "large", "2147483648",
            "4294967296", "4294967296:0", "0:4294967296", "18446744073709551616", "-1", "0:-1", "0x0", "1 ",
            "user:staff:x",
            "user\0",
        ] as [ByteString]
    )
    func unknown(_ text: ByteString) {
        let error = failure { _ = try lookup.owner(text) } as? ExecutionError
        guard case .unknownOwner(text, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.message.contains("\"\(text.escaped)\"") == true)
    }

    @Test("numbers need no files, names need them")
    func withoutFiles() throws {
        let empty = OwnerLookup(below: .nothing)
        #expect(try empty.owner("5:6") == (5, 6))
        #expect(failure { _ = try empty.owner("root") } is ExecutionError)
    }

    @Test("the files are found through links, inside the tree alone, and a directory or link in a circle is none")
    func throughLinks() throws {
        let linked = try CopyBench()
        let below = try linked.below { writer in
            try writer.file("real/passwd", "user:x:3:4::/:\n")
            try writer.link("etc/passwd", to: "../../../real/passwd")
            try writer.directory("etc/group")
        }
        #expect(try OwnerLookup(below: below).owner("user") == (3, 4))
        #expect(failure { _ = try OwnerLookup(below: below).owner("user:root") } is ExecutionError)
        let circle = try CopyBench()
        let looped = try circle.below { try $0.link("etc/passwd", to: "passwd") }
        #expect(failure { _ = try OwnerLookup(below: looped).owner("user") } != nil)
    }
}
