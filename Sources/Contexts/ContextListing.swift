internal import Bytes
internal import Glibc
package import Linux
package import OCI
internal import Synchronization
package import Trees

/// A local context as one scan found it: every entry with its state, and the content's hash of those files that were read
/// in this build or an earlier one.
///
/// Contents are hashed only when somebody needs them, in one of two ways:
/// - ``hash(_:)`` reads the files at and below some paths: for a key that must be known before anything is copied.
/// - Who copies a file hashes what it copies and tells ``learned(_:at:status:)``: then nothing is read twice.
///
/// ``tree()`` gives the context as a tree at any time; a file whose hash is not known yet has a placeholder there that
/// says in which state the file is. Such a tree serves to resolve paths; a key is made only of what ``isHashed(_:)``.
package final class ContextListing: Sendable {
    struct State: Sendable {
        var directories: [DirectoryListing]
        /// Numbers of directories by the hash of their object; made with each tree.
        var numbers: [ContentHash: Int] = [:]
        var counters: ContextCounters
        var differsFromIndex: Bool
    }

    /// The context's root: files are opened beneath it.
    package let root: Directory
    let rootRecord: FileRecord
    /// Files that were changed later than this are not to be trusted in the next build.
    let cutoff: Int64
    /// Where the stat index is written; nil if none is kept.
    let indexFile: (folder: Directory, name: ByteString)?
    let state: Mutex<State>

    init(
        root: Directory,
        rootRecord: FileRecord,
        directories: [DirectoryListing],
        counters: ContextCounters,
        cutoff: Int64,
        indexFile: (folder: Directory, name: ByteString)?
    ) {
        self.root = root
        self.rootRecord = rootRecord
        self.cutoff = cutoff
        self.indexFile = indexFile
        var directories = directories
        ContextListing.dropEmptyIgnored(&directories)
        ContextListing.findLinkSets(&directories)
        ContextListing.takeKnownObjects(&directories)
        let differs = directories[0].object == nil
        state = Mutex(State(directories: directories, counters: counters, differsFromIndex: differs))
    }

    package var counters: ContextCounters { state.withLock { $0.counters } }

    /// Whether the hash of every file at and below the path is known.
    ///
    /// False for a path that is not there.
    package func isHashed(_ path: TreePath) -> Bool {
        state.withLock { state in
            guard let place = state.find(path) else { return false }
            switch place {
            case .directory(let number): return state.unhashed(below: number, limit: 1).isEmpty
            case .entry(let number, let index):
                let record = state.directories[number].records[index]
                return record.kind != .file || record.flags.contains(.hashed)
            }
        }
    }

    /// Opens a file of the context to copy it, no link followed on the way.
    ///
    /// `status` is that of the open file; it may differ from the listing's if the file was changed since.
    ///
    /// - Throws: `unreadable`, or `changedWhileRead` if no file is there any more.
    package func open(_ path: TreePath) throws(ContextsError) -> (file: Linux.Descriptor, status: FileStatus) {
        do throws(SystemError) {
            let file = try openFile(path)
            let status = try file.status()
            state.withLock { $0.counters.filesOpened += 1 }
            guard status.kind == .file else { throw SystemError(code: ENOENT, call: "open") }
            return (file, status)
        } catch {
            throw error.isNotFound || error.code == ELOOP || error.code == ENXIO
                ? .changedWhileRead(path.bytes) : .unreadable(path.bytes, error)
        }
    }

    private func openFile(_ path: TreePath) throws(SystemError) -> Linux.Descriptor {
        let flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC
        let bytes = path.bytes
        // A path of 4,096 bytes is more than a call takes.
        guard bytes.count >= 4_000, let name = path.last else { return try root.openBeneath(bytes, flags: flags) }
        var directory = root
        for name in path.components.dropLast() { directory = try directory.child(name) }
        return try directory.open(name, flags: flags)
    }

    /// Takes over the hash of a file that was read elsewhere, in the state in which it was before and after reading.
    package func learned(_ hash: ContentHash, at path: TreePath, status: FileStatus) {
        guard status.kind == .file else { return }
        state.withLock { state in
            guard case .entry(let number, let index) = state.find(path) else { return }
            state.counters.bytesHashed += status.size
            state.set(FileRecord(status), hash: hash, directory: number, index: index)
        }
    }
}

extension ContextListing.State {
    enum Place {
        case directory(Int)
        /// The number of a directory and of the record in it.
        case entry(Int, Int)
    }

    func find(_ path: TreePath) -> Place? {
        var number = 0
        for (depth, name) in path.components.enumerated() {
            guard let index = directories[number].find(name) else { return nil }
            let record = directories[number].records[index]
            if record.kind == .directory {
                number = Int(record.first)
            } else {
                return depth == path.components.count - 1 ? .entry(number, index) : nil
            }
        }
        return .directory(number)
    }

    /// Directory numbers and the records in them of files whose hash is not known.
    func unhashed(below number: Int, limit: Int = .max) -> [(directory: Int, indices: [Int])] {
        var result: [(directory: Int, indices: [Int])] = []
        var pending = [number]
        while let number = pending.popLast(), result.count < limit {
            let listing = directories[number]
            if listing.object != nil && listing.isComplete { continue }
            var indices: [Int] = []
            for (index, record) in listing.records.enumerated() {
                if record.kind == .directory {
                    pending.append(Int(record.first))
                } else if record.kind == .file && !record.flags.contains(.hashed) {
                    indices.append(index)
                }
            }
            if !indices.isEmpty { result.append((number, indices)) }
        }
        return result
    }

    /// Puts the state of a file that was read in place of what the scan saw.
    mutating func set(_ new: FileRecord, hash: ContentHash, directory number: Int, index: Int) {
        var record = new
        let old = directories[number].records[index]
        (record.nameOffset, record.nameLength) = (old.nameOffset, old.nameLength)
        record.contentHash = hash
        directories[number].records[index] = record
        differsFromIndex = true
        // Above a directory without an object there is none either.
        var above = number
        while above >= 0, directories[above].object != nil {
            directories[above].object = nil
            above = directories[above].parent
        }
    }
}
