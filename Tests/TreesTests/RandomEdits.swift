import Bytes
import OCI
import TestSupport
import Trees

/// Random edits of a model and, for each, the same edit by a `TreeEditor`.
///
/// Names are few, so that edits meet.
struct RandomEdits {
    var generator: SeededGenerator
    var model = FileModel()
    private(set) var log: [String] = []

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    // `a-b` sorts before `a/x` as bytes and after `a` as a component: link sets must agree on one order.
    private static let names: [ByteString] = ["a", "b", "a-b", "c", "é"]

    private mutating func path() -> TreePath {
        let depth = 1 + generator.below(3)
        return TreePath((0..<depth).map { _ in generator.pick(RandomEdits.names) ?? "a" })
    }

    private mutating func attributes() -> Attributes {
        var xattrs: [Xattr] = []
        if generator.oneIn(6) { xattrs.append(Xattr(name: "user.x", value: generator.one(of: "1", "2"))) }
        return Attributes(
            mode: generator.one(of: 0o644, 0o755, 0o4755, 0),
            uid: generator.one(of: 0, 1000),
            gid: generator.one(of: 0, 1000),
            xattrs: xattrs
        )
    }

    private mutating func entry() -> TreeEntry {
        let node: TreeEntry.Node
        switch generator.below(12) {
        case 0: node = .symlink(generator.one(of: "a", "/b", "../c"))
        case 1: node = .fifo
        case 2: node = .characterDevice(UInt64(generator.below(3)))
        case 3: node = .blockDevice(UInt64(generator.below(3)))
        case 4: node = .socket
        default:
            let text: ByteString = generator.one(of: "", "1", "two")
            node = .file(ContentHash(of: text.bytes), size: UInt64(text.count))
        }
        return TreeEntry(node, attributes())
    }

    private enum Edit {
        case write([TreePath], TreeEntry)
        case directory(TreePath, Attributes, isOpaque: Bool)
        case remove(TreePath)
        case rename(TreePath, TreePath)
    }

    private mutating func edit() -> Edit {
        switch generator.below(13) {
        case 0, 1, 2: return .write([path()], entry())
        case 3, 4, 5:
            // A link to an existing file is a new file under both names, as overlay has it.
            var names = [path(), path()]
            if generator.oneIn(2) { names.append(path()) }
            var entry = entry()
            if let existing = generator.pick(model.files) {
                names.append(existing)
                entry = model.file(at: existing) ?? entry
            }
            return .write(compatible(names), entry)
        case 6, 7: return .directory(path(), attributes(), isOpaque: generator.oneIn(3))
        case 8, 9: return .remove(path())
        case 10: return .remove(generator.pick(model.paths) ?? path())
        case 11: return .rename(generator.pick(model.paths) ?? path(), path())
        default:
            let isRoot = generator.oneIn(3)
            return .directory(isRoot ? .root : path(), attributes(), isOpaque: isRoot && generator.oneIn(4))
        }
    }

    /// The names without those that would be in the way of others: no name is below another.
    private func compatible(_ names: [TreePath]) -> [TreePath] {
        let distinct = Set(names)
        return distinct.filter { name in !distinct.contains { model.isBelow($0, name) } }.sorted()
    }

    mutating func stepModel() {
        switch edit() {
        case .write(let paths, let entry):
            log.append("write \(paths)")
            model.write(paths, entry)
        case .directory(let path, let attributes, let isOpaque):
            log.append("directory \(path)\(isOpaque ? " opaque" : "")")
            model.makeDirectory(path, attributes, isOpaque: isOpaque)
        case .remove(let path):
            log.append("remove \(path)")
            model.remove(path)
        case .rename(let path, let target):
            log.append("rename \(path) \(target)")
            model.rename(path, to: target)
        }
    }

    mutating func step(_ editor: TreeEditor, _ tree: Tree, _ trees: MemoryTrees) throws {
        switch edit() {
        case .write(let paths, let entry):
            log.append("write \(paths)")
            model.write(paths, entry)
            for path in paths { try editor.set(path, entry) }
            try editor.link(paths)
        case .directory(let path, let attributes, let isOpaque):
            log.append("directory \(path)\(isOpaque ? " opaque" : "")")
            model.makeDirectory(path, attributes, isOpaque: isOpaque)
            try editor.setDirectory(path, attributes, isOpaque: isOpaque)
        case .remove(let path):
            log.append("remove \(path)")
            model.remove(path)
            try editor.remove(path)
        case .rename(let path, let target):
            // The editor moves a whole stored directory: what it holds is read from the model's own tree.
            guard path != target, !model.isBelow(target, path), !model.isBelow(path, target) else { return }
            guard model.nodes[path] != nil else { return }
            log.append("rename \(path) \(target)")
            let before = try model.tree(into: trees)
            guard let moved = try trees.entry(at: path, in: before) else { return }
            model.rename(path, to: target)
            try editor.remove(path)
            try editor.set(target, moved)
        }
    }

    /// Directories that were and are there, of which a step may say that it made them anew.
    mutating func recreatedDirectories(since before: FileModel) -> Set<TreePath> {
        var result: Set<TreePath> = []
        for path in model.directories where !path.isRoot && before.isDirectory(path) && generator.oneIn(6) {
            result.insert(path)
        }
        return result
    }
}
