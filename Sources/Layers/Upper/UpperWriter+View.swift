package import Bytes
internal import Linux
internal import OCI
internal import Synchronization
package import Trees

extension UpperWriter {
    /// A directory as the overlay would show it: one that is being written, or one that is only below.
    enum MergedDirectory {
        case folder(UpperFolder)
        case below(ContentHash)
    }

    /// An entry as the overlay would show it.
    private enum MergedEntry {
        case directory(MergedDirectory, TreeEntry)
        case other(TreeEntry, isBelow: Bool)
    }

    /// What the tree has at a path with what was written so far; nil if nothing.
    ///
    /// A directory's hash is that of what is below it.
    package func entry(at path: TreePath) throws -> TreeEntry? {
        try state.withLock { state in
            guard let name = path.last else {
                return TreeEntry(.directory(below.tree.rootObject), state.root.attributes)
            }
            guard let parent = try mergedDirectory(at: path.parent, &state) else { return nil }
            switch try merged(name, in: parent) {
            case .directory(_, let entry), .other(let entry, _): return entry
            case nil: return nil
            }
        }
    }

    /// Follows a path as a process in the written tree would: absolute links start at its root, `..` stops there.
    ///
    /// Components after a missing one are taken as they stand.
    ///
    /// - Throws: `LayersError.tooManyLinks`, `tooDeep` for one that leads deeper than anything may be, or `notADirectory`
    ///   for a path through a file.
    package func resolve(_ text: ByteString, from base: TreePath = .root, followsLast: Bool) throws -> TreePath {
        try state.withLock { state in
            var pending = Array(TreePath(splitting: text).components.reversed())
            var path = text.bytes.first == 0x2F ? TreePath.root : base
            var linksLeft = 255
            var directory = try mergedDirectory(at: path, &state)
            while let name = pending.popLast() {
                try LayersError.checkDepth(of: path)
                if name == ".." {
                    path = path.parent
                    directory = try mergedDirectory(at: path, &state)
                    continue
                }
                guard let current = directory else {
                    path = path.appending(name)
                    continue
                }
                switch try merged(name, in: current) {
                case .directory(let child, _): directory = child
                case nil: directory = nil
                case .other(let entry, let isBelow):
                    if case .symlink(let target) = entry.node, followsLast || !pending.isEmpty {
                        linksLeft -= 1
                        guard linksLeft > 0 else { throw LayersError.tooManyLinks(text) }
                        if isBelow { state.dependsOnBelow = true }
                        if target.bytes.first == 0x2F {
                            path = .root
                            directory = .folder(state.root)
                        }
                        pending += TreePath(splitting: target).components.reversed()
                        continue
                    }
                    guard pending.isEmpty else { throw LayersError.notADirectory(path.appending(name)) }
                }
                path = path.appending(name)
            }
            return path
        }
    }

    /// The file that this writer has put at a path, if it has.
    func writtenFile(at path: TreePath) throws -> WrittenFile? {
        try state.withLock { state in
            guard let name = path.last, case .folder(let folder) = try mergedDirectory(at: path.parent, &state) else {
                return nil
            }
            if case .file(let file) = folder.children[name] { return file }
            return nil
        }
    }

    /// The directory at a path; nil if there is none.
    ///
    /// No link is followed.
    func mergedDirectory(at path: TreePath, _ state: inout State) throws -> MergedDirectory? {
        let start = nearest(to: path, state)
        var directory = MergedDirectory.folder(start)
        for name in path.components[start.path.components.count...] {
            guard case .directory(let next, _) = try merged(name, in: directory) else { return nil }
            directory = next
        }
        if case .folder(let folder) = directory { state.near = folder }
        return directory
    }

    private func merged(_ name: ByteString, in directory: MergedDirectory) throws -> MergedEntry? {
        let entry: TreeEntry?
        switch directory {
        case .folder(let folder):
            switch folder.children[name] {
            case .folder(let child):
                let hash: ContentHash =
                    switch child.contents {
                    case .nothing: DirectoryObject.empty.hash
                    case .stored(let hash): hash
                    case .loaded(let object): object.hash
                    }
                return .directory(.folder(child), TreeEntry(.directory(hash), child.attributes))
            case .file(let file): return .other(file.entry, isBelow: false)
            case .whiteout: return nil
            case nil: entry = try folder.below(name, from: below.source)
            }
        case .below(let hash): entry = try below.source.directoryObject(hash)[name]
        }
        guard let entry else { return nil }
        if case .directory(let hash) = entry.node { return .directory(.below(hash), entry) }
        return .other(entry, isBelow: true)
    }

    // MARK: Hiding what is below

    /// Hides what the layers below have at a path and nothing else: whatever this writer has put there stays, whether it
    /// came before or comes after (OCI image-spec, Layer, Whiteouts).
    func hideBelow(_ path: TreePath) throws {
        let isWritten = try state.withLock { state in
            state.dependsOnBelow = true
            guard let name = path.last, case .folder(let parent) = try mergedDirectory(at: path.parent, &state) else {
                return false
            }
            switch parent.children[name] {
            case .folder(let folder):
                try hide(folder, &state)
                return true
            case .file, .whiteout: return true
            case nil: return false
            }
        }
        if !isWritten { try whiteout(path) }
    }

    /// Hides what the layers below have in a directory, which must be there.
    ///
    /// What this writer has put there stays.
    func hideContents(of path: TreePath) throws {
        try state.withLock { state in
            state.dependsOnBelow = true
            guard try mergedDirectory(at: path, &state) != nil else { return }
            try hide(try folder(at: path, &state), &state)
        }
    }

    /// Makes a folder opaque.
    ///
    /// Those in it that were made as they are below are new ones now.
    ///
    /// The root of an overlay merges all layers whatever it is marked with: there each entry below is deleted by itself.
    func hide(_ folder: UpperFolder, _ state: inout State) throws {
        if isOnPaper { throw NotOnPaper() }
        state.generation += 1
        guard folder.parent != nil else { return try hideRoot(folder, &state) }
        if case .nothing = folder.contents {} else { folder.isOpaque = true }
        var pending = [folder]
        while let folder = pending.popLast() {
            folder.contents = .nothing
            for (name, child) in folder.children {
                switch child {
                case .folder(let child):
                    if child.origin == .mirrored {
                        child.origin = .implied
                        child.attributes = Attributes(mode: 0o755)
                    }
                    child.isOpaque = false
                    pending.append(child)
                case .whiteout: try clear(name, in: folder, try open(folder, &state), &state)
                case .file: break
                }
            }
        }
    }

    private func hideRoot(_ root: UpperFolder, _ state: inout State) throws {
        for child in try below.source.directoryObject(below.tree.rootObject).children {
            switch root.children[child.name] {
            case .folder(let folder): try hide(folder, &state)
            case .file, .whiteout: break
            case nil:
                try at(.root) { () throws(SystemError) in
                    try upper.makeNode(child.name, kind: .characterDevice, mode: 0, device: 0)
                }
                root.children[child.name] = .whiteout
            }
        }
    }
}

extension TreePath {
    /// The components of a path as it stands: empty ones and `.` fall away, `..` stays.
    init(splitting text: ByteString) {
        self.init(
            text.bytes.split(separator: 0x2F).lazy.filter { !$0.elementsEqual([0x2E]) }.map { ByteString(Array($0)) }
        )
    }
}
