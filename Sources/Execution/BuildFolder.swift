internal import Bytes
internal import Graph
internal import Linux
internal import OCI
package import Store
internal import Synchronization

/// A folder that lives as long as one build: stubs of mount points, the files that every RUN finds in /etc, and copies of
/// what mounts show of local folders.
///
/// It is a snapshot that is never committed, so a killed build leaves it to the store's sweep. It is made when the first
/// step needs it: an unchanged build makes none.
package final class BuildFolder: Sendable {
    private final class Made: Sendable {
        let pending: PendingSnapshot
        let count = Mutex(0)
        let files = Mutex<[Names: StepFiles]>([:])
        let copies = Mutex<[ContentHash: Directory]>([:])

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

    /// What the files of /etc depend on.
    private struct Names: Hashable {
        var hostname: ByteString
        var extraHosts: [ExtraHost]
    }

    /// The files that go over /etc/hosts and its like; one set for each host name.
    func stepFiles(hostname: ByteString, extraHosts: [ExtraHost]) throws -> StepFiles {
        let made = try open()
        let names = Names(hostname: hostname, extraHosts: extraHosts)
        return try made.files.withLock { files in
            if let known = files[names] { return known }
            let name = ByteString("etc-\(files.count)")
            let new = try StepFiles(
                in: try BuildFolder.directory(name, in: made.pending.fs),
                hostname: hostname,
                extraHosts: extraHosts
            )
            files[names] = new
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
    func makeStubDirectory() throws -> Directory { try makeDirectory("stubs") }

    /// A new directory for the socket of an agent.
    func makeSocketDirectory() throws -> Directory { try makeDirectory("agent") }
    /// A new empty directory for a repository that is fetched.
    func makeRepositoryDirectory() throws -> Directory { try makeDirectory("git") }

    /// A directory with what `fill` puts into it, for all steps of the build that ask under the same key.
    func copy(_ key: ContentHash, fill: (Directory) throws -> Void) throws -> Directory {
        let made = try open()
        if let known = made.copies.withLock({ $0[key] }) { return known }
        let new = try makeDirectory("copy")
        try fill(new)
        // Of two steps that filled one each at the same time, both use the first.
        return made.copies.withLock { copies in
            let directory = copies[key] ?? new
            copies[key] = directory
            return directory
        }
    }

    private func makeDirectory(_ kind: ByteString) throws -> Directory {
        let made = try open()
        let number = made.count.withLock { count in
            count += 1
            return count
        }
        return try BuildFolder.directory(kind + ByteString("-\(number)"), in: made.pending.fs)
    }
}
