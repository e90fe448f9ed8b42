internal import Bytes
internal import OCI
package import Trees

extension FileModel {
    /// The tree of the model, built from nothing in one walk from the leaves up; it shares no code with `TreeEditor`.
    package func tree(into sink: some TreeSink) throws -> Tree {
        var children: [TreePath: [TreePath]] = [:]
        for path in nodes.keys { children[path.parent, default: []].append(path) }
        let root = try object(at: .root, children, sink)
        return Tree(rootAttributes: rootAttributes, rootObject: root.hash)
    }

    /// Writes a directory's object, and tells the first name of each of its files relative to it.
    private func object(
        at path: TreePath,
        _ children: [TreePath: [TreePath]],
        _ sink: some TreeSink
    ) throws -> (hash: ContentHash, firsts: [Int: ByteString]) {
        var entries: [DirectoryObject.Child] = []
        var members: [Int: [ByteString]] = [:]
        for child in (children[path] ?? []).sorted() {
            guard let name = child.last, let node = nodes[child] else { continue }
            switch node {
            case .directory(let attributes):
                let below = try object(at: child, children, sink)
                entries.append(.init(name: name, entry: TreeEntry(.directory(below.hash), attributes)))
                for (inode, first) in below.firsts { members[inode, default: []].append(name + "/" + first) }
            case .file(let inode):
                guard let entry = inodes[inode] else { continue }
                entries.append(.init(name: name, entry: entry))
                members[inode, default: []].append(name)
            }
        }
        let sets = members.values.filter { $0.count > 1 }.map { $0.sorted() }
        let object = DirectoryObject(children: entries, linkSets: sets.sorted { $0.lexicographicallyPrecedes($1) })
        return (try sink.put(object), members.compactMapValues { $0.min() })
    }

    /// Reads a tree back into a model, link sets and all.
    package init(_ tree: Tree, from source: any TreeSource) throws {
        self.init()
        rootAttributes = tree.rootAttributes
        var sets: [[TreePath]] = []
        try read(tree.rootObject, at: .root, from: source, &sets)
        for set in sets.sorted(by: { $0[0].components.count > $1[0].components.count }) { join(set) }
    }

    private mutating func read(
        _ hash: ContentHash,
        at path: TreePath,
        from source: any TreeSource,
        _ sets: inout [[TreePath]]
    ) throws {
        let object = try source.directoryObject(hash)
        for child in object.children {
            let place = path.appending(child.name)
            if case .directory(let below) = child.entry.node {
                makeDirectory(place, child.entry.attributes)
                try read(below, at: place, from: source, &sets)
            } else {
                write(place, child.entry)
            }
        }
        for set in object.linkSets { sets.append(set.map { path.appending(TreePath(parsing: $0)) }) }
    }

    /// Makes one file of the files that the paths name, with all their other names.
    private mutating func join(_ paths: [TreePath]) {
        let joined = Set(paths.compactMap { inode(at: $0) })
        guard let first = paths.first else { return }
        for path in files where path != first {
            if let inode = inode(at: path), joined.contains(inode) { link(path, to: first) }
        }
    }
}
