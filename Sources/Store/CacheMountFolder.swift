package import Bytes
internal import Glibc
package import Linux
internal import OCI

/// A directory of `cache-mounts/` in use by one step: nobody else changes what the step was promised to have alone.
///
/// The folder of an id holds the directories `0`, `1`, … with what steps left, and beside each the lock that its users
/// hold (flock), so that nothing that a step does to the directory can touch the lock. A new directory is made under a
/// name of its own and renamed when it is filled.
package struct CacheMountFolder: ~Copyable, Sendable {
    /// Who else may use the directory meanwhile.
    package enum Sharing: Sendable {
        /// Others that share it.
        case shared
        /// Nobody: while others use it there is another one.
        case `private`
        /// Nobody: others wait, as this user has waited for others.
        case locked
    }

    package let directory: Directory
    private let lock: LockFile

    fileprivate init(_ directory: Directory, _ lock: consuming LockFile) {
        self.directory = directory
        self.lock = lock
    }
}

extension StateRoot {
    /// The directory of a cache mount, made if it is missing.
    ///
    /// Blocks while others have it, where the sharing says so.
    ///
    /// - Parameters:
    ///   - id: which one; any bytes, since it is hashed and never a path.
    ///   - sharing: who else may use it meanwhile.
    ///   - fill: what a new directory, made 0755, begins with; nobody else sees it yet.
    ///   - isCancelled: asked some forty times a second while waiting.
    /// - Returns: the directory, in use for as long as the value lives.
    /// - Throws: `StoreError`, `CancellationError`, or what `fill` throws.
    package func cacheMount(
        id: ByteString,
        sharing: CacheMountFolder.Sharing = .shared,
        fill: (Directory) throws -> Void = { _ in },
        isCancelled: () -> Bool = { Task.isCancelled }
    ) throws -> CacheMountFolder {
        let folder = try inCacheMounts { () throws(SystemError) in
            let mounts = try Folders.folder("cache-mounts", in: directory)
            return try Folders.folder(ByteString(ContentHash(of: id.bytes).hex), in: mounts)
        }
        var number = 0
        let lock = try lockCacheMount(in: folder, &number, sharing, isCancelled)
        let name = ByteString("\(number)")
        if let found = try inCacheMounts({ () throws(SystemError) in try childIfPresent(name, in: folder) }) {
            return CacheMountFolder(found, lock)
        }
        return CacheMountFolder(try makeCacheMount(name, in: folder, isCancelled, fill), lock)
    }

    /// Takes the lock of the first directory that may be used.
    private func lockCacheMount(
        in folder: Directory,
        _ number: inout Int,
        _ sharing: CacheMountFolder.Sharing,
        _ isCancelled: () -> Bool
    ) throws -> LockFile {
        switch sharing {
        case .shared: return try wait(for: "0.lock", in: folder, .shared, isCancelled)
        case .locked: return try wait(for: "0.lock", in: folder, .exclusive, isCancelled)
        case .private:
            while true {
                let lock = try inCacheMounts { () throws(SystemError) in
                    try LockFile.acquire(ByteString("\(number).lock"), in: folder, waits: false)
                }
                if let lock { return lock }
                number += 1
            }
        }
    }

    /// Waits in short sleeps, so that a build that is cancelled need not wait on.
    private func wait(
        for name: ByteString,
        in folder: Directory,
        _ sharing: LockFile.Sharing,
        _ isCancelled: () -> Bool
    ) throws -> LockFile {
        var pause: UInt32 = 500
        while true {
            let lock = try inCacheMounts { () throws(SystemError) in
                try LockFile.acquire(name, in: folder, sharing: sharing, waits: false)
            }
            if let lock { return lock }
            if isCancelled() { throw CancellationError() }
            usleep(pause)
            pause = min(pause * 2, 25_000)
        }
    }

    private func makeCacheMount(
        _ name: ByteString,
        in folder: Directory,
        _ isCancelled: () -> Bool,
        _ fill: (Directory) throws -> Void
    ) throws -> Directory {
        // Several that share a directory may want to make it: one does.
        let lock = try wait(for: "make.lock", in: folder, .exclusive, isCancelled)
        defer { _ = lock }
        let new: ByteString = "new"
        let made = try inCacheMounts { () throws(SystemError) -> (directory: Directory, isNew: Bool) in
            if let found = try childIfPresent(name, in: folder) { return (found, false) }
            // What a killed process left half filled.
            try folder.removeTree(new)
            try folder.makeDirectory(new, mode: 0o755)
            let directory = try folder.child(new)
            try directory.setMode(mode: 0o755)
            return (directory, true)
        }
        guard made.isNew else { return made.directory }
        try fill(made.directory)
        try inCacheMounts { () throws(SystemError) in _ = try folder.rename(new, to: name, in: folder) }
        return made.directory
    }

    private func childIfPresent(_ name: ByteString, in folder: Directory) throws(SystemError) -> Directory? {
        do throws(SystemError) { return try folder.child(name) } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    private func inCacheMounts<Value: ~Copyable>(
        _ body: () throws(SystemError) -> Value
    ) throws(StoreError) -> Value {
        do throws(SystemError) { return try body() } catch {
            throw StoreError(error, doing: "opening a cache mount", root: path, in: directory)
        }
    }
}
