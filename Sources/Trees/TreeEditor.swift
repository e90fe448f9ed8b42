internal import Bytes
internal import OCI

/// Changes a tree: loads only the directories on the way to a change, and rewrites only them.
///
/// Use it for one series of changes, then call ``commit(into:)``. Not for sharing between tasks.
package final class TreeEditor {
    /// A directory that has been loaded for a change.
    private final class Node {
        var children: [ByteString: Slot]
        var linkSets: LinkSetTable
        /// Nil once something in it was changed; a changed directory below is found when the tree is written.
        var storedHash: ContentHash?

        init(_ object: DirectoryObject, storedAs hash: ContentHash?) {
            storedHash = hash
            children = Node.slots(of: object)
            linkSets = LinkSetTable(object.linkSets)
        }

        static func slots(of object: DirectoryObject) -> [ByteString: Slot] {
            var slots: [ByteString: Slot] = [:]
            slots.reserveCapacity(object.children.count)
            for child in object.children { slots[child.name] = .stored(child.entry) }
            return slots
        }
    }

    private enum Slot {
        case stored(TreeEntry)
        case loaded(Attributes, Node)
    }

    private let source: any TreeSource
    private var rootAttributes: Attributes
    private let root: Node

    package init(_ tree: Tree, source: any TreeSource) throws {
        self.source = source
        rootAttributes = tree.rootAttributes
        root = Node(try source.directoryObject(tree.rootObject), storedAs: tree.rootObject)
    }

    // MARK: Changes

    /// Applies what a step or layer changed, in the order of its entries.
    package func apply(_ delta: Delta) throws {
        var links: [TreePath: [TreePath]] = [:]
        for entry in delta.entries {
            switch entry.change {
            case .whiteout: try remove(entry.path)
            case .directory(let attributes, _, let isOpaque):
                try setDirectory(entry.path, attributes, isOpaque: isOpaque)
            case .write(let written, _, let linkedTo):
                try set(entry.path, written)
                if let linkedTo { links[linkedTo, default: [linkedTo]].append(entry.path) }
            }
        }
        for (_, paths) in links { try link(paths) }
    }

    /// Puts an entry in place of whatever is at the path.
    ///
    /// A directory entry brings its whole stored sub-tree along. Missing parents are made, 0755 of root.
    package func set(_ path: TreePath, _ entry: TreeEntry) throws {
        guard let name = path.last else {
            guard case .directory(let hash) = entry.node else { return }
            rootAttributes = entry.attributes
            let object = try source.directoryObject(hash)
            root.children = Node.slots(of: object)
            root.linkSets = LinkSetTable(object.linkSets)
            root.storedHash = nil
            return
        }
        let parent = try directory(at: path.parent, makesMissing: true)
        if let old = parent.children[name] { try forgetLinks(of: old, at: path) }
        parent.children[name] = .stored(entry)
        parent.storedHash = nil
    }

    /// Makes a directory or changes its attributes; what is in it stays unless `isOpaque`.
    ///
    /// Anything else there is replaced.
    package func setDirectory(_ path: TreePath, _ attributes: Attributes, isOpaque: Bool = false) throws {
        guard let name = path.last else {
            if rootAttributes != attributes { rootAttributes = attributes }
            if isOpaque { try clear(root, at: path) }
            return
        }
        let parent = try directory(at: path.parent, makesMissing: true)
        switch parent.children[name] {
        case .stored(let entry) where entry.isDirectory && !isOpaque:
            if entry.attributes != attributes {
                parent.children[name] = .stored(TreeEntry(entry.node, attributes))
                parent.storedHash = nil
            }
        case .loaded(let old, let node):
            if old != attributes {
                parent.children[name] = .loaded(attributes, node)
                parent.storedHash = nil
            }
            if isOpaque {
                try clear(node, at: path)
                parent.storedHash = nil
            }
        case let old:
            if let old { try forgetLinks(of: old, at: path) }
            parent.children[name] = .loaded(attributes, Node(.empty, storedAs: nil))
            parent.storedHash = nil
        }
    }

    /// Removes an entry with all below it; no entry there is no error.
    package func remove(_ path: TreePath) throws {
        guard let name = path.last else { return }
        guard let parent = try existingDirectory(at: path.parent), let old = parent.children[name] else { return }
        try forgetLinks(of: old, at: path)
        parent.children[name] = nil
        parent.storedHash = nil
    }

    /// Says that these paths are hard links of one file.
    ///
    /// They must be entries that were set by this editor or are in no set.
    package func link(_ paths: [TreePath]) throws {
        guard paths.count > 1 else { return }
        try addLinkSet(paths.sorted(), depth: 0, node: root)
    }

    // MARK: Looking

    /// The entry at a path as changed so far; a directory that was changed has no hash yet and shows as an empty one.
    package func entry(at path: TreePath) throws -> TreeEntry? {
        guard let name = path.last else { return TreeEntry(.directory(DirectoryObject.empty.hash), rootAttributes) }
        guard let parent = try existingDirectory(at: path.parent) else { return nil }
        switch parent.children[name] {
        case .stored(let entry): return entry
        case .loaded(let attributes, _): return TreeEntry(.directory(DirectoryObject.empty.hash), attributes)
        case nil: return nil
        }
    }

    // MARK: Result

    /// Writes the changed directories' objects, deepest first, and gives the new tree.
    package func commit(into sink: some TreeSink) throws -> Tree {
        Tree(rootAttributes: rootAttributes, rootObject: try write(root, into: sink))
    }

    private func write(_ node: Node, into sink: some TreeSink) throws -> ContentHash {
        var children: [DirectoryObject.Child] = []
        children.reserveCapacity(node.children.count)
        var isChanged = node.storedHash == nil
        for (name, slot) in node.children {
            switch slot {
            case .stored(let entry): children.append(.init(name: name, entry: entry))
            case .loaded(let attributes, let child):
                let before = child.storedHash
                let hash = try write(child, into: sink)
                isChanged = isChanged || hash != before
                children.append(.init(name: name, entry: TreeEntry(.directory(hash), attributes)))
            }
        }
        if let hash = node.storedHash, !isChanged { return hash }
        children.sort { $0.name < $1.name }
        return try sink.put(DirectoryObject(children: children, linkSets: node.linkSets.sorted))
    }

    // MARK: Directories

    /// The loaded directory, or nil where there is none.
    private func existingDirectory(at path: TreePath) throws -> Node? {
        var node = root
        for name in path.components {
            switch node.children[name] {
            case .loaded(_, let next): node = next
            case .stored(let entry):
                guard case .directory(let hash) = entry.node else { return nil }
                let next = Node(try source.directoryObject(hash), storedAs: hash)
                node.children[name] = .loaded(entry.attributes, next)
                node = next
            case nil: return nil
            }
        }
        return node
    }

    /// The loaded directory; missing ones are made, and others in its place are replaced.
    private func directory(at path: TreePath, makesMissing: Bool) throws -> Node {
        if let node = try existingDirectory(at: path) { return node }
        try setDirectory(path, Attributes(mode: 0o755))
        return try existingDirectory(at: path) ?? root
    }

    private func clear(_ node: Node, at path: TreePath) throws {
        for (name, slot) in node.children { try forgetLinks(of: slot, at: path.appending(name)) }
        node.children = [:]
        node.linkSets = LinkSetTable([])
        node.storedHash = nil
    }

    // MARK: Link sets

    /// Takes an entry, with all below it, out of the link sets of the directories above it.
    private func forgetLinks(of slot: Slot, at path: TreePath) throws {
        switch slot {
        case .stored(let entry):
            if case .directory(let hash) = entry.node {
                // Only a sub-tree whose members are in sets above it needs walking; sets wholly inside go with it.
                guard try isMentionedAbove(path) else { return }
                for child in try source.directoryObject(hash).children {
                    try forgetLinks(of: .stored(child.entry), at: path.appending(child.name))
                }
            } else {
                try forgetLink(path)
            }
        case .loaded(_, let node):
            for (name, child) in node.children { try forgetLinks(of: child, at: path.appending(name)) }
        }
    }

    /// Whether a link set of a directory above the path names something at or below it.
    private func isMentionedAbove(_ path: TreePath) throws -> Bool {
        for depth in 0..<path.components.count {
            guard let node = try existingDirectory(at: TreePath(Array(path.components[..<depth]))) else { return false }
            if node.linkSets.hasMember(below: path.components[depth...].joined(separator: "/")) { return true }
        }
        return false
    }

    /// Takes one file out of its link set.
    ///
    /// From the lowest directory up: a set that named the file as a child's first member now names that child's next
    /// one, or loses the child, or, with one child left, is no set any more.
    private func forgetLink(_ path: TreePath) throws {
        var oldFirst = path.last ?? ""
        var newFirst: ByteString? = nil
        for depth in stride(from: path.components.count - 1, through: 0, by: -1) {
            guard let node = try existingDirectory(at: TreePath(Array(path.components[..<depth]))) else { return }
            if let (place, before) = node.linkSets.set(of: oldFirst) {
                var after = before.filter { $0 != oldFirst }
                if let newFirst { after.append(newFirst) }
                after.sort()
                node.linkSets.replace(at: place, with: after)
                node.storedHash = nil
                oldFirst = before.min() ?? oldFirst
                newFirst = after.first
            }
            if depth > 0 {
                let prefix = path.components[depth - 1] + "/"
                oldFirst = prefix + oldFirst
                newFirst = newFirst.map { prefix + $0 }
            }
        }
    }

    /// Adds a set whose members all lie below `node`, which is `depth` components from the root.
    private func addLinkSet(_ paths: [TreePath], depth: Int, node: Node) throws {
        var firsts: [ByteString: ByteString] = [:]
        var groups: [ByteString: [TreePath]] = [:]
        for path in paths {
            let name = path.components[depth]
            let relative = path.components[depth...].joined(separator: "/")
            firsts[name] = min(firsts[name] ?? relative, relative)
            groups[name, default: []].append(path)
        }
        if firsts.count > 1 {
            node.linkSets.append(firsts.values.sorted())
            node.storedHash = nil
        }
        for (_, group) in groups where group.count > 1 {
            let parent = TreePath(Array(group[0].components[...depth]))
            if let next = try existingDirectory(at: parent) { try addLinkSet(group, depth: depth + 1, node: next) }
        }
    }
}
