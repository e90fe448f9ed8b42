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

        /// Takes what is below apart level by level: a chain of thousands of directories would end in as many nested
        /// calls.
        deinit {
            var pending: [Node] = []
            for case .loaded(_, let node) in children.values { pending.append(node) }
            children = [:]
            while let node = pending.popLast() {
                for case .loaded(_, let child) in node.children.values { pending.append(child) }
                node.children = [:]
            }
        }
    }

    private enum Slot {
        case stored(TreeEntry)
        case loaded(Attributes, Node)
    }

    let source: any TreeSource
    private var rootAttributes: Attributes
    private let root: Node
    /// The directories from the root, not with it, to the one that was looked for last: the next one is mostly near.
    private var way: [(name: ByteString, node: Node)] = []

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
            leave(levelsFrom: 0)
            return
        }
        let parent = try directory(at: path.parent)
        if let old = parent.children[name] { try forgetLinks(of: old, at: path) }
        leave(levelsFrom: path.components.count - 1)
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
        let parent = try directory(at: path.parent)
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
            leave(levelsFrom: path.components.count - 1)
            parent.children[name] = .loaded(attributes, Node(.empty, storedAs: nil))
            parent.storedHash = nil
        }
    }

    /// Removes an entry with all below it; no entry there is no error.
    package func remove(_ path: TreePath) throws {
        guard let name = path.last else { return }
        guard let parent = try existingDirectory(at: path.parent), let old = parent.children[name] else { return }
        try forgetLinks(of: old, at: path)
        leave(levelsFrom: path.components.count - 1)
        parent.children[name] = nil
        parent.storedHash = nil
    }

    /// Says that these paths are hard links of one file.
    ///
    /// They must be entries that were set by this editor or are in no set.
    package func link(_ paths: [TreePath]) throws {
        guard paths.count > 1 else { return }
        try addLinkSet(paths.sorted())
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

    /// A directory on the way down while the tree is written.
    private struct Frame {
        let node: Node
        let loaded: [(name: ByteString, attributes: Attributes, node: Node)]
        var written: [DirectoryObject.Child] = []
        var isChanged: Bool

        init(_ node: Node) {
            self.node = node
            isChanged = node.storedHash == nil
            loaded = node.children.compactMap { name, slot in
                if case .loaded(let attributes, let child) = slot { (name, attributes, child) } else { nil }
            }
        }

        func put(into sink: some TreeSink) throws -> ContentHash {
            if let hash = node.storedHash, !isChanged { return hash }
            var children = written
            children.reserveCapacity(node.children.count)
            for case (let name, .stored(let entry)) in node.children {
                children.append(.init(name: name, entry: entry))
            }
            children.sort { $0.name < $1.name }
            return try sink.put(DirectoryObject(children: children, linkSets: node.linkSets.sorted))
        }
    }

    private func write(_ root: Node, into sink: some TreeSink) throws -> ContentHash {
        var frames = [Frame(root)]
        while true {
            let frame = frames[frames.count - 1]
            if frame.written.count < frame.loaded.count {
                frames.append(Frame(frame.loaded[frame.written.count].node))
                continue
            }
            let hash = try frame.put(into: sink)
            frames.removeLast()
            guard let above = frames.indices.last else { return hash }
            let (name, attributes, node) = frames[above].loaded[frames[above].written.count]
            if hash != node.storedHash { frames[above].isChanged = true }
            frames[above].written.append(.init(name: name, entry: TreeEntry(.directory(hash), attributes)))
        }
    }

    // MARK: Directories

    /// The loaded directory, or nil where there is none.
    ///
    /// If there is one, `way` leads to it then.
    private func existingDirectory(at path: TreePath) throws -> Node? {
        var common = 0
        while common < min(way.count, path.components.count), way[common].name == path.components[common] {
            common += 1
        }
        leave(levelsFrom: common)
        var node = way.last?.node ?? root
        for name in path.components[common...] {
            guard let next = try child(name, of: node) else { return nil }
            way.append((name, next))
            node = next
        }
        return node
    }

    /// The directory of that name, loaded; nil where there is none.
    private func child(_ name: ByteString, of node: Node) throws -> Node? {
        switch node.children[name] {
        case .loaded(_, let child): return child
        case .stored(let entry):
            guard case .directory(let hash) = entry.node else { return nil }
            let child = Node(try source.directoryObject(hash), storedAs: hash)
            node.children[name] = .loaded(entry.attributes, child)
            return child
        case nil: return nil
        }
    }

    /// Forgets the way from a level on, as when what is there goes away.
    private func leave(levelsFrom level: Int) {
        if level < way.count { way.removeSubrange(level...) }
    }

    /// The loaded directory; missing ones are made, and others in its place are replaced.
    private func directory(at path: TreePath) throws -> Node {
        if let node = try existingDirectory(at: path) { return node }
        var node = root
        for (depth, name) in path.components.enumerated() {
            if let next = try child(name, of: node) {
                node = next
                continue
            }
            if let old = node.children[name] {
                try forgetLinks(of: old, at: TreePath(Array(path.components[...depth])))
            }
            let made = Node(.empty, storedAs: nil)
            node.children[name] = .loaded(Attributes(mode: 0o755), made)
            node.storedHash = nil
            node = made
        }
        return node
    }

    private func clear(_ node: Node, at path: TreePath) throws {
        for (name, slot) in node.children { try forgetLinks(of: slot, at: path.appending(name)) }
        leave(levelsFrom: path.components.count)
        node.children = [:]
        node.linkSets = LinkSetTable([])
        node.storedHash = nil
    }

    // MARK: Link sets

    /// Takes an entry, with all below it, out of the link sets of the directories above it.
    private func forgetLinks(of slot: Slot, at path: TreePath) throws {
        // Sets wholly inside go with it.
        guard try hasLinkSets(above: path) else { return }
        var pending = [(slot, path)]
        while let (slot, path) = pending.popLast() {
            switch slot {
            case .stored(let entry):
                guard case .directory(let hash) = entry.node else {
                    try forgetLink(path)
                    continue
                }
                // Only a sub-tree whose members are in sets above it needs walking.
                guard try isMentionedAbove(path) else { continue }
                for child in try source.directoryObject(hash).children {
                    pending.append((.stored(child.entry), path.appending(child.name)))
                }
            case .loaded(_, let node):
                for (name, child) in node.children { pending.append((child, path.appending(name))) }
            }
        }
    }

    /// Whether a directory above the path has link sets at all.
    private func hasLinkSets(above path: TreePath) throws -> Bool {
        guard try existingDirectory(at: path.parent) != nil else { return false }
        return !root.linkSets.isEmpty || way.contains { !$0.node.linkSets.isEmpty }
    }

    /// Whether a link set of a directory above the path names something at or below it.
    private func isMentionedAbove(_ path: TreePath) throws -> Bool {
        guard try existingDirectory(at: path.parent) != nil else { return false }
        for depth in 0...way.count {
            let node = depth == 0 ? root : way[depth - 1].node
            if node.linkSets.isEmpty { continue }
            if node.linkSets.hasMember(below: path.components[depth...].joined(separator: "/")) { return true }
        }
        return false
    }

    /// Takes one file out of its link set.
    ///
    /// From the lowest directory up: a set that named the file as a child's first member now names that child's next
    /// one, or loses the child, or, with one child left, is no set any more.
    private func forgetLink(_ path: TreePath) throws {
        guard var oldFirst = path.last, try existingDirectory(at: path.parent) != nil else { return }
        var newFirst: ByteString? = nil
        // The level of the directory that the two are relative to.
        var base = way.count
        for depth in stride(from: way.count, through: 0, by: -1) {
            let node = depth == 0 ? root : way[depth - 1].node
            if node.linkSets.isEmpty { continue }
            if depth < base {
                let prefix = path.components[depth..<base].joined(separator: "/") + "/"
                oldFirst = prefix + oldFirst
                newFirst = newFirst.map { prefix + $0 }
                base = depth
            }
            guard let place = node.linkSets.place(of: oldFirst) else { continue }
            let before = node.linkSets.first(at: place)
            node.linkSets.replace(oldFirst, at: place, with: newFirst)
            let after = node.linkSets.first(at: place)
            node.linkSets.dropIfSingle(at: place)
            node.storedHash = nil
            // The sets above name this directory by its first member only.
            if before == after { return }
            oldFirst = before ?? oldFirst
            newFirst = after
        }
    }

    /// Adds a set: each directory that its members part in lists the first of each child.
    private func addLinkSet(_ paths: [TreePath]) throws {
        var pending = [(paths: paths, depth: 0, node: root)]
        while let (paths, depth, node) = pending.popLast() {
            var groups: [ByteString: [TreePath]] = [:]
            for path in paths { groups[path.components[depth], default: []].append(path) }
            if groups.count > 1 {
                let firsts = groups.values.compactMap { group in
                    group.lazy.map { $0.components[depth...].joined(separator: "/") }.min()
                }
                node.linkSets.append(firsts.sorted())
                node.storedHash = nil
            }
            for (name, group) in groups where group.count > 1 {
                if let next = try child(name, of: node) { pending.append((group, depth + 1, next)) }
            }
        }
    }
}
