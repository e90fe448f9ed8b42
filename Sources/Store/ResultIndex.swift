internal import Bytes
package import OCI
internal import Trees

/// What steps gave, by the two keys of a step; and the deltas, in all their forms (`cache.md`).
///
/// It answers only with what can be had and trusted: a row whose files may have been lost with power, or whose
/// snapshot is gone, is as good as none. Only a caller that can unpack layers says so (`acceptsPacked`), and is then
/// also answered with deltas that are packed, not empty, and have no snapshot.
package final class ResultIndex: Sendable {
    let index: IndexDatabase
    let writes: BufferedWrites
    let content: ContentStore
    let snapshots: SnapshotStore
    let boot: BootID

    init(index: IndexDatabase, writes: BufferedWrites, content: ContentStore, snapshots: SnapshotStore, boot: BootID) {
        self.index = index
        self.writes = writes
        self.content = content
        self.snapshots = snapshots
        self.boot = boot
    }

    // MARK: Looking up

    package func result(
        definitionKey: ContentHash,
        acceptsPacked: Bool = false
    ) throws(StoreError) -> StoredResult? {
        try result(
            "JOIN definition_keys k ON k.result = r.id WHERE k.key = ? AND (d.boot IS NULL OR d.boot = ?)",
            definitionKey,
            acceptsPacked
        )
    }

    package func result(contentKey: ContentHash, acceptsPacked: Bool = false) throws(StoreError) -> StoredResult? {
        try result("WHERE r.content_key = ? AND (d.boot IS NULL OR d.boot = ?)", contentKey, acceptsPacked)
    }

    /// Whether any result of the operation was stored, usable or not (`cache.md` rule 16).
    package func hasResult(operation: ContentHash) throws(StoreError) -> Bool {
        try index.read("looking up a result") { session in
            try session.row("SELECT 1 FROM results WHERE operation = ? LIMIT 1", .hash(operation)) != nil
        }
    }

    /// Results of an operation, newest first, usable or not: for telling why a step missed.
    package func results(operation: ContentHash, limit: Int = 16) throws(StoreError) -> [StoredResult] {
        try index.read("looking up results") { session in
            try session.all(
                "\(ResultIndex.selection) WHERE r.operation = ? ORDER BY r.id DESC LIMIT ?",
                .hash(operation),
                .integer(Int64(limit)),
                decode: StoredResult.init
            )
        }
    }

    /// The earliest delta that an operation made which equals a new one (`cache.md` rule 2).
    package func delta(
        operation: ContentHash,
        digest: ContentHash,
        acceptsPacked: Bool = false
    ) throws(StoreError) -> StoredDelta? {
        let found = try index.read("looking up a delta") { session in
            try session.all(
                """
                SELECT \(StoredDelta.columns) FROM deltas d
                WHERE d.operation = ? AND d.digest = ? AND (d.boot IS NULL OR d.boot = ?) ORDER BY d.id
                """,
                .hash(operation),
                .hash(digest),
                boot.value
            ) { try StoredDelta($0, at: 0) }
        }
        for delta in found { if let usable = try usable(delta, acceptsPacked) { return usable } }
        return nil
    }

    /// A delta by its number, as it is now; nil if it cannot be had.
    package func delta(_ id: DeltaID, acceptsPacked: Bool = false) throws(StoreError) -> StoredDelta? {
        let found = try index.read("looking up a delta") { session in
            try session.first(
                "SELECT \(StoredDelta.columns) FROM deltas d WHERE d.id = ? AND (d.boot IS NULL OR d.boot = ?)",
                .integer(id.number),
                boot.value
            ) { try StoredDelta($0, at: 0) }
        }
        guard let found else { return nil }
        return try usable(found, acceptsPacked)
    }

    private func result(
        _ condition: String,
        _ key: ContentHash,
        _ acceptsPacked: Bool
    ) throws(StoreError) -> StoredResult? {
        let found = try index.read("looking up a result") { session in
            try session.first(
                "\(ResultIndex.selection) \(condition)",
                .hash(key),
                boot.value,
                decode: StoredResult.init
            )
        }
        guard let found, let delta = try usable(found.delta, acceptsPacked) else { return nil }
        return delta == found.delta ? found : found.with(delta)
    }

    /// The delta if it can be had, without a snapshot that is gone.
    func usable(_ delta: StoredDelta, _ acceptsPacked: Bool) throws(StoreError) -> StoredDelta? {
        if delta.isEmpty { return delta }
        if let snapshot = delta.snapshot, snapshots.contains(snapshot) { return delta }
        guard acceptsPacked, try !packed(delta.id).isEmpty else { return nil }
        if let listing = delta.listing, try !content.contains(listing) { return nil }
        return delta.with(snapshot: nil)
    }

    private static let selection = """
        SELECT r.id, r.content_key, r.operation, r.input_tree, r.input_times, r.output, r.output_times, r.record,
            r.description, r.cost, r.created_seconds, r.created_nanoseconds, r.log, \(StoredDelta.columns)
        FROM results r JOIN deltas d ON d.id = r.delta
        """
}

extension StoredResult {
    init(_ row: IndexRow) throws {
        id = ResultID(number: try row.integer(0))
        contentKey = try row.hash(1)
        operation = try row.hash(2)
        inputTree = try row.hash(3)
        inputTimes = try row.hash(4)
        output = try Tree(stored: row, 5)
        outputTimes = try row.hash(6)
        record = try row.bytes(7)
        description = ByteString(try row.bytes(8))
        costNanoseconds = try row.integer(9)
        created = FileTime(seconds: try row.integer(10), nanoseconds: UInt32(truncatingIfNeeded: try row.integer(11)))
        log = try row.optionalDigest(12)
        delta = try StoredDelta(row, at: 13)
    }
}

extension StoredDelta {
    /// Of the table `deltas`, which the statement calls `d`.
    static let columns = """
        d.id, d.snapshot, d.is_empty, d.operation, d.digest, d.diff_id, d.written_files, d.written_bytes,
            d.listing
        """

    /// `first`: where its columns start in the row.
    init(_ row: IndexRow, at first: Int) throws {
        id = DeltaID(number: try row.integer(first))
        snapshot = row.isNull(first + 1) ? nil : SnapshotID(try row.text(first + 1))
        isEmpty = try row.flag(first + 2)
        operation = try row.hash(first + 3)
        digest = try row.hash(first + 4)
        diffID = try row.optionalDigest(first + 5)
        writtenFiles = try row.integer(first + 6)
        writtenBytes = try row.integer(first + 7)
        listing = try row.optionalDigest(first + 8)
    }
}

extension Tree {
    /// The form in a column: a directory object whose only child is the root.
    var stored: SQLValue { .bytes(DirectoryObject(children: [.init(name: "root", entry: rootEntry)]).encoded) }

    init(stored row: IndexRow, _ column: Int) throws {
        guard let object = try? DirectoryObject(encoded: try row.bytes(column)), let entry = object["root"],
            case .directory(let hash) = entry.node
        else { throw row.malformed(column) }
        self.init(rootAttributes: entry.attributes, rootObject: hash)
    }
}
