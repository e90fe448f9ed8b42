internal import Bytes
internal import GRDB
internal import Glibc
internal import Linux

/// Opens the index of a state root, makes it where there is none, and puts a damaged one aside.
///
/// Life of the file: made under a temporary name and renamed, so it never lacks tables. Opening holds `locks/index`
/// shared, making and repairing hold it exclusively: nobody opens a file that is being put aside, and a write-ahead log
/// of an old index never meets a new one.
struct IndexOpener {
    let root: ByteString
    let directory: Directory
    let locks: Directory
    let sharesConnection: Bool

    private static let suspectName: ByteString = "index.suspect"
    private static let temporaryName = IndexSchema.fileName + ".tmp"
    private static let lockName: ByteString = "index"

    /// Asks the next program that opens the root to check the index as a whole.
    static func markSuspect(in directory: Directory) {
        // Best effort: without the mark the damage is met again at the same place.
        _ = try? directory.open(suspectName, flags: O_WRONLY | O_CREAT, mode: 0o600)
    }

    /// - Returns: the index, with what the user should be told of.
    func open() throws(StoreError) -> (IndexDatabase, notes: [String]) {
        if let index = try openSound() { return (index, []) }
        return try repair()
    }

    /// The index, or nil where it is missing or damaged.
    private func openSound() throws(StoreError) -> IndexDatabase? {
        do {
            let lock = try LockFile.acquire(IndexOpener.lockName, in: locks, sharing: .shared, waits: true)
            defer { withExtendedLifetime(lock) {} }
            guard try directory.statusIfPresent(IndexOpener.suspectName) == nil else { return nil }
            guard try directory.statusIfPresent(IndexSchema.fileName) != nil else { return nil }
            return try connect(migrates: false)
        } catch {
            let error = storeError(error, "opening the index")
            if case .indexDamaged = error { return nil }
            throw error
        }
    }

    /// `migrates`: whether the lock is held that an index of an earlier version is brought up to date under; without it
    /// such an index is nil.
    private func connect(migrates: Bool) throws -> IndexDatabase? {
        let index = try IndexDatabase(root: root, directory: directory, sharesConnection: sharesConnection)
        let (identity, version) = try index.read("opening the index") { session in
            (
                try session.row("PRAGMA application_id")?.integer(0) ?? 0,
                try session.row("PRAGMA user_version")?.integer(0) ?? 0
            )
        }
        guard identity == IndexSchema.applicationID else {
            throw StoreError.indexDamaged(doing: "opening the index", reason: "it is no index of a state root")
        }
        guard version <= IndexSchema.version else {
            throw StoreError.newerFormat(root, found: Int(version), supported: Int(IndexSchema.version))
        }
        if version < IndexSchema.version {
            guard migrates else { return nil }
            try index.write("bringing the index up to date") { session in
                try IndexMigration(session: session, directory: directory).run(from: version)
            }
        }
        return index
    }

    // MARK: Making and repairing

    private func repair() throws(StoreError) -> (IndexDatabase, notes: [String]) {
        do {
            let lock = try LockFile.acquire(IndexOpener.lockName, in: locks, sharing: .exclusive, waits: true)
            defer { withExtendedLifetime(lock) {} }
            var notes: [String] = []
            if try directory.statusIfPresent(IndexSchema.fileName) != nil {
                if let index = try openChecked() { return (index, []) }
                notes.append(try putAside())
            }
            try removeSideFiles(of: IndexSchema.fileName)
            try make()
            try removeIfPresent(IndexOpener.suspectName)
            guard let index = try connect(migrates: true) else {
                preconditionFailure("an index that was just made is of the present version")
            }
            return (index, notes)
        } catch { throw storeError(error, "making the index") }
    }

    /// The index if it is sound: another process may have repaired it while this one waited for the lock.
    private func openChecked() throws -> IndexDatabase? {
        do {
            guard let index = try connect(migrates: true) else { return nil }
            guard try directory.statusIfPresent(IndexOpener.suspectName) != nil else { return index }
            let verdict = try index.read("checking the index") { session in
                try session.row("PRAGMA quick_check(1)")?.text(0)
            }
            guard verdict == "ok" else { return nil }
            try removeIfPresent(IndexOpener.suspectName)
            return index
        } catch {
            if case .indexDamaged = storeError(error, "checking the index") { return nil }
            throw error
        }
    }

    /// Renames the damaged index; its log goes with it.
    private func putAside() throws -> String {
        let name = IndexSchema.fileName + ByteString(".corrupt-\(FileTime.fileClock.seconds)")
        try directory.rename(IndexSchema.fileName, to: name, in: directory)
        do throws(SystemError) {
            try directory.rename(IndexSchema.fileName + "-wal", to: name + "-wal", in: directory)
        } catch {
            if !error.isNotFound { throw error }
        }
        return "the index of the state root was damaged; it was put aside as \(name.text), and a new one was begun"
    }

    private func make() throws {
        let name = IndexOpener.temporaryName
        try removeIfPresent(name)
        try removeSideFiles(of: name)
        let queue = try DatabaseQueue(path: "/proc/self/fd/\(directory.number)/\(name.text)")
        try queue.writeWithoutTransaction { database in
            // No sync: an index that a power loss cuts short is found and made again.
            try database.execute(sql: "PRAGMA synchronous = OFF")
            try database.inTransaction(.immediate) {
                try database.execute(sql: IndexSchema.creation)
                return .commit
            }
            try database.execute(sql: "PRAGMA journal_mode = WAL")
        }
        try queue.close()
        try directory.rename(name, to: IndexSchema.fileName, in: directory)
    }

    private func removeSideFiles(of name: ByteString) throws {
        for suffix: ByteString in ["-wal", "-shm", "-journal"] { try removeIfPresent(name + suffix) }
    }

    private func removeIfPresent(_ name: ByteString) throws(SystemError) {
        do throws(SystemError) { try directory.removeFile(name) } catch {
            if !error.isNotFound { throw error }
        }
    }

    private func storeError(_ error: any Error, _ doing: String) -> StoreError {
        StoreError(indexError: error, doing: doing, root: root, directory: directory)
    }
}
