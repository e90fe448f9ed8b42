internal import Bytes
internal import Linux
package import Store
internal import Synchronization

/// A folder that lives as long as one build: stubs of mount points, and the files that every RUN finds in /etc.
///
/// It is a snapshot that is never committed, so a killed build leaves it to the store's sweep. It is made when the first
/// step needs it: an unchanged build makes none.
package final class BuildFolder: Sendable {
    private final class Made: Sendable {
        let pending: PendingSnapshot
        let stubCount = Mutex(0)
        let files = Mutex<[ByteString: StepFiles]>([:])

        init(_ pending: consuming PendingSnapshot) {
            self.pending = pending
        }
    }

    private let store: StateRoot
    private let made = Mutex<Made?>(nil)

    package init(store: StateRoot) { self.store = store }

    private func open() throws -> Made {
        try made.withLock { made in
            if let made { return made }
            let new = Made(try store.snapshots.begin())
            made = new
            return new
        }
    }

    /// The files that go over /etc/hosts and its like; one set for each host name.
    func stepFiles(hostname: ByteString) throws -> StepFiles {
        let made = try open()
        return try made.files.withLock { files in
            if let known = files[hostname] { return known }
            let name = ByteString("etc-\(files.count)")
            let new = try StepFiles(in: try BuildFolder.directory(name, in: made.pending.fs), hostname: hostname)
            files[hostname] = new
            return new
        }
    }

    /// A new directory with its whole mode, whatever the umask of this process is.
    private static func directory(_ name: ByteString, in parent: Directory) throws -> Directory {
        try parent.makeDirectory(name, mode: 0o755)
        let directory = try parent.child(name)
        try directory.setMode(mode: 0o755)
        return directory
    }

    /// A new empty directory for the stubs of one step.
    func makeStubDirectory() throws -> Directory {
        let made = try open()
        let number = made.stubCount.withLock { count in
            count += 1
            return count
        }
        let name = ByteString("stubs-\(number)")
        return try BuildFolder.directory(name, in: made.pending.fs)
    }
}
