internal import Bytes
package import OCI
package import Trees

// A delta's forms: the snapshot, the packed layers, and the base layers that share them.
extension ResultIndex {
    // MARK: Packed

    /// The packed form of a delta that was made with these parameters; nil if there is none, or its blob is gone.
    ///
    /// `parameters`: what chose the bytes: compression, level, version of the compressor.
    package func packed(_ delta: DeltaID, parameters: String) throws(StoreError) -> PackedLayer? {
        let layer = try index.read("looking up a layer") { session in
            try session.first(
                "SELECT media_type, digest, size, diff_id FROM packed WHERE delta = ? AND parameters = ?",
                .integer(delta.number),
                .text(parameters),
                decode: PackedLayer.init
            )
        }
        guard let layer, try content.contains(layer.descriptor.digest) else { return nil }
        return layer
    }

    /// All packed forms of a delta whose blobs are there, and that it can be unpacked from: those of its own diffID.
    package func packed(_ delta: DeltaID) throws(StoreError) -> [PackedLayer] {
        let layers = try index.read("looking up layers") { session in
            try session.all(
                """
                SELECT p.media_type, p.digest, p.size, p.diff_id FROM packed p
                JOIN deltas d ON d.id = p.delta AND d.diff_id = p.diff_id WHERE p.delta = ? ORDER BY p.parameters
                """,
                .integer(delta.number),
                decode: PackedLayer.init
            )
        }
        var present: [PackedLayer] = []
        for layer in layers where try content.contains(layer.descriptor.digest) { present.append(layer) }
        return present
    }

    /// Stores that a delta was packed; the blob must be in the content store.
    ///
    /// The delta's diffID is kept with it.
    ///
    /// `isFaithful`: false for a layer whose times were rewritten, from which the delta could not be made again.
    package func putPacked(
        _ layer: PackedLayer,
        of delta: DeltaID,
        parameters: String,
        isFaithful: Bool = true
    ) throws(StoreError) {
        try writes.write("storing a layer") { session in
            try insert(layer, parameters, of: delta, in: session)
            guard isFaithful else { return }
            try session.run(
                "UPDATE deltas SET diff_id = ? WHERE id = ?",
                .digest(layer.diffID),
                .integer(delta.number)
            )
            if session.changes == 0 { throw StoreError.missingRow("a delta") }
            let size = try session.row("SELECT written_bytes FROM deltas WHERE id = ?", .integer(delta.number))
            if let size { try session.note(plainSize: try size.integer(0), ofLayer: layer.diffID) }
        }
    }

    func insert(_ layer: PackedLayer, _ parameters: String, of delta: DeltaID, in session: IndexSession) throws {
        guard try session.row("SELECT 1 FROM deltas WHERE id = ?", .integer(delta.number)) != nil else {
            throw StoreError.missingRow("a delta")
        }
        try session.run(
            """
            INSERT INTO packed (delta, parameters, media_type, digest, size, diff_id) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (delta, parameters) DO UPDATE SET media_type = excluded.media_type,
                digest = excluded.digest, size = excluded.size, diff_id = excluded.diff_id
            """,
            .integer(delta.number),
            .text(parameters),
            .text(layer.descriptor.mediaType.text),
            .digest(layer.descriptor.digest),
            .integer(layer.descriptor.size),
            .digest(layer.diffID)
        )
    }

    // MARK: Repacked

    /// What a layer of others became when it was packed anew with these parameters; nil if it never was, or the blob is
    /// gone.
    package func repacked(_ source: Digest, parameters: String) throws(StoreError) -> PackedLayer? {
        let layer = try index.read("looking up a layer") { session in
            try session.first(
                "SELECT media_type, digest, size, diff_id FROM repacked WHERE source = ? AND parameters = ?",
                .digest(source),
                .text(parameters),
                decode: PackedLayer.init
            )
        }
        guard let layer, try content.contains(layer.descriptor.digest) else { return nil }
        return layer
    }

    /// Stores what a layer of others became; the blob must be in the content store.
    package func putRepacked(_ layer: PackedLayer, of source: Digest, parameters: String) throws(StoreError) {
        try writes.write("storing a layer") { session in
            try session.run(
                """
                INSERT OR REPLACE INTO repacked (source, parameters, media_type, digest, size, diff_id)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                .digest(source),
                .text(parameters),
                .text(layer.descriptor.mediaType.text),
                .digest(layer.descriptor.digest),
                .integer(layer.descriptor.size),
                .digest(layer.diffID)
            )
        }
    }

    // MARK: Unpacked

    /// Stores the unpacked form of a delta that was only packed.
    ///
    /// If another process was first, its snapshot stays and this one is discarded.
    ///
    /// - Returns: the delta as it is now.
    package func attach(_ snapshot: SnapshotID, to delta: DeltaID) throws(StoreError) -> StoredDelta {
        let stored = try writes.write("storing a snapshot") { session in
            let before = try session.row(
                "SELECT snapshot FROM deltas WHERE id = ?",
                .integer(delta.number)
            )
            guard let before else { throw StoreError.missingRow("a delta") }
            let first = before.isNull(0) ? nil : SnapshotID(try before.text(0))
            if first.map(snapshots.contains) != true {
                try session.run(
                    "UPDATE deltas SET snapshot = ?, boot = ? WHERE id = ?",
                    .text(snapshot.text),
                    boot.value,
                    .integer(delta.number)
                )
            }
            let row = try session.row(
                "SELECT \(StoredDelta.columns) FROM deltas d WHERE d.id = ?",
                .integer(delta.number)
            )
            guard let row else { throw StoreError.missingRow("a delta") }
            return try StoredDelta(row, at: 0)
        }
        if stored.snapshot == snapshot { snapshots.didName(snapshot) } else { try snapshots.discard(snapshot) }
        return stored
    }

    // MARK: Base layers

    /// A base image's layers up to the one that ends this chain, applied; nil if it cannot be had.
    ///
    /// Its delta may be packed only: not empty, and without a snapshot.
    package func baseLayer(chainID: Digest) throws(StoreError) -> StoredBaseLayer? {
        let found = try index.read("looking up a base layer") { session in
            try session.first(
                """
                SELECT b.tree, \(StoredDelta.columns) FROM base_layers b JOIN deltas d ON d.id = b.delta
                WHERE b.chain_id = ? AND (d.boot IS NULL OR d.boot = ?)
                """,
                .digest(chainID),
                boot.value
            ) { (try Tree(stored: $0, 0), try StoredDelta($0, at: 1)) }
        }
        guard let (tree, delta) = found, let usable = try usable(delta, true) else { return nil }
        return StoredBaseLayer(chainID: chainID, delta: usable, tree: tree)
    }

    /// Stores a base layer with all that waits, in one transaction; an earlier one of this chain is replaced.
    ///
    /// `tree`: the tree after the layer.
    package func putBaseLayer(chainID: Digest, delta: NewDelta, tree: Tree) throws(StoreError) -> StoredBaseLayer {
        let operation = ResultIndex.baseLayerOperation(chainID)
        let stored = try writes.write("storing a base layer") { session in
            let stored = try insert(delta, of: operation, in: session)
            try session.run(
                """
                INSERT INTO base_layers (chain_id, delta, tree) VALUES (?, ?, ?)
                ON CONFLICT (chain_id) DO UPDATE SET delta = excluded.delta, tree = excluded.tree
                """,
                .digest(chainID),
                .integer(stored.id.number),
                tree.stored
            )
            return stored
        }
        if let snapshot = delta.snapshot { snapshots.didName(snapshot) }
        return StoredBaseLayer(chainID: chainID, delta: stored, tree: tree)
    }

    /// What stands for the operation in the row of a base layer's delta.
    private static func baseLayerOperation(_ chainID: Digest) -> ContentHash {
        var encoder = CanonicalEncoder(domain: "base-layer.1")
        encoder.append(chainID.description)
        return encoder.hash
    }
}

extension PackedLayer {
    fileprivate init(_ row: IndexRow) throws {
        let text = try row.text(0)
        guard let mediaType = try? MediaType(text) else { throw row.malformed(0) }
        descriptor = Descriptor(mediaType: mediaType, digest: try row.digest(1), size: try row.integer(2))
        diffID = try row.digest(3)
    }
}
