internal import Bytes
internal import Glibc
internal import Linux
package import OCI

/// The right to execute one step: among all processes, one has it at a time, and the others wait for its result.
///
/// It is held only while the step executes, and never two at once across a wait. A holder that ends, however it ends,
/// frees it. Lock files are never unlinked while a build runs: another process may wait on the same inode.
package struct StepLock: ~Copyable, Sendable {
    private let lock: LockFile

    /// Who has a lock, as far as it said so: for messages only.
    package struct Holder: Hashable, Sendable {
        package let processID: Int32
    }

    fileprivate init(_ lock: consuming LockFile) { self.lock = lock }
}

extension StateRoot {
    /// Takes the lock on a step if nobody has it.
    ///
    /// `key`: the step's definition key or content key; all processes must use the same kind for a step.
    package func tryLockStep(_ key: ContentHash) throws(StoreError) -> StepLock? {
        let (folder, name) = try stepLockFile(key)
        do throws(SystemError) {
            guard let lock = try LockFile.acquire(name, in: folder, waits: false) else { return nil }
            // Advice only: a full disk must not keep a step from running.
            try? folder.open(name, flags: O_WRONLY | O_TRUNC).write(Array("\(getpid())\n".utf8))
            return StepLock(lock)
        } catch { throw stepLockError(error) }
    }

    /// Takes the lock on a step, waiting for it.
    ///
    /// Blocks the thread; after a wait look the result up again.
    ///
    /// `isCancelled`: asked some forty times a second while waiting.
    /// Throws `StoreError`, or `CancellationError`.
    package func lockStep(_ key: ContentHash, isCancelled: () -> Bool = { Task.isCancelled }) throws -> StepLock {
        var pause: UInt32 = 500
        while true {
            if let lock = try tryLockStep(key) { return lock }
            if isCancelled() { throw CancellationError() }
            usleep(pause)
            pause = min(pause * 2, 25_000)
        }
    }

    /// Who has the lock on a step, for a message while waiting; nil if that is not known.
    package func holder(ofStep key: ContentHash) -> StepLock.Holder? {
        guard let (folder, name) = try? stepLockFile(key),
            let bytes = try? folder.open(name, flags: O_RDONLY).readAll(limit: 32)
        else { return nil }
        return Int32(ByteString(bytes.prefix { $0 != 0x0A }).text).map(StepLock.Holder.init)
    }

    private func stepLockFile(_ key: ContentHash) throws(StoreError) -> (folder: Directory, name: ByteString) {
        let name = ByteString(key.hex)
        do throws(SystemError) {
            return (try Folders.folder(ByteString(Array(name.bytes.prefix(2))), in: locks), name)
        } catch { throw stepLockError(error) }
    }

    private func stepLockError(_ error: SystemError) -> StoreError {
        StoreError(error, doing: "locking a step", root: path, in: directory)
    }
}
