internal import Bytes
internal import Glibc
package import Linux
internal import Synchronization

/// The unpacked deltas: `snapshots/<id>/fs` is an upper directory in overlay's form, `snapshots/<id>/meta` what its
/// maker says of it.
///
/// A snapshot is made in `new-<id>`, whose directory is locked by its maker (flock). Committing renames it; the lock is
/// held until a row names it, or the process ends. So a sweep can tell by the lock alone what nobody will ever name.
package final class SnapshotStore: Sendable {
    private let root: ByteString
    private let folder: Directory
    private let trash: Trash
    private let index: IndexDatabase
    /// Committed snapshots that no row names yet.
    private let unnamed = Mutex<[SnapshotID: WorkLock]>([:])

    static let pendingPrefix: ByteString = "new-"

    /// A lock on a snapshot's directory, in a form that can be kept in a table.
    final class WorkLock: Sendable {
        private let lock: LockFile
        init(_ lock: consuming LockFile) { self.lock = lock }
    }

    init(root: ByteString, folder: Directory, trash: Trash, index: IndexDatabase) {
        self.root = root
        self.folder = folder
        self.trash = trash
        self.index = index
    }

    /// Begins a snapshot: an empty `fs`, 0755, and a `work` directory for overlay beside it.
    ///
    /// - Throws: `StoreError.full` or `StoreError.system`.
    package func begin() throws(StoreError) -> PendingSnapshot {
        try system("beginning a snapshot") { () throws(SystemError) in
            while true {
                let id = SnapshotID.random()
                let name = SnapshotStore.pendingPrefix + id.fileName
                try folder.makeDirectory(name, mode: 0o700)
                // A sweep may come between the two calls: then the directory is not there any more, or is locked.
                guard let directory = try childIfPresent(name), let lock = try lockIfStillThere(directory, name) else {
                    continue
                }
                do throws(SystemError) {
                    try directory.makeDirectory("fs", mode: 0o755)
                    try directory.makeDirectory("work", mode: 0o700)
                    return PendingSnapshot(
                        store: self,
                        id: id,
                        directory: directory,
                        fs: try directory.child("fs"),
                        work: try directory.child("work"),
                        lock: WorkLock(lock)
                    )
                } catch {
                    rollBack(name)
                    throw error
                }
            }
        }
    }

    /// Opens the `fs` of a snapshot.
    ///
    /// - Throws: `StoreError.missingSnapshot` if it is not there.
    package func open(_ id: SnapshotID) throws(StoreError) -> Directory {
        do throws(SystemError) { return try folder.child(id.fileName).child("fs") } catch {
            throw error.isNotFound ? .missingSnapshot(id) : .system(doing: "opening a snapshot", error)
        }
    }

    package func contains(_ id: SnapshotID) -> Bool { (try? open(id)) != nil }

    /// What the maker of a snapshot said of it when it committed.
    package func meta(_ id: SnapshotID, limit: Int = 1 << 20) throws(StoreError) -> [UInt8] {
        do throws(SystemError) {
            return try folder.child(id.fileName).open("meta", flags: O_RDONLY | O_NONBLOCK).readAll(limit: limit)
        } catch {
            throw error.isNotFound ? .missingSnapshot(id) : .system(doing: "reading a snapshot", error)
        }
    }

    /// Takes away a committed snapshot that no row names.
    package func discard(_ id: SnapshotID) throws(StoreError) {
        try system("discarding a snapshot") { () throws(SystemError) in try trash.take(id.fileName, from: folder) }
        didName(id)
    }

    /// Moves to the trash what killed processes left: snapshots that were being made, and those that no row names.
    ///
    /// Never needed for a build to be right.
    ///
    /// - Returns: how many were moved.
    package func sweep() throws(StoreError) -> Int {
        let names = try system("sweeping snapshots") { () throws(SystemError) in try folder.names() }
        let named = try index.read("sweeping snapshots") { session in
            Set(try session.rows("SELECT snapshot FROM deltas WHERE snapshot IS NOT NULL").map { try $0.text(0) })
        }
        var count = 0
        for name in names where !named.contains(name.text) && name != "lost+found" {
            if try sweep(name) { count += 1 }
        }
        return count
    }

    private func sweep(_ name: ByteString) throws(StoreError) -> Bool {
        let directory = try system("sweeping snapshots") { () throws(SystemError) in try childIfPresent(name) }
        guard let directory else { return false }
        let lock = try system("sweeping snapshots") { () throws(SystemError) in try lockIfStillThere(directory, name) }
        guard lock != nil else { return false }
        // With the lock held nobody can name it any more; a row that came before the lock is seen now.
        let isNamed = try index.read("sweeping snapshots") { session in
            try session.row("SELECT 1 FROM deltas WHERE snapshot = ?", .text(name.text)) != nil
        }
        if isNamed { return false }
        try system("sweeping snapshots") { () throws(SystemError) in try trash.take(name, from: folder) }
        return true
    }

    // MARK: For the pending snapshot and the index

    func commit(_ name: ByteString, _ id: SnapshotID, _ directory: Directory, meta: [UInt8], lock: WorkLock)
        throws(StoreError)
    {
        try system("committing a snapshot") { () throws(SystemError) in
            // The kernel's mark of a volatile mount is in `work`: gone with it, so the upper can be a lower.
            try directory.removeTree("work")
            try directory.open("meta", flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).write(meta)
            try folder.rename(name, to: id.fileName, in: folder)
        }
        unnamed.withLock { $0[id] = lock }
    }

    func rollBack(_ name: ByteString) { try? trash.take(name, from: folder) }

    /// Tells that a row names the snapshot, or that it is gone.
    func didName(_ id: SnapshotID) { unnamed.withLock { _ = $0.removeValue(forKey: id) } }

    /// Moves a snapshot to the trash whose row is deleted.
    func takeAway(_ id: SnapshotID) throws(SystemError) { try trash.take(id.fileName, from: folder) }

    private func childIfPresent(_ name: ByteString) throws(SystemError) -> Directory? {
        do throws(SystemError) { return try folder.child(name) } catch {
            if error.isNotFound || error.code == ELOOP { return nil }
            throw error
        }
    }

    /// The lock on a directory, if nobody has it and the name still leads to it.
    private func lockIfStillThere(_ directory: Directory, _ name: ByteString) throws(SystemError) -> LockFile? {
        guard let lock = try LockFile.tryAcquire(directory: directory) else { return nil }
        let opened = try directory.status()
        guard let found = try folder.statusIfPresent(name), found.inode == opened.inode, found.device == opened.device
        else {
            return nil
        }
        return lock
    }

    private func system<Value: ~Copyable>(
        _ doing: String,
        _ body: () throws(SystemError) -> Value
    ) throws(StoreError) -> Value {
        do throws(SystemError) { return try body() } catch {
            throw StoreError(error, doing: doing, root: root, in: folder)
        }
    }
}
