import Bytes
import OCI
import TestSupport
import Testing
import Trees

@Suite("Paths in a tree")
struct ResolutionTests {
    private let trees = MemoryTrees()

    private func sample() throws -> Tree {
        try tree {
            file("etc/passwd")
            file("usr/lib/x")
            link("lib", to: "usr/lib")
            link("abs", to: "/usr/lib")
            link("up", to: "../../usr")
            link("usr/out", to: "../../../etc")
            link("chain", to: "chain2")
            link("chain2", to: "abs")
            link("loop", to: "loop2")
            link("loop2", to: "loop")
            link("self", to: "self")
            link("dangling", to: "none/there")
            link("back", to: "none/../etc")
            link("tofile", to: "etc/passwd")
            link("usr/lib/y", to: "x")
            link("root", to: "/")
        }.tree(into: trees)
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let text: ByteString
        let path: ByteString
        var missing: [ByteString] = []
        var base: ByteString = "/"
        var follows = true
        var testDescription: String { "\(base) \(text)" }
    }

    @Test(
        "a path leads where a process in a chroot would get",
        arguments: [
            Row(text: "/etc/passwd", path: "etc/passwd"),
            Row(text: "etc/passwd", path: "etc/passwd"),
            Row(text: "", path: ""),
            Row(text: "/", path: ""),
            Row(text: "//etc//./passwd", path: "etc/passwd"),
            Row(text: "/../../etc", path: "etc"),
            Row(text: "/lib/x", path: "usr/lib/x"),
            Row(text: "/lib/../..", path: ""),
            Row(text: "/lib/..", path: "usr"),
            Row(text: "/abs/x", path: "usr/lib/x"),
            Row(text: "/up/lib", path: "usr/lib"),
            Row(text: "/usr/out/passwd", path: "etc/passwd"),
            Row(text: "/chain/x", path: "usr/lib/x"),
            Row(text: "/lib/y", path: "usr/lib/x"),
            Row(text: "/root/root/etc", path: "etc"),
            Row(text: "x", path: "usr/lib/x", base: "usr/lib"),
            Row(text: "../../etc", path: "etc", base: "usr/lib"),
            Row(text: "/etc", path: "etc", base: "usr/lib"),
            Row(text: "lib", path: "lib", follows: false),
            Row(text: "lib/y", path: "usr/lib/y", follows: false),
            Row(text: "tofile", path: "tofile", follows: false),
            Row(text: "loop", path: "loop", follows: false),
            // What is missing is told, taken as it would be made.
            Row(text: "none", path: "none", missing: ["none"]),
            Row(text: "/lib/a/b/../c", path: "usr/lib/a/c", missing: ["a", "c"]),
            Row(text: "none/../etc/passwd", path: "etc/passwd"),
            Row(text: "a/b/../../../etc", path: "etc"),
            Row(text: "dangling", path: "none/there", missing: ["none", "there"]),
            Row(text: "dangling/more", path: "none/there/more", missing: ["none", "there", "more"]),
            Row(text: "back/passwd", path: "etc/passwd"),
            Row(text: "x", path: "none/x", missing: ["none", "x"], base: "none"),
        ]
    )
    func leads(_ row: Row) throws {
        let tree = try sample()
        let base = TreePath(parsing: row.base)
        let found = try trees.resolve(row.text, in: tree, from: base, followsLast: row.follows)
        #expect(found.path == TreePath(parsing: row.path))
        #expect(found.missing == row.missing)
        let entry = try trees.entry(at: found.path, in: tree)
        #expect(found.entry == entry)
        #expect((found.entry == nil) == !row.missing.isEmpty)
        let again = try resolve(row.text, from: base, followsLast: row.follows) { try trees.entry(at: $0, in: tree) }
        #expect(again == found)
    }

    @Test("a loop of links ends in an error", arguments: ["loop", "self", "loop/x", "/loop2/../x"] as [ByteString])
    func loops(_ text: ByteString) throws {
        let tree = try sample()
        #expect(throws: ResolutionError.tooManyLinks(text)) { try trees.resolve(text, in: tree) }
    }

    @Test(
        "nothing is below a file",
        arguments: ["etc/passwd/x", "tofile/x", "etc/passwd/..", "etc/passwd/.", "tofile/../passwd"] as [ByteString]
    )
    func belowFile(_ text: ByteString) throws {
        let tree = try sample()
        #expect(throws: ResolutionError.notADirectory(TreePath(parsing: "etc/passwd"))) {
            try trees.resolve(text, in: tree)
        }
    }

    @Test("255 links are followed, one more is not", arguments: [255, 256])
    func manyLinks(_ count: Int) throws {
        var model = tree { file("l0") }
        for i in 1...count { model.write(TreePath(parsing: ByteString("l\(i)")), .symlink(ByteString("l\(i - 1)"))) }
        let tree = try model.tree(into: trees)
        let text = ByteString("l\(count)")
        if count == 255 {
            #expect(try trees.resolve(text, in: tree).path == TreePath(parsing: "l0"))
        } else {
            #expect(throws: ResolutionError.tooManyLinks(text)) { try trees.resolve(text, in: tree) }
        }
    }

    @Test(
        "paths are read lexically",
        arguments: zip(
            ["/a/b/", "a//./b", "a/../b", "../..", "", "./a"] as [ByteString],
            ["a/b", "a/b", "b", "", "", "a"] as [ByteString]
        )
    )
    func parsing(_ text: ByteString, _ wanted: ByteString) {
        #expect(TreePath(parsing: text).bytes == wanted)
    }

    @Test("a directory sorts right before what is in it")
    func pathOrder() {
        let paths = ["a", "a/x", "a-b", "a-b/y", "b"].map { TreePath(parsing: $0) }
        #expect(paths.reversed().sorted() == paths)
    }
}
