internal import Bytes
internal import Linux
internal import OCI
internal import Trees

/// One walk of an upper directory: depth first, names sorted, so that what it finds is in a delta's order.
struct UpperWalk: ~Copyable {
    /// Something found.
    ///
    /// Whether it is a change is known when files have been hashed and directories walked.
    private struct Record {
        var path: TreePath
        /// Nil once it was found to be no change.
        var change: Delta.Change?
        /// The record of the directory that it is in.
        var parent: Int
        /// A directory that is as it was: it is in the delta only if something in it is.
        var isUnchangedDirectory = false
        /// The record of the file's first name.
        var firstLink: Int?
    }

    private struct Frame {
        var record: Int
        var path: TreePath
        var names: [ByteString]
        var next = 0
        /// What the layers below show in the directory; nil for nothing.
        var below: DirectoryObject?
        /// The members of its link sets, once they were asked for.
        var linkedBelow: Set<ByteString>?
        var modified: FileTime
    }

    /// A file that waits to be hashed.
    private struct Pending {
        var status: FileStatus
        var below: TreeEntry?
        var isLinkedBelow: Bool
        var parentModified: FileTime
    }

    private struct Inode: Hashable {
        var device: UInt64
        var number: UInt64
    }

    private let scan: UpperScan
    private var stack: DirectoryStack
    private var frames: [Frame] = []
    private var records: [Record] = []
    private var pending: [Int: Pending] = [:]
    private var links: [Inode: Int] = [:]
    private var hashing = FileHashing(clearsFlags: true)
    private(set) var notices = NoticeList()

    init(scan: UpperScan) throws {
        self.scan = scan
        stack = try DirectoryStack(root: scan.upper)
    }

    mutating func walk() throws {
        let status = try at(.root) { () throws(SystemError) in try scan.upper.status() }
        try enter(.root, status, below: scan.below.tree.rootEntry, parent: 0)
        while let frame = frames.last {
            guard frame.next < frame.names.count else {
                frames.removeLast()
                if !frames.isEmpty {
                    // Not with `at`: the stack cannot be captured while it changes.
                    do throws(SystemError) { try stack.ascend() } catch { throw LayersError.file(frame.path, error) }
                }
                continue
            }
            frames[frames.count - 1].next += 1
            try visit(frame.names[frame.next], in: frame)
        }
        try flush()
        resolveLinks()
        try removeUnchangedDirectories()
    }

    /// What was changed.
    ///
    /// After ``walk()``.
    var delta: Delta {
        var entries: [Delta.Entry] = []
        for (record, isPart) in zip(records, isPartOfDelta) where isPart {
            if let change = record.change { entries.append(Delta.Entry(path: record.path, change: change)) }
        }
        return Delta(entries: entries)
    }

    /// Which records are changes, or directories on the way to one.
    private var isPartOfDelta: [Bool] {
        var holdsChange = [Bool](repeating: false, count: records.count)
        for index in records.indices.reversed() {
            let record = records[index]
            guard record.change != nil, !record.isUnchangedDirectory || holdsChange[index] else { continue }
            holdsChange[record.parent] = true
            holdsChange[index] = true
        }
        // Layers do not list the root for what is in it.
        if let root = records.first, root.isUnchangedDirectory { holdsChange[0] = false }
        return holdsChange
    }

    /// Takes away the directories that overlay copied up and that hold no change.
    ///
    /// The delta does not tell of them, but over another tree their attributes would show: snapshots of equal deltas may
    /// stand for each other (cache.md rule 2).
    private func removeUnchangedDirectories() throws {
        let isPart = isPartOfDelta
        for index in records.indices.dropFirst().reversed() where records[index].isUnchangedDirectory && !isPart[index]
        {
            let (path, parent) = (records[index].path, records[records[index].parent])
            try at(path) { () throws(SystemError) in
                let directory = try scan.upper.directory(at: path.parent)
                try directory.removeDirectory(path.last ?? "")
                if case .directory(_, let modified, _) = parent.change { try directory.setModified("", modified) }
            }
        }
    }

    // MARK: Directories

    private mutating func enter(_ path: TreePath, _ status: FileStatus, below: TreeEntry?, parent: Int) throws {
        let directory = stack.current
        if directory.descriptor.clearImmutable() { notices.add(.clearedFlags(at: path)) }
        let (names, xattrs) = try at(path) { () throws(SystemError) in
            (try directory.names().sorted(), try directory.descriptor.xattrs())
        }
        let attributes = try scan.attributes(status, xattrs, at: path)
        // The root of an overlay merges all layers, whatever is marked there.
        let isOpaque = !path.isRoot && scan.mark(OverlayMark.opaque, in: xattrs) == OverlayMark.yes
        var contents: DirectoryObject?
        var wasDirectory = false
        if case .directory(let hash) = below?.node {
            wasDirectory = true
            if !isOpaque { contents = try scan.below.source.directoryObject(hash) }
        } else if isOpaque {
            // The mark hides nothing here, but it would over other layers that this upper may come to lie on.
            try at(path) { () throws(SystemError) in try directory.removeXattr("", scan.namespace + OverlayMark.opaque)
            }
        }
        let change = Delta.Change.directory(attributes, modified: status.modified, isOpaque: isOpaque && wasDirectory)
        let isUnchanged = wasDirectory && !isOpaque && below?.attributes == attributes
        frames.append(
            Frame(record: records.count, path: path, names: names, below: contents, modified: status.modified)
        )
        records.append(Record(path: path, change: change, parent: parent, isUnchangedDirectory: isUnchanged))
    }

    // MARK: Entries

    private mutating func visit(_ name: ByteString, in frame: Frame) throws {
        let path = frame.path.appending(name)
        try LayersError.checkDepth(of: path)
        let directory = stack.current
        let status = try at(path) { () throws(SystemError) in try directory.status(name) }
        let below = frame.below?[name]
        if OverlayMark.isWhiteout(status) { return try whiteout(name, in: frame, below) }
        guard !OverlayMark.isReserved(name) else { throw LayersError.whiteoutName(path) }
        switch status.kind {
        case .directory:
            do throws(SystemError) { try stack.descend(name, status: status) } catch {
                throw LayersError.file(path, error)
            }
            try enter(path, status, below: below, parent: frame.record)
        case .socket: try socket(name, in: frame, below)
        case .file: try file(name, status, in: frame, below)
        case .symlink, .characterDevice, .blockDevice, .fifo: try other(name, status, in: frame, below)
        }
    }

    private mutating func whiteout(_ name: ByteString, in frame: Frame, _ below: TreeEntry?) throws {
        guard below != nil else { return try remove(name, in: stack.current, frame.path, frame.modified) }
        records.append(Record(path: frame.path.appending(name), change: .whiteout, parent: frame.record))
    }

    private mutating func socket(_ name: ByteString, in frame: Frame, _ below: TreeEntry?) throws {
        let directory = stack.current
        let path = frame.path.appending(name)
        notices.add(.droppedSocket(at: path))
        try remove(name, in: directory, frame.path, frame.modified)
        guard below != nil else { return }
        // What was there before is gone all the same.
        try at(path) { () throws(SystemError) in
            try directory.makeNode(name, kind: .characterDevice, mode: 0, device: 0)
            try directory.setModified("", frame.modified)
        }
        try whiteout(name, in: frame, below)
    }

    private mutating func file(_ name: ByteString, _ status: FileStatus, in frame: Frame, _ below: TreeEntry?) throws {
        let path = frame.path.appending(name)
        var record = Record(path: path, change: nil, parent: frame.record)
        if let first = firstLink(status) {
            record.firstLink = first
            records.append(record)
            return
        }
        let index = records.count
        records.append(record)
        pending[index] = Pending(
            status: status,
            below: below,
            isLinkedBelow: below?.kind == .file && status.links == 1 ? isLinkedBelow(name) : false,
            parentModified: frame.modified
        )
        let job = FileHashing.Job(index: index, directory: stack.current, name: name, path: path)
        if hashing.add(job, size: status.size) { try flush() }
    }

    private mutating func other(_ name: ByteString, _ status: FileStatus, in frame: Frame, _ below: TreeEntry?) throws {
        let path = frame.path.appending(name)
        if let first = firstLink(status) {
            records.append(Record(path: path, change: nil, parent: frame.record, firstLink: first))
            return
        }
        let directory = stack.current
        let (node, xattrs) = try at(path) { () throws(SystemError) in
            let node = try directory.specialNode(name, status)
            return (node, status.kind == .symlink ? [] : try directory.xattrs(name))
        }
        let entry = TreeEntry(node, try scan.attributes(status, xattrs, at: path))
        if status.links == 1, entry == below, !isLinkedBelow(name), try scan.lowerModified(path) == status.modified {
            return try remove(name, in: directory, frame.path, frame.modified)
        }
        let change = Delta.Change.write(entry, modified: status.modified, linkedTo: nil)
        records.append(Record(path: path, change: change, parent: frame.record))
    }

    /// The record of the first name of a file with several, or nil: this is it, and its record comes next.
    private mutating func firstLink(_ status: FileStatus) -> Int? {
        guard status.links > 1 else { return nil }
        let inode = Inode(device: status.device, number: status.inode)
        if let first = links[inode] { return first }
        links[inode] = records.count
        return nil
    }

    /// Whether the tree below says that the entry is a hard link of another: a copy-up has made it a file of its own.
    private mutating func isLinkedBelow(_ name: ByteString) -> Bool {
        for level in frames.indices.reversed() {
            guard let sets = frames[level].below?.linkSets else { return false }
            if sets.isEmpty { continue }
            if frames[level].linkedBelow == nil { frames[level].linkedBelow = Set(sets.joined()) }
            let between = frames[frames.count - 1].path.components[frames[level].path.components.count...]
            let relative = (between + [name]).joined(separator: "/")
            if frames[level].linkedBelow?.contains(relative) == true { return true }
        }
        return false
    }

    private func remove(
        _ name: ByteString,
        in directory: Directory,
        _ parent: TreePath,
        _ modified: FileTime
    ) throws(LayersError) {
        try at(parent.appending(name)) { () throws(SystemError) in
            try directory.removeFile(name)
            try directory.setModified("", modified)
        }
    }

    // MARK: Files

    private mutating func flush() throws {
        var found: [(FileHashing.Job, FileHashing.Found)] = []
        try hashing.flush { found.append(($0, $1)) }
        for (job, found) in found {
            guard let waiting = pending.removeValue(forKey: job.index) else { continue }
            if found.clearedFlags { notices.add(.clearedFlags(at: job.path)) }
            if found.size == 0, scan.mark(OverlayMark.whiteout, in: found.xattrs) != nil {
                if waiting.below != nil {
                    records[job.index].change = .whiteout
                } else {
                    try remove(job.name, in: job.directory, job.path.parent, waiting.parentModified)
                }
                continue
            }
            let attributes = try scan.attributes(waiting.status, found.xattrs, at: job.path)
            let entry = TreeEntry(.file(found.hash, size: found.size), attributes)
            if waiting.status.links == 1, entry == waiting.below, !waiting.isLinkedBelow,
                try scan.lowerModified(job.path) == waiting.status.modified
            {
                try remove(job.name, in: job.directory, job.path.parent, waiting.parentModified)
                continue
            }
            let change = Delta.Change.write(entry, modified: waiting.status.modified, linkedTo: nil)
            records[job.index].change = change
        }
    }

    /// Fills in the other names of files, whose first name has been hashed by now.
    private mutating func resolveLinks() {
        for index in records.indices {
            guard let first = records[index].firstLink,
                case .write(let entry, let modified, _) = records[first].change
            else { continue }
            records[index].change = .write(entry, modified: modified, linkedTo: records[first].path)
        }
    }
}
