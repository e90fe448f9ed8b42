package import Bytes
internal import Linux
package import OCI
internal import Trees

extension ResultIndex {
    /// Stores a result with all that waits (directory objects, rows of blobs), in one transaction.
    ///
    /// A result of the same content key is replaced, and every definition key that led to it leads to the new one; what
    /// the definition key led to before, if it was another result, stays under its content key. The files of the old
    /// delta stay: other builds may be using them.
    ///
    /// - Throws: `StoreError`; nothing is stored then. `StoreError.missingRow` if an earlier delta is no longer there.
    package func put(_ new: NewResult) throws(StoreError) -> StoredResult {
        let (id, delta) = try writes.write("storing a result") { session in
            let delta =
                switch new.delta {
                case .made(let made): try insert(made, of: new.operation, in: session)
                case .earlier(let stored): try existing(stored.id, in: session)
                }
            let id = try upsert(new, delta: delta.id, in: session)
            if let key = new.definitionKey { try link(key, to: id, in: session) }
            return (id, delta)
        }
        if case .made(let made) = new.delta, let snapshot = made.snapshot { snapshots.didName(snapshot) }
        return StoredResult(new, id: id, delta: delta)
    }

    /// Makes a definition key lead to a result that was found by its content key.
    package func addDefinitionKey(_ key: ContentHash, for id: ResultID) throws(StoreError) {
        try writes.write("storing a key") { session in
            guard try session.row("SELECT 1 FROM results WHERE id = ?", .integer(id.number)) != nil else {
                throw StoreError.missingRow("a result")
            }
            try link(key, to: id, in: session)
        }
    }

    /// Makes a definition key lead to the result that has a content key.
    package func addDefinitionKey(_ key: ContentHash, forContentKey contentKey: ContentHash) throws(StoreError) {
        try writes.write("storing a key") { session in
            guard let row = try session.row("SELECT id FROM results WHERE content_key = ?", .hash(contentKey)) else {
                throw StoreError.missingRow("a result")
            }
            try link(key, to: ResultID(number: try row.integer(0)), in: session)
        }
    }

    /// Notes that results were of use, for a later choice of what to delete.
    ///
    /// Values of the last hour are left alone, so that builds that follow each other write nothing.
    package func recordUse(of ids: [ResultID], at time: FileTime? = nil) throws(StoreError) {
        let now = (time ?? .fileClock).seconds
        let recent: Int64 = 3600
        let old = try index.read("reading times of use") { session in
            try ids.filter { id in
                let used = try session.row("SELECT used FROM results WHERE id = ?", .integer(id.number))?.integer(0)
                return used.map { abs(now - $0) > recent } ?? false
            }
        }
        if old.isEmpty { return }
        try writes.write("storing times of use") { session in
            for id in old {
                try session.run("UPDATE results SET used = ? WHERE id = ?", .integer(now), .integer(id.number))
            }
        }
    }

    // MARK: Inside a transaction

    func insert(_ new: NewDelta, of operation: ContentHash, in session: IndexSession) throws -> StoredDelta {
        let diffID = new.diffID ?? new.packed?.layer.diffID
        try session.run(
            """
            INSERT INTO deltas (operation, digest, snapshot, is_empty, diff_id, written_files, written_bytes,
                listing, boot)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .hash(operation),
            .hash(new.digest),
            new.snapshot.map { .text($0.text) } ?? .null,
            .flag(new.isEmpty),
            .digest(diffID),
            .integer(new.writtenFiles),
            .integer(new.writtenBytes),
            .digest(new.listing),
            // What has no files needs no sync to be trusted.
            new.snapshot == nil ? .null : boot.value
        )
        let id = DeltaID(number: session.insertedID)
        if let diffID { try session.note(plainSize: new.writtenBytes, ofLayer: diffID) }
        if let packed = new.packed { try insert(packed.layer, packed.parameters, of: id, in: session) }
        return StoredDelta(new, id: id, operation: operation, diffID: diffID)
    }

    private func existing(_ id: DeltaID, in session: IndexSession) throws -> StoredDelta {
        let row = try session.row("SELECT \(StoredDelta.columns) FROM deltas d WHERE d.id = ?", .integer(id.number))
        guard let row else { throw StoreError.missingRow("a delta") }
        return try StoredDelta(row, at: 0)
    }

    private func upsert(_ new: NewResult, delta: DeltaID, in session: IndexSession) throws -> ResultID {
        let row = try session.row(
            """
            INSERT INTO results (content_key, operation, delta, input_tree, input_times, output, output_times, record,
                description, cost, created_seconds, created_nanoseconds, log, used)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (content_key) DO UPDATE SET operation = excluded.operation, delta = excluded.delta,
                input_tree = excluded.input_tree, input_times = excluded.input_times, output = excluded.output,
                output_times = excluded.output_times, record = excluded.record, description = excluded.description,
                cost = excluded.cost, created_seconds = excluded.created_seconds,
                created_nanoseconds = excluded.created_nanoseconds, log = excluded.log, used = excluded.used
            RETURNING id
            """,
            .hash(new.contentKey),
            .hash(new.operation),
            .integer(delta.number),
            .hash(new.inputTree),
            .hash(new.inputTimes),
            new.output.stored,
            .hash(new.outputTimes),
            .bytes(new.record),
            .bytes(new.description.bytes),
            .integer(new.costNanoseconds),
            .integer(new.created.seconds),
            .integer(Int64(new.created.nanoseconds)),
            .digest(new.log),
            .integer(FileTime.fileClock.seconds)
        )
        guard let row else { throw StoreError.missingRow("a result") }
        return ResultID(number: try row.integer(0))
    }

    private func link(_ key: ContentHash, to id: ResultID, in session: IndexSession) throws {
        try session.run(
            """
            INSERT INTO definition_keys (key, result) VALUES (?, ?)
            ON CONFLICT (key) DO UPDATE SET result = excluded.result
            """,
            .hash(key),
            .integer(id.number)
        )
    }
}

extension StoredResult {
    fileprivate init(_ new: NewResult, id: ResultID, delta: StoredDelta) {
        self.id = id
        self.delta = delta
        contentKey = new.contentKey
        operation = new.operation
        inputTree = new.inputTree
        inputTimes = new.inputTimes
        output = new.output
        outputTimes = new.outputTimes
        record = new.record
        description = new.description
        costNanoseconds = new.costNanoseconds
        created = new.created
        log = new.log
    }
}

extension StoredDelta {
    fileprivate init(_ new: NewDelta, id: DeltaID, operation: ContentHash, diffID: Digest?) {
        self.id = id
        self.operation = operation
        self.diffID = diffID
        snapshot = new.snapshot
        isEmpty = new.isEmpty
        digest = new.digest
        writtenFiles = new.writtenFiles
        writtenBytes = new.writtenBytes
        listing = new.listing
    }
}
