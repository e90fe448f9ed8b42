package import Bytes
internal import CLinux
internal import Glibc

/// A lock between processes, held by `flock(2)` on a file: the kernel frees it when the holder ends, however it ends.
///
/// Lock files are never unlinked: another process may wait on the same inode.
package struct LockFile: ~Copyable, Sendable {
    package enum Sharing: Sendable { case shared, exclusive }

    private let file: Descriptor

    /// Takes the lock, waiting for it if `waits`.
    ///
    /// Blocks the thread: call it off the cooperative pool.
    ///
    /// - Returns: nil if another has it and `waits` is false.
    package static func acquire(
        _ name: ByteString,
        in directory: Directory,
        sharing: Sharing = .exclusive,
        waits: Bool
    ) throws(SystemError) -> LockFile? {
        let file = try directory.open(name, flags: O_RDWR | O_CREAT, mode: 0o600)
        if sbi_lock(file.number, sharing == .exclusive ? 1 : 0, waits ? 1 : 0) == 0 { return LockFile(file: file) }
        if errno == EWOULDBLOCK { return nil }
        throw SystemError.last("flock", name)
    }

    /// Locks a directory itself, to say that this process is at work in it.
    ///
    /// - Returns: nil if another has it.
    package static func tryAcquire(directory: Directory) throws(SystemError) -> LockFile? {
        if sbi_lock(directory.number, 1, 0) == 0 { return LockFile(file: directory.descriptor) }
        if errno == EWOULDBLOCK { return nil }
        throw SystemError.last("flock")
    }

    /// Changes a lock that is held into the other kind, which others may do with theirs at the same time.
    ///
    /// - Returns: false if another is in the way and `waits` is false; nothing may be held then.
    package func convert(to sharing: Sharing, waits: Bool) throws(SystemError) -> Bool {
        if sbi_lock(file.number, sharing == .exclusive ? 1 : 0, waits ? 1 : 0) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw SystemError.last("flock")
    }

    private init(file: Descriptor) { self.file = file }

    deinit { flock(file.number, LOCK_UN) }
}
