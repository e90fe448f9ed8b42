import Bytes
import OCI
import TestSupport
import Testing
import Trees

/// The editor against a model that knows nothing of directory objects: random edits, then both must be the same tree.
@Suite("Tree editor, random edits")
struct TreeEditorModelTests {
    /// So many series of edits, in shares that run side by side.
    static let shares = 16
    static let seriesInShare = 160

    @Test("a tree after random edits is the tree built from nothing", arguments: 0..<shares)
    func editsMatchModel(_ share: Int) throws {
        for series in 0..<TreeEditorModelTests.seriesInShare {
            let seed = UInt64(share * TreeEditorModelTests.seriesInShare + series)
            var edits = RandomEdits(seed: seed)
            let trees = MemoryTrees()
            var tree = Tree.empty
            for _ in 0..<3 {
                let editor = try TreeEditor(tree, source: trees)
                for _ in 0..<edits.generator.below(10) { try edits.step(editor, tree, trees) }
                tree = try editor.commit(into: trees)
                let scratch = MemoryTrees()
                let wanted = try edits.model.tree(into: scratch)
                guard tree != wanted else { continue }
                let found = try FileModel(tree, from: trees)
                Issue.record(
                    "seed \(seed): \(found.nodes.count) paths, wanted \(edits.model.nodes.count): \(edits.log)"
                )
                return
            }
        }
    }

    @Test("a delta applied to a tree gives the tree that it leads to", arguments: 0..<shares)
    func deltasMatchModel(_ share: Int) throws {
        for series in 0..<TreeEditorModelTests.seriesInShare {
            let seed = UInt64(1_000_000 + share * TreeEditorModelTests.seriesInShare + series)
            var edits = RandomEdits(seed: seed)
            let trees = MemoryTrees()
            var tree = Tree.empty
            for _ in 0..<3 {
                let before = edits.model
                for _ in 0..<edits.generator.below(10) { edits.stepModel() }
                let recreated = edits.recreatedDirectories(since: before)
                let delta = before.delta(to: edits.model, modified: FileTime(seconds: 1), recreated: recreated)
                let editor = try TreeEditor(tree, source: trees)
                try editor.apply(delta)
                tree = try editor.commit(into: trees)
                let wanted = try edits.model.tree(into: MemoryTrees())
                guard tree != wanted else { continue }
                Issue.record("seed \(seed): \(edits.log), \(delta.entries)")
                return
            }
        }
    }

    @Test("a tree read back into a model and built again is the same tree", arguments: 0..<4)
    func readsBack(_ share: Int) throws {
        for series in 0..<100 {
            var edits = RandomEdits(seed: UInt64(2_000_000 + share * 100 + series))
            for _ in 0..<20 { edits.stepModel() }
            let trees = MemoryTrees()
            let tree = try edits.model.tree(into: trees)
            let again = try FileModel(tree, from: trees).tree(into: trees)
            #expect(tree == again, "series \(series)")
        }
    }
}
