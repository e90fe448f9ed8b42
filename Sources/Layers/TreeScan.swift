internal import Bytes
package import Linux
internal import OCI
package import Trees

/// Computes the tree of a whole directory by walking it, independently of any delta: the oracle that computed trees are
/// compared with (cache.md, Oracles).
///
/// Sockets are left out, as images leave them out. Nothing may write to the directory meanwhile.
package struct TreeScan {
    private let root: Directory
    private let skipping: Set<TreePath>

    ///
    /// `skipping`: paths that are left out with all below them.
    package init(root: Directory, skipping: Set<TreePath> = []) {
        self.root = root
        self.skipping = skipping
    }

    /// Walks, hashes the files on all processors, and puts the objects of all directories into `sink`.
    package func tree(into sink: some TreeSink & TreeSource) throws -> Tree {
        var walk = try Walk(root: root, skipping: skipping)
        try walk.walk()
        return try walk.tree(into: sink)
    }
}

/// One walk; directories are numbered as they are met, so what is in one has larger numbers than it.
private struct Walk: ~Copyable {
    private enum Child {
        case directory(Int)
        case file(Int)
        case other(TreeEntry)
    }

    private struct Found {
        var attributes: Attributes
        var children: [(name: ByteString, child: Child)] = []
    }

    private struct Frame {
        var number: Int
        var path: TreePath
        var names: [ByteString]
        var next = 0
    }

    private struct Inode: Hashable {
        var device: UInt64
        var number: UInt64
    }

    private let skipping: Set<TreePath>
    private var stack: DirectoryStack
    private var frames: [Frame] = []
    private var directories: [Found] = []
    private var statuses: [FileStatus] = []
    private var files: [TreeEntry?] = []
    private var links: [Inode: [TreePath]] = [:]
    private var hashing = FileHashing(clearsFlags: false)

    init(root: Directory, skipping: Set<TreePath>) throws {
        stack = try DirectoryStack(root: root)
        self.skipping = skipping
    }

    mutating func walk() throws {
        let status = try at(.root) { [stack = stack.current] () throws(SystemError) in try stack.status() }
        try enter(.root, status)
        while let frame = frames.last {
            guard frame.next < frame.names.count else {
                frames.removeLast()
                if !frames.isEmpty {
                    do throws(SystemError) { try stack.ascend() } catch { throw LayersError.file(frame.path, error) }
                }
                continue
            }
            frames[frames.count - 1].next += 1
            try visit(frame.names[frame.next], in: frame)
        }
        try flush()
    }

    private mutating func enter(_ path: TreePath, _ status: FileStatus) throws {
        let directory = stack.current
        let (names, xattrs) = try at(path) { () throws(SystemError) in
            (try directory.names().sorted(), try directory.descriptor.xattrs())
        }
        frames.append(Frame(number: directories.count, path: path, names: names))
        directories.append(Found(attributes: Walk.attributes(status, xattrs)))
    }

    private mutating func visit(_ name: ByteString, in frame: Frame) throws {
        let path = frame.path.appending(name)
        if skipping.contains(path) { return }
        try LayersError.checkDepth(of: path)
        let directory = stack.current
        let status = try at(path) { () throws(SystemError) in try directory.status(name) }
        let child: Child
        switch status.kind {
        case .socket: return
        case .directory:
            child = .directory(directories.count)
            do throws(SystemError) { try stack.descend(name, status: status) } catch {
                throw LayersError.file(path, error)
            }
            try enter(path, status)
        case .file:
            child = .file(files.count)
            let job = FileHashing.Job(index: files.count, directory: directory, name: name, path: path)
            files.append(nil)
            statuses.append(status)
            if hashing.add(job, size: status.size) { try flush() }
        case .symlink, .characterDevice, .blockDevice, .fifo:
            child = .other(try Walk.other(name, status, in: directory, path))
        }
        if status.kind != .directory, status.links > 1 {
            links[Inode(device: status.device, number: status.inode), default: []].append(path)
        }
        directories[frame.number].children.append((name, child))
    }

    private static func other(
        _ name: ByteString,
        _ status: FileStatus,
        in directory: Directory,
        _ path: TreePath
    ) throws(LayersError) -> TreeEntry {
        try at(path) { () throws(SystemError) in
            let node = try directory.specialNode(name, status)
            return TreeEntry(node, attributes(status, status.kind == .symlink ? [] : try directory.xattrs(name)))
        }
    }

    private static func attributes(_ status: FileStatus, _ xattrs: [Xattr]) -> Attributes {
        Attributes(
            mode: status.mode,
            uid: status.uid,
            gid: status.gid,
            xattrs: xattrs.filter { Attributes.covers($0.name) }
        )
    }

    private mutating func flush() throws {
        var found: [(Int, FileHashing.Found)] = []
        try hashing.flush { found.append(($0.index, $1)) }
        for (index, found) in found {
            let node = TreeEntry.Node.file(found.hash, size: found.size)
            files[index] = TreeEntry(node, Walk.attributes(statuses[index], found.xattrs))
        }
    }

    func tree(into sink: some TreeSink & TreeSource) throws -> Tree {
        var hashes = [ContentHash](repeating: DirectoryObject.empty.hash, count: directories.count)
        for number in directories.indices.reversed() {
            var children: [DirectoryObject.Child] = []
            for (name, child) in directories[number].children {
                switch child {
                case .directory(let number):
                    let entry = TreeEntry(.directory(hashes[number]), directories[number].attributes)
                    children.append(.init(name: name, entry: entry))
                case .file(let index): if let entry = files[index] { children.append(.init(name: name, entry: entry)) }
                case .other(let entry): children.append(.init(name: name, entry: entry))
                }
            }
            hashes[number] = try sink.put(DirectoryObject(children: children))
        }
        let tree = Tree(rootAttributes: directories[0].attributes, rootObject: hashes[0])
        let sets = links.values.filter { $0.count > 1 }
        if sets.isEmpty { return tree }
        let editor = try TreeEditor(tree, source: sink)
        for set in sets { try editor.link(set) }
        return try editor.commit(into: sink)
    }
}
