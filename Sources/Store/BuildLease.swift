internal import Bytes
internal import Linux
internal import Synchronization

/// What keeps everything that a process looks up or stores from being collected while it works.
///
/// It is a shared lock on `locks/gc`. Whoever collects garbage takes that lock exclusively and without waiting, so the
/// two exclude each other, and a process that is killed holds nothing. It writes nothing to the disk.
final class BuildLease: Sendable {
    private let lock: LockFile
    private let state = Mutex(())

    init(in locks: Directory) throws(SystemError) {
        guard let lock = try LockFile.acquire("gc", in: locks, sharing: .shared, waits: true) else {
            preconditionFailure("a lock that is waited for is taken in the end")
        }
        self.lock = lock
    }

    /// Runs what may take away files that others could be reading, if no other process has the root open.
    ///
    /// - Returns: nil where another has.
    func exclusively<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value? {
        try state.withLock { _ throws(StoreError) -> Value? in
            guard (try? lock.convert(to: .exclusive, waits: false)) == true else {
                // A conversion that fails may have let go of the shared lock: flock(2).
                _ = try? lock.convert(to: .shared, waits: true)
                return nil
            }
            defer { _ = try? lock.convert(to: .shared, waits: true) }
            return try body()
        }
    }
}
