internal import Bytes
internal import GRDB
internal import Linux
internal import Synchronization

/// The one connection of this process to the index of a state root, with what SQLite's errors mean here.
///
/// Rules (`Docs/StoreFormat.md`): everything that may write starts with BEGIN IMMEDIATE; statements end before the
/// call returns; one connection for an index in a process. The connection is never closed: SQLite would checkpoint
/// then, which costs several fsyncs at the end of each build. The kernel closes it with the process, and the next
/// program goes on with the write-ahead log as it is.
final class IndexDatabase: Sendable {
    /// The root's path, for messages.
    let root: ByteString
    private let directory: Directory
    private let queue: DatabaseQueue

    private static let open = Mutex<[Identity: DatabaseQueue]>([:])

    /// An inode stays in use while a connection holds it open, so a number is never met again for another file.
    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// Connects to the index that is there.
    ///
    /// Errors of SQLite are thrown as they are: the caller repairs by them.
    ///
    /// `sharesConnection`: false for a connection of its own, as another process would have.
    init(root: ByteString, directory: Directory, sharesConnection: Bool) throws {
        self.root = root
        self.directory = directory
        let status = try directory.status(IndexSchema.fileName)
        let identity = Identity(device: status.device, inode: status.inode)
        if sharesConnection, let queue = IndexDatabase.open.withLock({ $0[identity] }) {
            self.queue = queue
            return
        }
        // By descriptor: a path with bytes that are not UTF-8 could not be told to SQLite's wrapper.
        let path = "/proc/self/fd/\(directory.number)/\(IndexSchema.fileName.text)"
        queue = try DatabaseQueue(path: path, configuration: IndexDatabase.configuration)
        _ = Unmanaged.passRetained(queue)
        if sharesConnection { IndexDatabase.open.withLock { $0[identity] = queue } }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "index"
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in try database.execute(sql: IndexSchema.connectionSettings) }
        return configuration
    }

    /// Runs statements that only read, each seeing what was committed before it.
    func read<Value>(_ doing: String, _ body: (IndexSession) throws -> Value) throws(StoreError) -> Value {
        do { return try queue.writeWithoutTransaction { try body(IndexSession(database: $0)) } } catch {
            throw storeError(error, doing)
        }
    }

    /// Runs statements in one transaction: all of it is kept, or nothing where an error is thrown.
    func write<Value>(_ doing: String, _ body: (IndexSession) throws -> Value) throws(StoreError) -> Value {
        do {
            return try queue.writeWithoutTransaction { database in
                var value: Value?
                try database.inTransaction(.immediate) {
                    value = try body(IndexSession(database: database))
                    return .commit
                }
                guard let value else { preconditionFailure("a transaction that commits has run its body") }
                return value
            }
        } catch { throw storeError(error, doing) }
    }

    /// Copies the write-ahead log into the index and empties it, as far as no other process is in the way.
    ///
    /// Calls fsync.
    func checkpoint() throws(StoreError) {
        try read("checkpointing the index") { session in try session.run("PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    private func storeError(_ error: any Error, _ doing: String) -> StoreError {
        let error = StoreError(indexError: error, doing: doing, root: root, directory: directory)
        if case .indexDamaged = error { IndexOpener.markSuspect(in: directory) }
        return error
    }
}

extension StoreError {
    /// What an error means that came out of work with the index.
    init(indexError error: any Error, doing: String, root: ByteString, directory: Directory) {
        switch error {
        case let error as StoreError: self = error
        case let error as SystemError: self.init(error, doing: doing, root: root, in: directory)
        case let error as DatabaseError: self.init(error, doing: doing, root: root, directory: directory)
        case let error as MalformedRow:
            self = .indexDamaged(doing: doing, reason: "unexpected value in column \(error.column)")
        default: self = .index(doing: doing, code: 0, reason: "\(error)")
        }
    }

    private init(_ error: DatabaseError, doing: String, root: ByteString, directory: Directory) {
        let reason = error.message ?? "unknown reason"
        switch error.resultCode {
        case .SQLITE_FULL: self = .full(root, doing: doing, in: directory)
        // SQLite tells of a full disk as of an input error where it makes its shared memory or a file.
        case .SQLITE_IOERR where StoreError.isNearlyFull(directory),
            .SQLITE_CANTOPEN where StoreError.isNearlyFull(directory):
            self = .full(root, doing: doing, in: directory)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .indexBusy(doing: doing)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .indexDamaged(doing: doing, reason: reason)
        case .SQLITE_READONLY where error.extendedResultCode == .SQLITE_READONLY_DBMOVED:
            self = .indexDamaged(doing: doing, reason: "it was replaced by another process")
        default: self = .index(doing: doing, code: error.extendedResultCode.rawValue, reason: reason)
        }
    }

    static func full(_ root: ByteString, doing: String, in directory: Directory) -> StoreError {
        .full(root, doing: doing, free: (try? directory.space().free) ?? 0)
    }

    private static func isNearlyFull(_ directory: Directory) -> Bool {
        guard let space = try? directory.space() else { return false }
        return space.free < 1 << 16
    }
}
