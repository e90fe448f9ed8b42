internal import Bytes
internal import Glibc
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Synchronization
internal import Trees

/// A file tree to copy from: what is in it says the tree, the bytes are read beneath the root.
struct CopySource: Sendable {
    var root: Directory
    var trees: any TreeSource
    /// When all that is in it was changed last; nil for what its files say themselves.
    var modified: FileTime?

    /// Opens a directory by its real path, however long that is.
    func directory(_ path: TreePath) throws -> Directory {
        let bytes = path.bytes
        if bytes.count < 4000 { return try root.directoryBeneath(bytes) }
        var directory = root
        for name in path.components { directory = try directory.child(name) }
        return directory
    }
}

/// Copies selected entries into a tree by the rules of COPY (`behaviours.md`, "Files").
struct TreeCopier {
    let writer: UpperWriter
    /// `--chown`; nil keeps the owners of the source, and makes parents for root.
    let owner: (uid: UInt32, gid: UInt32)?
    let mode: ModeChange?
    /// Asked while files are copied, by any thread.
    var isCancelled: @Sendable () -> Bool = { false }
    /// When what is copied was changed last; nil for what the files of the source say.
    var modified: FileTime?

    private static let defaultDirectoryMode: UInt16 = 0o755

    // MARK: Destinations

    /// Copies one selected entry: a directory's contents, or a file under its name or the destination's.
    func copy(_ item: Selection.Item, from source: CopySource, to destination: ByteString) throws {
        let isDirectory = item.entry.isDirectory
        let target = try target(of: destination, name: item.name, isDirectory: isDirectory)
        if isDirectory {
            try copyContents(of: item, from: source, to: target)
        } else {
            let parent = try source.directory(item.path.parent)
            var batch = Batch()
            try add(item.path.last ?? "", item.entry, in: parent, at: item.path, to: target, isFresh: false, &batch)
            try finish(batch, from: source)
        }
    }

    /// Writes the content of a heredoc, mode 0644.
    func write(_ content: ByteString, named name: ByteString, to destination: ByteString) throws {
        let target = try target(of: destination, name: name, isDirectory: false)
        try checkReplaceable(target)
        let attributes = attributes(of: Attributes(mode: 0o644), isDirectory: false)
        try writer.file(target, attributes, modified: nil, bytes: content.bytes)
    }

    /// Unpacks a local archive (ADD).
    ///
    /// - Returns: false if the entry is none: it is copied then.
    func unpack(_ item: Selection.Item, from source: CopySource, to destination: ByteString) throws -> Bool {
        guard case .file(let hash, _) = item.entry.node else { return false }
        let file = try source.directory(item.path.parent).open(item.path.last ?? "", flags: O_RDONLY | O_NONBLOCK)
        guard try ArchiveUnpack.isArchive(file) else { return false }
        if writer.isOnPaper { throw NotOnPaper() }
        let target = try writer.resolve(destination, followsLast: true)
        try makeDirectories(target, mode: TreeCopier.defaultDirectoryMode)
        let unpack = ArchiveUnpack(writer: writer, destination: target, owner: owner)
        return try unpack.unpack(file, expecting: hash, named: item.path.bytes)
    }

    /// Where an entry goes, with the parents made: links of the destination followed inside the tree.
    private func target(of destination: ByteString, name: ByteString, isDirectory: Bool) throws -> TreePath {
        let saysDirectory = destination.hasSuffix("/")
        let asGiven = TreePath(parsing: destination)
        let parent = saysDirectory ? asGiven : asGiven.parent
        try makeDirectories(try writer.resolve("/" + parent.bytes, followsLast: true), mode: parentMode)
        var target = try writer.resolve("/" + asGiven.bytes, followsLast: true)
        let found = try writer.entry(at: target)
        if isDirectory {
            if found == nil { try makeDirectories(target, mode: parentMode) }
        } else {
            if found?.isDirectory == true { target = target.appending(name) }
            try makeDirectories(target.parent, mode: parentMode)
        }
        return target
    }

    /// The mode of parents that have to be made: an octal `--chmod` reaches them, its special bits do not.
    private var parentMode: UInt16 {
        if case .absolute(let mode) = mode { mode & 0o777 } else { TreeCopier.defaultDirectoryMode }
    }

    /// Makes a directory with its missing parents; they belong to the owner that was given, or to root.
    func makeDirectories(_ path: TreePath, mode: UInt16) throws {
        var current = TreePath.root
        for name in path.components {
            current = current.appending(name)
            if let found = try writer.entry(at: current) {
                guard found.isDirectory else {
                    throw ExecutionError.cannotReplace(path: "/" + current.bytes, reason: "is not a directory")
                }
                continue
            }
            let attributes = Attributes(mode: mode, uid: owner?.uid ?? 0, gid: owner?.gid ?? 0)
            try writer.directory(current, attributes)
        }
    }

    // MARK: Copying

    /// What is to be copied once all directories are made.
    private struct Batch {
        var folders: [FolderCopy] = []
        /// What the tree says of the files, in the order of `folders` and their files.
        var expected: [[TreeEntry]] = []
        var paths: [[TreePath]] = []
        var links: [(path: TreePath, existing: TreePath)] = []
        /// Files with several names, by each name in the source: the number of their set.
        var setOfPath: [TreePath: Int] = [:]
        /// The first copy of each set.
        var firstCopy: [Int: TreePath] = [:]
        var setCount = 0
    }

    /// Merges a directory's contents into the target, which is a directory.
    ///
    /// The target keeps mode and owner; directories below it take those of the source.
    private func copyContents(of item: Selection.Item, from source: CopySource, to target: TreePath) throws {
        guard let found = try writer.entry(at: target), found.isDirectory else {
            throw ExecutionError.cannotReplace(
                path: "/" + target.bytes,
                reason: "cannot copy a directory to non-directory"
            )
        }
        var batch = Batch()
        let opened = try source.directory(item.path)
        try writer.directory(target, found.attributes, modified: try opened.status().modified)
        try addContents(item.entry, opened, at: item.path, from: source, to: target, isFresh: false, &batch)
        try finish(batch, from: source)
    }

    private func addContents(
        _ entry: TreeEntry,
        _ opened: Directory,
        at path: TreePath,
        from source: CopySource,
        to target: TreePath,
        isFresh: Bool,
        _ batch: inout Batch
    ) throws {
        guard case .directory(let hash) = entry.node else { return }
        let object = try source.trees.directoryObject(hash)
        for set in object.linkSets { note(set.map { path.appending(TreePath(parsing: $0)) }, in: &batch) }
        // One level at a time on a stack of their own would save depth; trees are as deep as PATH_MAX lets them be.
        var folder = FolderCopy(from: { try source.directory(path) }, to: target, files: [])
        var expected: [TreeEntry] = []
        var paths: [TreePath] = []
        for child in object.children {
            let childPath = path.appending(child.name)
            let childTarget = target.appending(child.name)
            if case .file = child.entry.node, batch.setOfPath[childPath] == nil {
                if !isFresh { try checkReplaceable(childTarget) }
                folder.files.append(try fileCopy(child.name, child.entry, in: opened, at: childPath))
                expected.append(child.entry)
                paths.append(childPath)
            } else if child.entry.isDirectory {
                let isNew = try isFresh || makeOrMerge(childTarget)
                let inner = try opened.child(child.name)
                let attributes = attributes(of: child.entry.attributes, isDirectory: true)
                try writer.directory(childTarget, attributes, modified: try inner.status().modified)
                try addContents(
                    child.entry,
                    inner,
                    at: childPath,
                    from: source,
                    to: childTarget,
                    isFresh: isNew,
                    &batch
                )
            } else {
                try add(child.name, child.entry, in: opened, at: childPath, to: childTarget, isFresh: isFresh, &batch)
            }
        }
        guard !folder.files.isEmpty else { return }
        batch.folders.append(folder)
        batch.expected.append(expected)
        batch.paths.append(paths)
    }

    /// Whether a directory of the source is new at its target.
    private func makeOrMerge(_ target: TreePath) throws -> Bool {
        guard let found = try writer.entry(at: target) else { return true }
        guard found.isDirectory else {
            throw ExecutionError.cannotReplace(path: "/" + target.bytes, reason: "cannot copy to non-directory")
        }
        return false
    }

    private func checkReplaceable(_ target: TreePath) throws {
        guard try writer.entry(at: target)?.isDirectory == true else { return }
        throw ExecutionError.cannotReplace(path: "/" + target.bytes, reason: "cannot replace a directory with a file")
    }

    /// Adds one entry that is no directory.
    private func add(
        _ name: ByteString,
        _ entry: TreeEntry,
        in parent: Directory,
        at path: TreePath,
        to target: TreePath,
        isFresh: Bool,
        _ batch: inout Batch
    ) throws {
        if !isFresh { try checkReplaceable(target) }
        if let set = batch.setOfPath[path] {
            if let first = batch.firstCopy[set] { return batch.links.append((target, first)) }
            batch.firstCopy[set] = target
        }
        let attributes = attributes(of: entry.attributes, isDirectory: false)
        switch entry.node {
        case .file:
            var file = try fileCopy(name, entry, in: parent, at: path)
            file.name = target.last ?? name
            batch.folders.append(FolderCopy(from: { parent }, to: target.parent, files: [file]))
            batch.expected.append([entry])
            batch.paths.append([path])
        case .symlink(let text):
            try writer.symlink(target, target: text, attributes, modified: try modified(name, in: parent, at: path))
        case .characterDevice, .blockDevice, .fifo:
            try writer.node(target, entry.node, attributes, modified: try modified(name, in: parent, at: path))
        case .socket, .directory: break
        }
    }

    /// When an entry of the source was changed last.
    private func modified(_ name: ByteString, in parent: Directory, at path: TreePath) throws -> FileTime {
        if let modified { return modified }
        do { return try parent.status(name).modified } catch {
            // The tree has it, so it went away since.
            throw error.isNotFound ? ExecutionError.changedWhileRead(path.bytes) : error
        }
    }

    private func fileCopy(
        _ name: ByteString,
        _ entry: TreeEntry,
        in parent: Directory,
        at path: TreePath
    ) throws -> FileCopy {
        let attributes = attributes(of: entry.attributes, isDirectory: false)
        return FileCopy(source: name, attributes: attributes, modified: try modified(name, in: parent, at: path))
    }

    /// What an entry of the source is at the target.
    private func attributes(of source: Attributes, isDirectory: Bool) -> Attributes {
        var result = source
        if let owner { (result.uid, result.gid) = owner }
        if let mode { result.mode = mode.applied(to: source.mode, isDirectory: isDirectory) }
        return result
    }

    /// Notes files that are hard links of each other; a set of a directory above may share its first member.
    private func note(_ members: [TreePath], in batch: inout Batch) {
        let known = members.compactMap { batch.setOfPath[$0] }.first
        let set = known ?? batch.setCount
        if known == nil { batch.setCount += 1 }
        for member in members { batch.setOfPath[member] = set }
    }

    /// Copies the files on all cores, compares them with what the tree says, then makes the hard links.
    private func finish(_ batch: Batch, from source: CopySource) throws {
        if writer.isOnPaper {
            try writer.note(batch.folders, expected: batch.expected)
            for (path, existing) in batch.links { try writer.hardLink(path, to: existing) }
            return
        }
        let changed = Mutex<TreePath?>(nil)
        try writer.copy(
            batch.folders,
            copied: { folder, index, copied in
                guard case .file(let hash, let size) = batch.expected[folder][index].node else { return }
                if copied.hash != hash || copied.size != size { changed.withLock { $0 = batch.paths[folder][index] } }
            },
            isCancelled: isCancelled
        )
        if let path = changed.withLock({ $0 }) { throw ExecutionError.changedWhileRead(path.bytes) }
        for (path, existing) in batch.links { try writer.hardLink(path, to: existing) }
    }
}
