internal import OCI
package import Bytes
package import Trees

extension FileModel {
    /// What overlay's upper directory would hold of a step that turned this tree into `after`.
    ///
    /// All that is written has the time `modified`. `recreated` are directories that the step removed and made again: they
    /// hide what was below. `rewritten` are files that the step wrote, with their times; others are in the delta only if
    /// they changed.
    package func delta(
        to after: FileModel,
        modified: FileTime,
        recreated: Set<TreePath> = [],
        rewritten: [TreePath: FileTime] = [:]
    ) -> Delta {
        let written = writtenFiles(in: after, recreated, Set(rewritten.keys))
        var entries: [Delta.Entry] = []
        var firsts: [Int: TreePath] = [:]
        if rootAttributes != after.rootAttributes {
            let change = Delta.Change.directory(after.rootAttributes, modified: modified, isOpaque: false)
            entries.append(.init(path: .root, change: change))
        }
        for path in Set(nodes.keys).union(after.nodes.keys).sorted() {
            switch after.nodes[path] {
            case nil:
                let isHidden = !after.isDirectory(path.parent) || isRecreated(path.parent, recreated)
                if !isHidden { entries.append(.init(path: path, change: .whiteout)) }
            case .directory(let attributes):
                let isOpaque = recreated.contains(path)
                guard isOpaque || isRecreated(path, recreated) || nodes[path] != after.nodes[path] else { continue }
                let change = Delta.Change.directory(attributes, modified: modified, isOpaque: isOpaque)
                entries.append(.init(path: path, change: change))
            case .file(let inode):
                guard written.contains(path), let entry = after.inodes[inode] else { continue }
                let time = rewritten[path] ?? modified
                let change = Delta.Change.write(entry, modified: time, linkedTo: firsts[inode])
                entries.append(.init(path: path, change: change))
                firsts[inode] = firsts[inode] ?? path
            }
        }
        return Delta(entries: entries)
    }

    private func isRecreated(_ path: TreePath, _ recreated: Set<TreePath>) -> Bool {
        var path = path
        while true {
            if recreated.contains(path) { return true }
            if path.isRoot { return false }
            path = path.parent
        }
    }

    /// The files that have to be written: changed ones, and those whose names as one file cannot be had otherwise.
    private func writtenFiles(
        in after: FileModel,
        _ recreated: Set<TreePath>,
        _ rewritten: Set<TreePath>
    ) -> Set<TreePath> {
        var groups: [Int: [TreePath]] = [:]
        for path in after.files { groups[after.inode(at: path) ?? 0, default: []].append(path) }
        var written: Set<TreePath> = []
        // Of a file's names before, one group of names after may go on with it.
        var kept: [Int: Int] = [:]
        for (group, paths) in groups.sorted(by: { $0.key < $1.key }) {
            let before = Set(paths.map { inode(at: $0) })
            let isUntouched =
                before.count == 1 && rewritten.isDisjoint(with: paths)
                && paths.allSatisfy { file(at: $0) == after.file(at: $0) && !isRecreated($0, recreated) }
                && keepsParents(paths, in: after)
            if isUntouched, case .some(.some(let inode)) = before.first, kept[inode] == nil {
                kept[inode] = group
            } else {
                written.formUnion(paths)
            }
        }
        return written
    }

    private func keepsParents(_ paths: [TreePath], in after: FileModel) -> Bool {
        paths.allSatisfy { isDirectory($0.parent) && after.isDirectory($0.parent) }
    }
}
