import Bytes
import OCI
import TestSupport
import Testing
import Trees

@Suite("Link sets")
struct LinkSetTests {
    private let trees = MemoryTrees()

    private func edit(_ tree: Tree, _ change: (TreeEditor) throws -> Void) throws -> Tree {
        let editor = try TreeEditor(tree, source: trees)
        try change(editor)
        return try editor.commit(into: trees)
    }

    private func sets(_ tree: Tree, at path: ByteString) throws -> [[ByteString]] {
        let entry = try #require(try trees.entry(at: TreePath(parsing: path), in: tree))
        guard case .directory(let hash) = entry.node else { return [] }
        return try trees.directoryObject(hash).linkSets
    }

    @Test("a set is listed in each directory where it parts, by the first member of each child")
    func placement() throws {
        let tree = try tree {
            file("a/d/x")
            hardLink("a/d/y", to: "a/d/x")
            hardLink("a/e", to: "a/d/x")
            hardLink("b/z", to: "a/d/x")
        }.tree(into: trees)
        #expect(try sets(tree, at: "/") == [["a/d/x", "b/z"]])
        #expect(try sets(tree, at: "a") == [["d/x", "e"]])
        #expect(try sets(tree, at: "a/d") == [["x", "y"]])
        #expect(try sets(tree, at: "b") == [])
    }

    @Test("the editor lists sets where the tree built from nothing does")
    func editorAgrees() throws {
        let paths = ["a/d/x", "a/d/y", "a/e", "b/z"].map { TreePath(parsing: $0) }
        let edited = try edit(.empty) { editor in
            for path in paths.reversed() { try editor.set(path, .file("")) }
            try editor.link(paths.reversed())
        }
        var model = FileModel()
        model.write(paths, .file(""))
        #expect(try edited == model.tree(into: trees))
    }

    @Test("the order of edits does not matter", arguments: 0..<20)
    func order(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let paths: [TreePath] = ["a/1", "a/2", "b/1", "b/c/2", "d"].map { TreePath(parsing: $0) }
        let edited = try edit(.empty) { editor in
            for path in paths.shuffled(using: &generator) { try editor.set(path, .file("x")) }
            var groups = [Array(paths[0...1]), Array(paths[2...4])]
            groups.shuffle(using: &generator)
            for group in groups { try editor.link(group.shuffled(using: &generator)) }
        }
        var model = FileModel()
        model.write(Array(paths[0...1]), .file("x"))
        model.write(Array(paths[2...4]), .file("x"))
        #expect(try edited == model.tree(into: trees))
    }

    @Test(
        "a member that goes leaves the others as a set, or none at all",
        arguments: ["a/d/x", "a/d/y", "a/e", "b/z", "a/d", "a", "b"] as [ByteString]
    )
    func memberGoes(_ gone: ByteString) throws {
        var model = FileModel()
        model.write(["a/d/x", "a/d/y", "a/e", "b/z"].map { TreePath(parsing: $0) }, .file(""))
        let before = try model.tree(into: trees)
        let after = try edit(before) { try $0.remove(TreePath(parsing: gone)) }
        model.remove(TreePath(parsing: gone))
        #expect(try after == model.tree(into: trees))
    }

    @Test("a file written through one name leaves its set in a directory that the edit never names")
    func copyUp() throws {
        var model = tree {
            file("a/x", "old")
            hardLink("b/y", to: "a/x")
        }
        let before = try model.tree(into: trees)
        let after = try edit(before) { try $0.set(TreePath(parsing: "b/y"), .file("old")) }
        #expect(after != before)
        #expect(try sets(after, at: "/") == [])
        model.write(TreePath(parsing: "b/y"), .file("old"))
        #expect(try after == model.tree(into: trees))
    }

    @Test("as many sets as files are no trouble")
    func manySets() throws {
        func path(_ text: String) -> TreePath { TreePath(parsing: ByteString(text)) }
        let names = (0..<5_000).map { (path("cache/\($0 / 100)/\($0)"), path("project/\($0 % 70)/\($0)")) }
        let before = try edit(.empty) { editor in
            for (cached, used) in names {
                try editor.set(cached, .file("x"))
                try editor.set(used, .file("x"))
                try editor.link([cached, used])
            }
        }
        #expect(try sets(before, at: "/").count == 5_000)
        let after = try edit(before) { try $0.remove(path("cache")) }
        let wanted = try edit(.empty) { editor in for (_, used) in names { try editor.set(used, .file("x")) } }
        #expect(after == wanted)
    }

    @Test("one file with thousands of names is no trouble: replaced name by name, copied twice, removed")
    func largeSet() throws {
        let count = 5_000
        let names = (0..<count).map { TreePath(parsing: ByteString("m/\($0 % 7)/\($0)")) }
        let smallest = names.min()
        let delta = Delta(
            entries: names.sorted().enumerated().map { index, path in
                let first = index == 0 ? nil : smallest
                return .init(path: path, change: .write(.file("x"), modified: FileTime(seconds: 1), linkedTo: first))
            }
        )
        let once = try edit(.empty) { try $0.apply(delta) }
        #expect(try sets(once, at: "m").map(\.count) == [7])
        let twice = try edit(once) { try $0.apply(delta) }
        #expect(twice == once)
        var generator = SeededGenerator(seed: 1)
        let (gone, kept) = (names[..<(count / 2)], names[(count / 2)...])
        let half = try edit(once) { editor in
            for name in gone.shuffled(using: &generator) { try editor.remove(name) }
        }
        let wanted = try edit(.empty) { editor in
            for name in kept { try editor.set(name, .file("x")) }
            try editor.link(Array(kept))
        }
        #expect(half == wanted)
    }

    @Test("a member that is replaced and linked again and again leaves no trace", arguments: 0..<8)
    func replacedAgain(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let paths = (0..<9).map { TreePath(parsing: ByteString("\($0 % 3)/\($0 % 2)/\($0)")) }
        var model = FileModel()
        model.write(paths, .file("x"))
        let before = try model.tree(into: trees)
        let after = try edit(before) { editor in
            for _ in 0..<30 {
                let path = generator.pick(paths) ?? paths[0]
                try editor.set(path, .file("y"))
                model.write(path, .file("y"))
            }
            try editor.link(paths.filter { model.file(at: $0) == .file("y") })
        }
        let others = paths.filter { model.file(at: $0) == .file("y") }
        model.write(others, .file("y"))
        #expect(try after == model.tree(into: trees))
    }

    @Test("a directory with a set of its own can be moved as it is")
    func moved() throws {
        let before = try tree {
            file("a/x")
            hardLink("a/y", to: "a/x")
        }.tree(into: trees)
        let entry = try #require(try trees.entry(at: TreePath(parsing: "a"), in: before))
        let after = try edit(before) { editor in
            try editor.remove(TreePath(parsing: "a"))
            try editor.set(TreePath(parsing: "b"), entry)
        }
        let wanted = tree {
            file("b/x")
            hardLink("b/y", to: "b/x")
        }
        #expect(try after == wanted.tree(into: trees))
    }
}
