import Bytes
import OCI
import TestSupport
import Testing
import Trees

@Suite("What steps read of a tree")
struct TreeReadTests {
    private let trees = MemoryTrees()

    private func sample() throws -> Tree {
        try tree {
            file("a.txt", "a")
            file("a.log", "l")
            file("d/b.log", "bl")
            file("d/keep", "k")
            file("d/tmp/z", "z")
            directory("d/empty")
            directory("x/a", mode: 0o700)
            file("x/a/1", "1")
            file("x/n/m/1", "3")
            file("y/b/2", "2")
            file("y/c/2", "22")
            link("link", to: "d")
            link("loop", to: "loop")
            hardLink("linked", to: "d/keep")
        }.tree(into: trees)
    }

    private func select(_ read: TreeRead) throws -> Selection { try read.selection(in: sample(), from: trees) }

    /// The paths in what was selected, all directories with a slash.
    private func paths(_ selection: Selection) throws -> [ByteString] {
        try selection.items.flatMap { item -> [ByteString] in
            guard case .directory(let hash) = item.entry.node else { return [item.name] }
            let tree = Tree(rootAttributes: item.entry.attributes, rootObject: hash)
            let model = try FileModel(tree, from: selection.source(over: trees))
            return model.paths.map { model.isDirectory($0) ? $0.bytes + "/" : $0.bytes }
        }
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let read: TreeRead
        let paths: [ByteString]
        var testDescription: String { "\(read)" }

        init(_ read: TreeRead, _ paths: [ByteString]) {
            self.read = read
            self.paths = paths
        }
    }

    @Test(
        "of a directory what --exclude names is left out, and of --parents what matches is taken",
        arguments: [
            // Patterns see paths from the directory that is copied.
            Row(.word("d", excluding: ["d/keep", "tmp"]), ["b.log", "empty/", "keep"]),
            Row(.word("d", excluding: ["*"]), []),
            Row(.word("d", excluding: ["*", "!keep"]), ["keep"]),
            Row(.word("d", excluding: ["tmp", "!tmp/z"]), ["b.log", "empty/", "keep", "tmp/", "tmp/z"]),
            Row(.word("d", excluding: ["none"]), ["b.log", "empty/", "keep", "tmp/", "tmp/z"]),
            Row(.word("x", excluding: ["**/1"]), ["a/", "n/", "n/m/"]),
            // What a word names itself stays.
            Row(.word("*.txt", excluding: ["a.txt"]), ["a.txt"]),
            Row(.parents("x/a/1"), ["x/", "x/a/", "x/a/1"]),
            Row(.parents("y/*/2"), ["y/", "y/b/", "y/b/2", "y/c/", "y/c/2"]),
            Row(.parents("./x/./a/1"), ["a/", "a/1"]),
            Row(.parents("x/**/1"), ["x/", "x/a/", "x/a/1", "x/n/", "x/n/m/", "x/n/m/1"]),
            Row(.parents("d", excluding: ["**/tmp"]), ["d/", "d/b.log", "d/empty/", "d/keep"]),
            Row(.parents("d/empty"), ["d/", "d/empty/"]),
            Row(.parents("none*"), []),
            // A link is taken as one, not followed.
            Row(.parents("link"), ["link"]),
            // As in BuildKit: no pattern matches nothing.
            Row(.parents("."), []),
        ]
    )
    func filtered(_ row: Row) throws { #expect(try paths(select(row.read)) == row.paths) }

    @Test("directories on the way to a match keep their attributes")
    func parentsKeepAttributes() throws {
        let selection = try select(.parents("x/a/1"))
        guard case .directory(let hash)? = selection.items.first?.entry.node else {
            Issue.record("no directory was selected")
            return
        }
        let tree = Tree(rootAttributes: Attributes(mode: 0o755), rootObject: hash)
        let found = try selection.source(over: trees).entry(at: TreePath(parsing: "x/a"), in: tree)
        #expect(found?.attributes.mode == 0o700)
    }

    @Test("a path of --parents without a pattern must be there")
    func missingParents() {
        #expect(throws: SelectionError.self) { try select(.parents("x/a/2")) }
        #expect(throws: SelectionError.self) { try select(.parents("z/./a")) }
    }

    @Test("only what is left counts: its content has to be known, and the rest may change")
    func pathsOfRest() throws {
        #expect(try select(.word("d", excluding: ["tmp"])).paths.map(\.bytes) == ["d/b.log", "d/empty", "d/keep"])
        #expect(try select(.word("d")).paths.map(\.bytes) == ["d"])
        #expect(try select(.word("d", excluding: ["none"])).paths.map(\.bytes) == ["d"])
        #expect(try select(.parents("x/**/1")).paths.map(\.bytes) == ["x"])
        let one = try select(.word("d", excluding: ["tmp"])).digest
        let other = try tree {
            file("d/b.log", "bl")
            file("d/keep", "k")
            directory("d/empty")
            file("d/tmp/other", "changed")
        }.tree(into: trees)
        #expect(try TreeRead.word("d", excluding: ["tmp"]).selection(in: other, from: trees).digest == one)
        #expect(try TreeRead.word("d").selection(in: other, from: trees).digest != one)
    }

    @Test("files of which one name is left out are links no more")
    func links() throws {
        let both = try select(.word(".", excluding: ["none"]))
        #expect(both.pruned.isEmpty)
        let one = try select(.word(".", excluding: ["linked"]))
        guard case .directory(let hash)? = one.items.first?.entry.node else {
            Issue.record("no directory was selected")
            return
        }
        #expect(try one.source(over: trees).directoryObject(hash).linkSets.isEmpty)
    }

    @Test("an entry is read with its attributes, links to it followed")
    func entries() throws {
        let selection = try select(.entry("x/../link/"))
        #expect(selection.items.map(\.path) == [TreePath(parsing: "d")])
        #expect(selection.takesDirectories)
        #expect(try select(.entry("/")).paths == [.root])
        #expect(throws: SelectionError.notFound("/none")) { try select(.entry("none")) }
        #expect(throws: SelectionError.tooManyLinks("/loop/x")) { try select(.entry("loop/x")) }
        #expect(try select(.entryIfPresent("loop")).items.isEmpty)
        #expect(try select(.entryIfPresent("none")).items.isEmpty)
        #expect(try select(.entryIfPresent("a.txt/none")).items.isEmpty)
        // The same contents in a directory of another mode are another mount, and the same source of a COPY.
        let (one, other) = try (directoryTree(mode: 0o755), directoryTree(mode: 0o700))
        func digest(_ read: TreeRead, _ tree: Tree) throws -> ContentHash {
            try read.selection(in: tree, from: trees).digest
        }
        #expect(try digest(.entry("d"), one) != digest(.entry("d"), other))
        #expect(try digest(.word("d"), one) == digest(.word("d"), other))
        #expect(try digest(.entry("d"), one) != digest(.word("d"), one))
    }

    private func directoryTree(mode: UInt16) throws -> Tree {
        try tree {
            directory("d", mode: mode)
            file("d/f", "f")
        }.tree(into: trees)
    }

    @Test("a tree laid over another is what a layer with all of it makes", arguments: 0..<40)
    func lay(_ seed: UInt64) throws {
        var edits = (below: RandomEdits(seed: seed), above: RandomEdits(seed: seed + 1000))
        for _ in 0..<25 {
            edits.below.stepModel()
            edits.above.stepModel()
        }
        var expected = edits.below.model
        let (below, above) = (expected, edits.above.model)
        var firsts: [Int: TreePath] = [:]
        for path in above.paths {
            if let attributes = above.attributes(ofDirectory: path) {
                expected.makeDirectory(path, attributes)
            } else if let inode = above.inode(at: path), let entry = above.file(at: path) {
                if let first = firsts[inode] { expected.link(path, to: first) } else { expected.write(path, entry) }
                firsts[inode] = firsts[inode] ?? path
            }
        }
        let editor = try TreeEditor(try below.tree(into: trees), source: trees)
        try editor.lay(try above.tree(into: trees))
        #expect(try editor.commit(into: trees) == expected.tree(into: trees))
    }
}
