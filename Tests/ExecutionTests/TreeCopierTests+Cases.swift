import Bytes
import Layers
import Testing

extension TreeCopierTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        /// What is there before.
        var below: @Sendable (UpperWriter) throws -> Void = { _ in }
        let instruction: CopyBench.Instruction
        let expected: [String]

        init(
            _ name: String,
            over below: @escaping @Sendable (UpperWriter) throws -> Void = { _ in },
            _ instruction: CopyBench.Instruction,
            _ expected: String...
        ) {
            testDescription = name
            self.below = below
            self.instruction = instruction
            self.expected = expected
        }
    }

    private static func copy(
        _ words: ByteString...,
        to destination: ByteString,
        mode: ByteString? = nil,
        owner: (UInt32, UInt32)? = nil
    ) -> CopyBench.Instruction {
        var instruction = CopyBench.Instruction(words, to: destination)
        instruction.mode = mode
        instruction.owner = owner.map { (uid: $0.0, gid: $0.1) }
        return instruction
    }

    static let files = [
        Case("a file under a new name", copy("a", to: "/new"), "/new file 644"),
        Case("a file into a folder that is not there", copy("a", to: "/x/"), "/x directory 755", "/x/a file 644"),
        Case(
            "missing parents are made",
            copy("b", to: "/x/y/z"),
            "/x directory 755",
            "/x/y directory 755",
            "/x/y/z file 600"
        ),
        Case(
            "a file into a folder that is there, which keeps its mode",
            over: { try $0.directory("x", mode: 0o700, uid: 5) },
            copy("a", to: "/x"),
            "/x directory 700 5:0",
            "/x/a file 644"
        ),
        Case(
            "a file in place of a file",
            over: { try $0.file("x", "old", mode: 0o777) },
            copy("a", to: "/x"),
            "/x file 644"
        ),
        Case(
            "two files of one word",
            copy("[ab]", to: "/x/"),
            "/x directory 755",
            "/x/a file 644",
            "/x/b file 600"
        ),
        Case(
            "several words",
            copy("b", "dir/c", "a", to: "/x/"),
            "/x directory 755",
            "/x/a file 644",
            "/x/b file 600",
            "/x/c file 755"
        ),
        Case(
            "a link as a source is followed",
            copy("dir/link", to: "/x/"),
            "/x directory 755",
            "/x/link file 644"
        ),
    ]

    static let directories = [
        Case(
            "a directory's contents, nested directories with the modes of the source",
            copy("dir", to: "/x"),
            "/x directory 755",
            "/x/c file 755",
            "/x/inner directory 711",
            "/x/inner/d file 644",
            "/x/link link 777 -> ../a"
        ),
        Case(
            "into a directory that is there: it keeps its mode, nested ones take the source's, others stay",
            over: {
                try $0.directory("x", mode: 0o700, uid: 5)
                try $0.directory("x/inner", mode: 0o1777, uid: 6)
                try $0.file("x/inner/kept")
                try $0.file("x/kept")
            },
            copy("dir", to: "/x"),
            "/x directory 700 5:0",
            "/x/c file 755",
            "/x/inner directory 711",
            "/x/inner/d file 644",
            "/x/link link 777 -> ../a"
        ),
        Case("an empty directory", copy("empty", to: "/x/y"), "/x directory 755", "/x/y directory 755"),
        Case(
            "into the root, which keeps its mode",
            over: { try $0.directory("", mode: 0o711) },
            copy("dir/inner/", to: "/"),
            "/ directory 711",
            "/d file 644"
        ),
        Case(
            "a file and a directory together",
            copy("a", "dir/inner", to: "/x/"),
            "/x directory 755",
            "/x/a file 644",
            "/x/d file 644"
        ),
        Case(
            "links in the target are replaced, not followed",
            over: {
                try $0.file("outside", "kept")
                try $0.directory("x")
                try $0.link("x/d", to: "/outside")
            },
            copy("dir/inner", to: "/x"),
            "/x directory 755",
            "/x/d file 644"
        ),
        Case(
            "a link of the source takes the place of a file",
            over: { try $0.file("x/link", "old") },
            copy("dir", to: "/x"),
            "/x directory 755",
            "/x/c file 755",
            "/x/inner directory 711",
            "/x/inner/d file 644",
            "/x/link link 777 -> ../a"
        ),
    ]

    static let links = [
        Case(
            "a destination that is a link to a folder",
            over: {
                try $0.directory("real", mode: 0o711)
                try $0.link("x", to: "/real")
            },
            copy("a", to: "/x/"),
            "/real directory 711",
            "/real/a file 644"
        ),
        Case(
            "links on the way, absolute and relative, that lead up beyond the root",
            over: {
                try $0.directory("one/two")
                try $0.link("one/two/up", to: "../../../../one")
                try $0.link("top", to: "/../..")
            },
            copy("a", to: "/top/one/two/up/two/up/new"),
            "/one directory 755",
            "/one/new file 644"
        ),
        Case(
            "a link to a folder that is not there yet",
            over: { try $0.link("x", to: "made/here") },
            copy("a", to: "/x/"),
            "/made directory 755",
            "/made/here directory 755",
            "/made/here/a file 644"
        ),
        Case(
            "a link to a file: the file is replaced, the link stays",
            over: {
                try $0.file("real/file", "old")
                try $0.link("x", to: "real/file")
            },
            copy("a", to: "/x"),
            "/real directory 755",
            "/real/file file 644"
        ),
        Case(
            "a directory to a link to a folder",
            over: {
                try $0.directory("real", mode: 0o700)
                try $0.link("x", to: "real")
            },
            copy("dir/inner", to: "/x"),
            "/real directory 700",
            "/real/d file 644"
        ),
        Case(
            "dots in a destination stop at the root",
            copy("a", to: "/x/../../../y/./new"),
            "/y directory 755",
            "/y/new file 644"
        ),
    ]

    static let modesAndOwners = [
        Case(
            "an octal mode goes to all that is copied and to parents, to those without special bits",
            copy("a", "dir/inner", to: "/x/y/", mode: "6751"),
            "/x directory 751",
            "/x/y directory 751",
            "/x/y/a file 6751",
            "/x/y/d file 6751"
        ),
        Case(
            "an octal mode of nested directories keeps its special bits",
            copy("dir", to: "/x", mode: "2750"),
            "/x directory 750",
            "/x/c file 2750",
            "/x/inner directory 2750",
            "/x/inner/d file 2750",
            "/x/link link 777 -> ../a"
        ),
        Case(
            "symbolic modes change those of the source, and leave parents at 0755",
            copy("dir", "b", to: "/x/y/", mode: "g+w,o-rwx,u+X"),
            "/x directory 755",
            "/x/y directory 755",
            "/x/y/b file 620",
            "/x/y/c file 770",
            "/x/y/inner directory 730",
            "/x/y/inner/d file 660",
            "/x/y/link link 777 -> ../a"
        ),
        Case(
            "a mode of a folder that is there is not changed",
            over: { try $0.directory("x", mode: 0o700) },
            copy("a", to: "/x/", mode: "0444"),
            "/x directory 700",
            "/x/a file 444"
        ),
        Case(
            "an owner is that of all that is made, links and parents too, not of what is there",
            over: { try $0.directory("x", uid: 9) },
            copy("dir", to: "/x/y/z", owner: (7, 8)),
            "/x directory 755 9:0",
            "/x/y directory 755 7:8",
            "/x/y/z directory 755 7:8",
            "/x/y/z/c file 755 7:8",
            "/x/y/z/inner directory 711 7:8",
            "/x/y/z/inner/d file 644 7:8",
            "/x/y/z/link link 777 7:8 -> ../a"
        ),
    ]

    struct Refused: CustomTestStringConvertible {
        let testDescription: String
        let below: @Sendable (UpperWriter) throws -> Void
        let instruction: CopyBench.Instruction
        let message: String

        init(
            _ name: String,
            over below: @escaping @Sendable (UpperWriter) throws -> Void,
            _ instruction: CopyBench.Instruction,
            says message: String
        ) {
            testDescription = name
            self.below = below
            self.instruction = instruction
            self.message = message
        }
    }

    static let refusedCases = [
        Refused(
            "a directory over a file",
            over: { try $0.file("x") },
            copy("dir", to: "/x"),
            says: "/x: cannot copy a directory to non-directory"
        ),
        Refused(
            "a nested directory over a file",
            over: { try $0.file("x/inner") },
            copy("dir", to: "/x"),
            says: "/x/inner: cannot copy to non-directory"
        ),
        Refused(
            "a nested directory over a link to a directory",
            over: {
                try $0.directory("real")
                try $0.link("x/inner", to: "/real")
            },
            copy("dir", to: "/x"),
            says: "/x/inner: cannot copy to non-directory"
        ),
        Refused(
            "a file over a directory in it",
            over: { try $0.directory("x/a") },
            copy("a", to: "/x/"),
            says: "/x/a: cannot replace a directory with a file"
        ),
        Refused(
            "a nested file over a directory",
            over: { try $0.directory("x/c") },
            copy("dir", to: "/x"),
            says: "/x/c: cannot replace a directory with a file"
        ),
        Refused(
            "a link over a directory",
            over: { try $0.directory("x/link") },
            copy("dir", to: "/x"),
            says: "/x/link: cannot replace a directory with a file"
        ),
        Refused(
            "a file as a folder",
            over: { try $0.file("x") },
            copy("a", to: "/x/"),
            says: "/x: is not a directory"
        ),
        Refused(
            "a parent that is a file",
            over: { try $0.file("x") },
            copy("a", to: "/x/y/z"),
            says: "/x"
        ),
        Refused("links in a circle", over: { try $0.link("x", to: "/x") }, copy("a", to: "/x/y"), says: "/x"),
        Refused("a name that marks deleted files", over: { _ in }, copy("a", to: "/.wh.a"), says: "/.wh.a"),
    ]
}
