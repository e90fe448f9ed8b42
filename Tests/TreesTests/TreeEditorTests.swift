import Bytes
import OCI
import TestSupport
import Testing
import Trees

@Suite("Tree editor")
struct TreeEditorTests {
    /// Counts what is read and written, in place of a store.
    final class CountingTrees: TreeSource, TreeSink, @unchecked Sendable {
        // Unchecked: each test uses it from one task only.
        let trees = MemoryTrees()
        var read = 0
        var written = 0

        func directoryObject(_ hash: ContentHash) throws -> DirectoryObject {
            read += 1
            return try trees.directoryObject(hash)
        }

        func put(_ object: DirectoryObject) throws -> ContentHash {
            written += 1
            return trees.put(object)
        }
    }

    @Test("an edit reads and writes only the directories on its way")
    func costsItsPath() throws {
        let trees = CountingTrees()
        var model = FileModel()
        for index in 0..<400 {
            model.write(TreePath(parsing: ByteString("d\(index / 20)/e\(index % 20)/f")), .file(""))
        }
        let before = try model.tree(into: trees)
        trees.read = 0
        trees.written = 0
        let editor = try TreeEditor(before, source: trees)
        try editor.set(TreePath(parsing: "d3/e4/f"), .file("new"))
        _ = try editor.commit(into: trees)
        #expect(trees.read == 3)
        #expect(trees.written == 3)
    }

    @Test("a tree that was not changed is not written again")
    func unchanged() throws {
        let trees = CountingTrees()
        let before = try tree { file("a/b") }.tree(into: trees)
        trees.written = 0
        let editor = try TreeEditor(before, source: trees)
        try editor.remove(TreePath(parsing: "a/none"))
        try editor.remove(TreePath(parsing: "none/none"))
        #expect(try editor.commit(into: trees) == before)
        #expect(trees.written == 0)
    }

    @Test("missing parents are made, and a file in their place is replaced")
    func parents() throws {
        let trees = MemoryTrees()
        let editor = try TreeEditor(tree { file("a", "file") }.tree(into: trees), source: trees)
        try editor.set(TreePath(parsing: "a/b/c"), .file("x"))
        #expect(try editor.commit(into: trees) == tree { file("a/b/c", "x") }.tree(into: trees))
    }

    @Test("a path as deep as there may be one is no trouble, made, linked, replaced and removed")
    func deep() throws {
        let trees = MemoryTrees()
        let folder = TreePath(Array(repeating: "d", count: TreePath.depthLimit - 1))
        let (path, link) = (folder.appending("f"), folder.appending("g"))
        let editor = try TreeEditor(.empty, source: trees)
        try editor.set(path, .file("x"))
        try editor.set(link, .file("x"))
        try editor.link([path, link])
        let result = try editor.commit(into: trees)
        #expect(try trees.entry(at: path, in: result) == .file("x"))
        let next = try TreeEditor(result, source: trees)
        try next.set(TreePath(["above"]), .file("x"))
        try next.link([path, link, TreePath(["above"])])
        let linked = try next.commit(into: trees)
        let last = try TreeEditor(linked, source: trees)
        try last.setDirectory(folder, Attributes(mode: 0o700))
        try last.remove(TreePath(["d"]))
        try last.remove(TreePath(["above"]))
        #expect(try last.commit(into: trees) == .empty)
    }

    @Test("the depth limit counts components, and a message shows a deep path by its ends")
    func depthLimit() {
        let deep = TreePath(Array(repeating: "d", count: TreePath.depthLimit))
        #expect(!deep.isTooDeep)
        #expect(deep.appending("f").isTooDeep)
        #expect(deep.appending("f").shortened == "/d/d/d/d/d/…/d/f")
        #expect(TreePath(parsing: "a/b\u{1}").shortened == "/a/b\\x01")
        let long = TreePath([ByteString(Array(repeating: 0x6E, count: 255))])
        #expect(long.shortened == "/" + String(repeating: "n", count: 61) + "...")
    }

    @Test("a directory object that is missing is an error")
    func missingObject() throws {
        let trees = MemoryTrees()
        let before = try tree { file("a/b") }.tree(into: trees)
        #expect(throws: MissingDirectoryObject.self) { try TreeEditor(before, source: MemoryTrees()) }
    }
}
