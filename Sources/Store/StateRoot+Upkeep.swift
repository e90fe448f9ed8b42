internal import Bytes
internal import Linux
internal import OCI

// What a build does beside its steps: none of it is needed for the build to be right.
extension StateRoot {
    /// Writes directory objects and rows of blobs that wait for a transaction.
    package func flush() throws(StoreError) { try writes.flush() }

    /// Deletes what is in the trash.
    ///
    /// For a thread in the background while steps run, or after the build; never before.
    ///
    /// - Returns: how many things were deleted.
    @discardableResult
    package func emptyTrash() throws(StoreError) -> Int {
        do throws(SystemError) { return try trash.empty() } catch { throw .system(doing: "emptying the trash", error) }
    }

    /// Moves what killed processes left to the trash.
    ///
    /// - Returns: how many things were moved.
    @discardableResult
    package func sweep() throws(StoreError) -> Int { try content.sweep() + snapshots.sweep() }

    /// Makes sure that what earlier builds stored outlives a power loss.
    ///
    /// For a thread in the background of a build that writes; nothing waits for it.
    ///
    /// Rows of another start of the machine that were never synced are deleted, with their files. Then the file system
    /// is synced, and the rows that were there before are marked. A large log of the index is copied into it.
    ///
    /// - Throws: `StoreError.system` if the disk did not take it: the rows in question answer no more.
    package func syncEarlierRows() throws(StoreError) {
        try dropLostRows()
        guard try hasRows(olderThan: StateRoot.syncAge) else { return }
        let (lastDelta, lastBlob) = try index.read("looking for unsynced rows") { session in
            (
                try session.row("SELECT max(id) FROM deltas WHERE boot = ?", boot.value).map(StateRoot.number) ?? 0,
                try session.row("SELECT max(id) FROM blobs WHERE boot = ?", boot.value).map(StateRoot.number) ?? 0
            )
        }
        guard lastDelta > 0 || lastBlob > 0 else { return }
        var failure: SystemError?
        do throws(SystemError) { try directory.syncFileSystem() } catch { failure = error }
        // The kernel tells of an error once; a later sync that succeeds proves nothing for these rows.
        let mark: SQLValue = failure == nil ? .null : BootID.lost.value
        try index.write("marking synced rows") { session in
            try session.run(
                "UPDATE deltas SET boot = ? WHERE boot = ? AND id <= ?",
                mark,
                boot.value,
                .integer(lastDelta)
            )
            try session.run(
                "UPDATE blobs SET boot = ? WHERE boot = ? AND id <= ?",
                mark,
                boot.value,
                .integer(lastBlob)
            )
        }
        if let failure { throw .system(doing: "syncing the state root", failure) }
        try emptyLargeLog()
    }

    /// Rows younger than this many seconds are left to a later build: most of their bytes are on their way to the disk by
    /// then anyway, and builds in quick succession do not sync each other's.
    private static let syncAge: Int64 = 30

    private func hasRows(olderThan age: Int64) throws(StoreError) -> Bool {
        let limit = FileTime.fileClock.seconds - age
        return try index.read("looking for unsynced rows") { session in
            // Layers of bases are in no result: they do not wait.
            let row = try session.row(
                """
                SELECT 1 FROM deltas LEFT JOIN results ON results.delta = deltas.id
                WHERE deltas.boot = ? AND (results.id IS NULL OR results.created_seconds <= ?) LIMIT 1
                """,
                boot.value,
                .integer(limit)
            )
            return row != nil
        }
    }

    /// Ends a build's use of the root, once everything that the user waits for is done: writes what waits, and empties
    /// the log of the index if it has grown so much that the next program would open slowly.
    package func finish() throws(StoreError) {
        try flush()
        try emptyLargeLog()
    }

    private func emptyLargeLog() throws(StoreError) {
        let limit: UInt64 = 1 << 20
        let size = (try? directory.statusIfPresent(IndexSchema.fileName + "-wal"))?.size ?? 0
        if size > limit { try index.checkpoint() }
    }

    /// Checks that there is room to work in: the smaller of 256 MiB and a twentieth of the file system.
    ///
    /// - Throws: `StoreError.full` if there is less.
    package func checkReserve() throws(StoreError) {
        let space: Space
        do throws(SystemError) { space = try directory.space() } catch {
            throw .system(doing: "asking for free space", error)
        }
        if space.free < min(256 << 20, space.total / 20) {
            throw .full(path, doing: "looking for room for a step", free: space.free)
        }
    }

    private func dropLostRows() throws(StoreError) {
        let hasLost = try index.read("looking for lost rows") { session in
            try session.row("SELECT 1 FROM deltas WHERE boot IS NOT NULL AND boot <> ? LIMIT 1", boot.value) != nil
                || session.row("SELECT 1 FROM blobs WHERE boot IS NOT NULL AND boot <> ? LIMIT 1", boot.value) != nil
        }
        guard hasLost else { return }
        let lost = try index.write("dropping lost rows") { session in
            try session.run("DELETE FROM blobs WHERE boot IS NOT NULL AND boot <> ?", boot.value)
            return try session.rows(
                "DELETE FROM deltas WHERE boot IS NOT NULL AND boot <> ? RETURNING snapshot",
                boot.value
            ).compactMap { try $0.isNull(0) ? nil : SnapshotID($0.text(0)) }
        }
        do throws(SystemError) { for id in lost { try snapshots.takeAway(id) } } catch {
            throw .system(doing: "dropping lost snapshots", error)
        }
    }

    private static func number(_ row: IndexRow) throws -> Int64 { row.isNull(0) ? 0 : try row.integer(0) }
}
