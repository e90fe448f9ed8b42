internal import Bytes
internal import Linux

/// Where things wait to be deleted: moving something here is one rename, whatever its size.
///
/// It is emptied late, while steps run or after a build, and never before one: some file systems make files slowly for
/// minutes after many were deleted (performance.md, "Trap").
final class Trash: Sendable {
    private let folder: Directory
    private let locks: Directory

    init(folder: Directory, locks: Directory) {
        self.folder = folder
        self.locks = locks
    }

    /// Moves an entry here; one that is gone already is no error.
    func take(_ name: ByteString, from directory: Directory) throws(SystemError) {
        do throws(SystemError) {
            try directory.rename(name, to: SnapshotID.random().fileName, in: folder)
        } catch {
            if !error.isNotFound { throw error }
        }
    }

    /// Deletes what is here, unless another process is at it.
    ///
    /// - Returns: how many entries were deleted.
    func empty() throws(SystemError) -> Int {
        guard let lock = try LockFile.acquire("trash", in: locks, waits: false) else { return 0 }
        defer { withExtendedLifetime(lock) {} }
        let names = try folder.names()
        var failure: SystemError?
        for name in names {
            do throws(SystemError) { try folder.removeTree(name) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        return names.count
    }
}
