package import OCI
internal import Synchronization
package import Trees

/// The directory objects of all trees, in the index.
///
/// New objects wait in memory, readable at once, and are written in the transaction of the result that needs them.
package final class TreeStore: TreeSource, TreeSink, Sendable {
    private let index: IndexDatabase
    private let state: Mutex<State>

    /// Bytes of objects that may wait before they are written in a transaction of their own.
    private static let pendingLimit = 8 << 20

    private struct State {
        var pending: [ContentHash: [UInt8]] = [:]
        var pendingBytes = 0
        /// Objects that were read or put of late; the cost is the bytes of their encoding.
        var objects = RecentValues<ContentHash, DirectoryObject>(limit: 8 << 20)
        /// Objects that this process has written already.
        var written = RecentValues<ContentHash, Bool>(limit: 1 << 16)
    }

    init(index: IndexDatabase) {
        self.index = index
        state = Mutex(State())
    }

    /// - Throws: `StoreError.missingTreeObject`, or another `StoreError` when it cannot be read or is damaged.
    package func directoryObject(_ hash: ContentHash) throws -> DirectoryObject {
        if hash == TreeStore.emptyHash { return .empty }
        let (known, pending) = state.withLock { ($0.objects[hash], $0.pending[hash]) }
        if let known { return known }
        let bytes = try pending ?? stored(hash)
        let object: DirectoryObject
        do throws(MalformedDirectoryObject) { object = try DirectoryObject(encoded: bytes) } catch {
            throw StoreError.damagedTreeObject(hash, reason: error.reason)
        }
        state.withLock { $0.objects.insert(object, for: hash, cost: bytes.count) }
        return object
    }

    /// - Throws: `StoreError`, when many objects wait and cannot be written.
    package func put(_ object: DirectoryObject) throws -> ContentHash {
        let bytes = object.encoded
        let hash = ContentHash(of: bytes)
        let mustFlush = state.withLock { state in
            state.objects.insert(object, for: hash, cost: bytes.count)
            guard state.written[hash] == nil, state.pending[hash] == nil else { return false }
            state.pending[hash] = bytes
            state.pendingBytes += bytes.count
            return state.pendingBytes > TreeStore.pendingLimit
        }
        if mustFlush { try flush() }
        return hash
    }

    /// Writes the objects that wait, in a transaction of their own.
    package func flush() throws(StoreError) {
        let objects = pending
        guard !objects.isEmpty else { return }
        try index.write("storing directory objects") { session in try write(objects, in: session) }
        didWrite(objects)
    }

    /// The objects that a transaction should write.
    var pending: [ContentHash: [UInt8]] { state.withLock { $0.pending } }

    func write(_ objects: [ContentHash: [UInt8]], in session: IndexSession) throws {
        // In the order of the table, which makes for fewer pages.
        for (hash, bytes) in objects.sorted(by: { $0.key < $1.key }) {
            try session.run(
                "INSERT INTO tree_objects (hash, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING",
                .hash(hash),
                .bytes(bytes)
            )
        }
    }

    /// Tells that the transaction was committed.
    func didWrite(_ objects: [ContentHash: [UInt8]]) {
        guard !objects.isEmpty else { return }
        state.withLock { state in
            for (hash, bytes) in objects where state.pending.removeValue(forKey: hash) != nil {
                state.pendingBytes -= bytes.count
                state.written.insert(true, for: hash, cost: 1)
            }
        }
    }

    private func stored(_ hash: ContentHash) throws(StoreError) -> [UInt8] {
        let bytes = try index.read("reading a directory object") { session in
            try session.row("SELECT bytes FROM tree_objects WHERE hash = ?", .hash(hash))?.bytes(0)
        }
        guard let bytes else { throw .missingTreeObject(hash) }
        guard ContentHash(of: bytes) == hash else {
            throw .damagedTreeObject(hash, reason: "its bytes have another hash")
        }
        return bytes
    }

    private static let emptyHash = DirectoryObject.empty.hash
}
