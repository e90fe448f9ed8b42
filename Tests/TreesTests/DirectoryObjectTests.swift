import Bytes
import OCI
import TestSupport
import Testing
import Trees

@Suite("Directory objects")
struct DirectoryObjectTests {
    /// One child of every kind, and a link set.
    static let full = DirectoryObject(
        children: [
            .init(name: "block", entry: TreeEntry(.blockDevice(0x0801), Attributes(mode: 0o660, gid: 6))),
            .init(name: "char", entry: TreeEntry(.characterDevice(0x0103), Attributes(mode: 0o666))),
            .init(name: "dir", entry: TreeEntry(.directory(DirectoryObject.empty.hash), Attributes(mode: 0o1777))),
            .init(name: "e\u{301}", entry: .file("", mode: 0)),
            .init(name: "fifo", entry: TreeEntry(.fifo, Attributes(mode: 0o600, uid: .max, gid: .max))),
            .init(
                name: "file",
                entry: .file(
                    "text",
                    mode: 0o4755,
                    uid: 1000,
                    xattrs: [Xattr(name: "user.a", value: "1"), Xattr(name: "user.b", value: "")]
                )
            ),
            .init(name: "link", entry: .symlink("../to")),
            .init(name: "socket", entry: TreeEntry(.socket, Attributes(mode: 0o755))),
            .init(name: "\u{E9}", entry: .file("text")),
        ],
        linkSets: [["dir/x", "file"], ["fifo", "\u{E9}"]]
    )

    @Test("what is encoded reads back the same", arguments: [DirectoryObject.empty, full])
    func readsBack(_ object: DirectoryObject) throws {
        let again = try DirectoryObject(encoded: object.encoded)
        #expect(again == object)
        #expect(again.hash == object.hash)
        #expect(again.encoded == object.encoded)
    }

    @Test("an encoding cut short anywhere is refused")
    func cutShort() {
        let bytes = DirectoryObjectTests.full.encoded
        let accepted = bytes.indices.filter { (try? DirectoryObject(encoded: Array(bytes[..<$0]))) != nil }
        #expect(accepted == [])
    }

    @Test("bytes after the end are refused")
    func longer() {
        #expect(throws: MalformedDirectoryObject.self) {
            try DirectoryObject(encoded: DirectoryObjectTests.full.encoded + [0])
        }
    }

    @Test("a changed byte gives another object or none, and no trap")
    func changedBytes() {
        let bytes = DirectoryObjectTests.full.encoded
        var same: [Int] = []
        for index in bytes.indices {
            for flip in [UInt8(1), 0x80, 0xFF] {
                var changed = bytes
                changed[index] ^= flip
                if let object = try? DirectoryObject(encoded: changed), object == DirectoryObjectTests.full {
                    same.append(index)
                }
            }
        }
        #expect(same == [])
    }

    @Test("random bytes are refused, and no trap")
    func randomBytes() {
        var generator = SeededGenerator(seed: 7)
        var accepted = 0
        let head = DirectoryObject.empty.encoded.dropLast(16)
        for _ in 0..<2_000 {
            let tail = (0..<generator.below(80)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            if (try? DirectoryObject(encoded: head + tail)) != nil { accepted += 1 }
        }
        #expect(accepted == 0)
    }

    struct Malformed: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let object: DirectoryObject
    }

    private static func children(_ names: [ByteString], mode: UInt16 = 0o644) -> DirectoryObject {
        DirectoryObject(children: names.map { .init(name: $0, entry: .file("", mode: mode)) })
    }

    private static func sets(_ sets: [[ByteString]]) -> DirectoryObject {
        DirectoryObject(children: children(["a", "b", "c", "d"]).children, linkSets: sets)
    }

    @Test(
        "an object that no directory can have is refused",
        arguments: [
            Malformed(testDescription: "a name twice", object: children(["a", "a"])),
            Malformed(testDescription: "names not sorted", object: children(["b", "a"])),
            Malformed(testDescription: "an empty name", object: children([""])),
            Malformed(testDescription: "the name .", object: children(["."])),
            Malformed(testDescription: "the name ..", object: children([".."])),
            Malformed(testDescription: "a slash in a name", object: children(["a/b"])),
            Malformed(testDescription: "NUL in a name", object: children(["a\0b"])),
            Malformed(testDescription: "a mode above 07777", object: children(["a"], mode: 0o10000)),
            Malformed(testDescription: "a link set of one", object: sets([["a"]])),
            Malformed(testDescription: "a link set that is not sorted", object: sets([["b", "a"]])),
            Malformed(testDescription: "a name twice in a link set", object: sets([["a", "a"]])),
            Malformed(testDescription: "link sets that are not sorted", object: sets([["c", "d"], ["a", "b"]])),
            Malformed(testDescription: "a link set twice", object: sets([["a", "b"], ["a", "b"]])),
        ]
    )
    func malformed(_ malformed: Malformed) {
        #expect(throws: MalformedDirectoryObject.self) { try DirectoryObject(encoded: malformed.object.encoded) }
    }

    @Test("an object of another version is refused")
    func otherVersion() {
        var encoder = CanonicalEncoder(domain: "tree.directory.2")
        encoder.append(UInt64(0))
        encoder.append(UInt64(0))
        #expect(throws: MalformedDirectoryObject.self) { try DirectoryObject(encoded: encoder.bytes) }
    }

    @Test("a name is found among many, and its neighbours are not taken for it")
    func lookUp() {
        let names = (0..<1_000).map { ByteString("n\($0)") }.sorted()
        let object = DirectoryObject(children: names.map { .init(name: $0, entry: .file($0)) })
        #expect(names.allSatisfy { object[$0] == .file($0) })
        #expect(object["n"] == nil)
        #expect(object["n1000"] == nil)
        #expect(object["z"] == nil)
        #expect(DirectoryObject.empty["a"] == nil)
    }
}
