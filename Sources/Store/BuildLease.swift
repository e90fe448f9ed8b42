internal import Bytes
internal import Linux

/// What keeps everything that a process looks up or stores from being collected while it works.
///
/// It is a shared lock on `locks/gc`. Whoever collects garbage takes that lock exclusively and without waiting, so the
/// two exclude each other, and a process that is killed holds nothing. It writes nothing to the disk.
final class BuildLease: Sendable {
    private let lock: LockFile?

    init(in locks: Directory) throws(SystemError) {
        lock = try LockFile.acquire("gc", in: locks, sharing: .shared, waits: true)
    }
}
