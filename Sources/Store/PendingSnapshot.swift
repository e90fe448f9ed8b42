internal import Bytes
package import Linux

/// A snapshot that is being made.
///
/// It ends in a commit, or is moved to the trash.
package struct PendingSnapshot: ~Copyable, Sendable {
    /// The name that the snapshot will have.
    package let id: SnapshotID
    /// What becomes the snapshot: an overlay's upper directory.
    ///
    /// Made 0755 of this user; the maker sets its attributes.
    package let fs: Directory
    /// Overlay's work directory, on the same file system; gone when the snapshot is committed.
    package let work: Directory

    private let store: SnapshotStore
    private let directory: Directory
    private let lock: SnapshotStore.WorkLock
    private var isCommitted = false

    init(
        store: SnapshotStore,
        id: SnapshotID,
        directory: Directory,
        fs: Directory,
        work: Directory,
        lock: SnapshotStore.WorkLock
    ) {
        self.store = store
        self.id = id
        self.directory = directory
        self.fs = fs
        self.work = work
        self.lock = lock
    }

    private static func name(of id: SnapshotID) -> ByteString { SnapshotStore.pendingPrefix + id.fileName }

    /// Gives the snapshot its place.
    ///
    /// Whatever was mounted over it must be unmounted.
    ///
    /// `meta`: what the maker says of it, kept beside it; opaque to the store.
    /// Throws `StoreError.full` or `StoreError.system`: it is rolled back then.
    package consuming func commit(meta: [UInt8] = []) throws(StoreError) -> SnapshotID {
        try store.commit(PendingSnapshot.name(of: id), id, directory, meta: meta, lock: lock)
        isCommitted = true
        return id
    }

    /// Moves what was made to the trash, as going out of scope does.
    package consuming func rollBack() {}

    deinit { if !isCommitted { store.rollBack(PendingSnapshot.name(of: id)) } }
}
