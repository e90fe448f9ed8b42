internal import Bytes
package import Linux
package import Trees

/// All entries of a tree but its root, as a delta over nothing: what a tar or a folder of the tree's files is made from.
///
/// What there is says the tree; times are those of the files. A directory comes before what is in it, the first name of
/// a link set before the others.
package struct TreeListing {
    private let tree: Tree
    private let source: any TreeSource
    private let root: Directory

    /// `root`: where the tree's files are, which nobody changes meanwhile.
    package init(_ tree: Tree, source: any TreeSource, root: Directory) {
        self.tree = tree
        self.source = source
        self.root = root
    }

    /// Calls `lstat` for each entry and opens no file.
    ///
    /// - Throws: `LayersError`, or what the source throws.
    package func delta() throws -> Delta {
        var stack = try DirectoryStack(root: root)
        var links = LinkNames()
        var entries: [Delta.Entry] = []
        var frames = [Frame(path: .root, object: try source.directoryObject(tree.rootObject))]
        links.note(frames[0].object, in: .root)
        while var frame = frames.popLast() {
            guard frame.next < frame.object.children.count else {
                if !frames.isEmpty { try stack.ascend() }
                continue
            }
            let child = frame.object.children[frame.next]
            frame.next += 1
            frames.append(frame)
            let path = frame.path.appending(child.name)
            try LayersError.checkDepth(of: path)
            let directory = stack.current
            let status = try at(path) { () throws(SystemError) in try directory.status(child.name) }
            guard status.kind == child.entry.kind else { throw LayersError.changedWhileRead(path.bytes) }
            switch child.entry.node {
            case .socket: continue
            case .directory(let hash):
                let change = Delta.Change.directory(
                    child.entry.attributes,
                    modified: status.modified,
                    isOpaque: false
                )
                entries.append(Delta.Entry(path: path, change: change))
                try stack.descend(child.name, status: status)
                let object = try source.directoryObject(hash)
                links.note(object, in: path)
                frames.append(Frame(path: path, object: object))
            default:
                let change = Delta.Change.write(
                    child.entry,
                    modified: status.modified,
                    linkedTo: links.firstName(of: path)
                )
                entries.append(Delta.Entry(path: path, change: change))
            }
        }
        return Delta(entries: entries)
    }

    private struct Frame {
        let path: TreePath
        let object: DirectoryObject
        var next = 0
    }
}

/// Which paths are one file, as far as they have been met.
private struct LinkNames {
    private var setOfPath: [TreePath: Int] = [:]
    private var first: [Int: TreePath] = [:]
    private var count = 0

    /// Notes the link sets of a directory; one above it may have named a first member of each already.
    mutating func note(_ object: DirectoryObject, in directory: TreePath) {
        for set in object.linkSets {
            let members = set.map { directory.appending(TreePath(parsing: $0)) }
            let known = members.compactMap { setOfPath[$0] }.first
            let number = known ?? count
            if known == nil { count += 1 }
            for member in members { setOfPath[member] = number }
        }
    }

    /// The name that the file has had before; nil for its first one.
    mutating func firstName(of path: TreePath) -> TreePath? {
        guard let set = setOfPath[path] else { return nil }
        if let first = first[set] { return first }
        first[set] = path
        return nil
    }
}
