internal import Bytes
internal import OCI
package import Trees

/// A file tree in the most naive form: every path with what is there.
///
/// What the clever ones are compared with.
///
/// Entries that are one file (hard links) have one inode number; directories have none.
package struct FileModel: Sendable {
    package enum Node: Sendable, Hashable {
        case directory(Attributes)
        case file(inode: Int)
    }

    package private(set) var nodes: [TreePath: Node] = [:]
    package private(set) var inodes: [Int: TreeEntry] = [:]
    package var rootAttributes = Attributes(mode: 0o755)
    private var nextInode = 1

    package init() {}

    // MARK: Looking

    package var paths: [TreePath] { nodes.keys.sorted() }

    package var files: [TreePath] { paths.filter { !isDirectory($0) } }

    package var directories: [TreePath] { [.root] + paths.filter(isDirectory) }

    package func isDirectory(_ path: TreePath) -> Bool {
        if path.isRoot { return true }
        if case .directory = nodes[path] { return true }
        return false
    }

    package func inode(at path: TreePath) -> Int? {
        if case .file(let inode) = nodes[path] { return inode }
        return nil
    }

    /// The entry of what is no directory.
    package func file(at path: TreePath) -> TreeEntry? { inode(at: path).flatMap { inodes[$0] } }

    package func attributes(ofDirectory path: TreePath) -> Attributes? {
        if path.isRoot { return rootAttributes }
        if case .directory(let attributes) = nodes[path] { return attributes }
        return nil
    }

    package func isBelow(_ path: TreePath, _ directory: TreePath) -> Bool {
        path.components.count > directory.components.count && path.components.starts(with: directory.components)
    }

    // MARK: Changes

    /// A file of its own in place of what is there; missing parents are made, 0755.
    package mutating func write(_ path: TreePath, _ entry: TreeEntry) {
        makeParents(of: path)
        remove(path)
        inodes[nextInode] = entry
        nodes[path] = .file(inode: nextInode)
        nextInode += 1
    }

    /// One file under several names.
    package mutating func write(_ paths: [TreePath], _ entry: TreeEntry) {
        guard let first = paths.first else { return }
        write(first, entry)
        for path in paths.dropFirst() { link(path, to: first) }
    }

    /// One more name of a file.
    package mutating func link(_ path: TreePath, to existing: TreePath) {
        guard let inode = inode(at: existing), path != existing else { return }
        makeParents(of: path)
        remove(path)
        nodes[path] = .file(inode: inode)
    }

    package mutating func makeDirectory(_ path: TreePath, _ attributes: Attributes, isOpaque: Bool = false) {
        if path.isRoot {
            rootAttributes = attributes
            if isOpaque { nodes = [:] }
            return
        }
        makeParents(of: path)
        if isOpaque || !isDirectory(path) { remove(path) }
        nodes[path] = .directory(attributes)
    }

    package mutating func remove(_ path: TreePath) {
        nodes[path] = nil
        for other in nodes.keys where isBelow(other, path) { nodes[other] = nil }
    }

    /// Moves what is there with all below it.
    ///
    /// Like a step that overlay sees, it copies: links to files elsewhere are lost.
    package mutating func rename(_ path: TreePath, to target: TreePath) {
        guard path != target, !isBelow(target, path), !isBelow(path, target), let moved = nodes[path] else { return }
        let below = nodes.filter { isBelow($0.key, path) }
        remove(path)
        makeParents(of: target)
        remove(target)
        var copies: [Int: Int] = [:]
        for (old, node) in below.merging([path: moved], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            let new = target.appending(TreePath(Array(old.components.dropFirst(path.components.count))))
            switch node {
            case .directory: nodes[new] = node
            case .file(let inode):
                if copies[inode] == nil {
                    copies[inode] = nextInode
                    inodes[nextInode] = inodes[inode]
                    nextInode += 1
                }
                nodes[new] = .file(inode: copies[inode] ?? inode)
            }
        }
    }

    private mutating func makeParents(of path: TreePath) {
        var parent = TreePath.root
        for name in path.components.dropLast() {
            parent = parent.appending(name)
            if !isDirectory(parent) {
                remove(parent)
                nodes[parent] = .directory(Attributes(mode: 0o755))
            }
        }
    }
}
