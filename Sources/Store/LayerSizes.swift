internal import Bytes
package import OCI

// How large layers are once they are unpacked: the sum of their files and links, hard links counted once.
extension ImageStore {
    /// Bytes of a layer's files and links; nil if it is not known.
    package func plainSize(ofLayer diffID: Digest) throws(StoreError) -> Int64? {
        try index.read("looking up the size of a layer") { session in
            try session.first("SELECT bytes FROM layer_sizes WHERE diff_id = ?", .digest(diffID)) { try $0.integer(0) }
        }
    }

    /// Notes how large layers are; images that waited for it have a size then.
    package func note(plainSizes sizes: [Digest: Int64]) throws(StoreError) {
        try writes.write("storing sizes of layers") { session in
            for (diffID, bytes) in sizes { try session.note(plainSize: bytes, ofLayer: diffID) }
        }
    }
}

extension IndexSession {
    func note(plainSize bytes: Int64, ofLayer diffID: Digest) throws {
        try run(
            "INSERT INTO layer_sizes (diff_id, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING",
            .digest(diffID),
            .integer(bytes)
        )
        if changes == 0 { return }
        let waiting = try rows(
            """
            SELECT i.manifest FROM image_layers l JOIN images i ON i.manifest = l.manifest
            WHERE l.diff_id = ? AND i.plain_size IS NULL
            """,
            .digest(diffID)
        )
        for row in waiting { try sumLayerSizes(ofImage: try row.digest(0)) }
    }

    /// Stores the size of an image, if those of all its layers are known.
    func sumLayerSizes(ofImage manifest: Digest) throws {
        try run(
            """
            UPDATE images SET plain_size = (
                SELECT CASE WHEN count(*) = count(s.bytes) THEN coalesce(sum(s.bytes), 0) END
                FROM image_layers l LEFT JOIN layer_sizes s ON s.diff_id = l.diff_id WHERE l.manifest = ?1
            ) WHERE manifest = ?1
            """,
            .digest(manifest)
        )
    }
}
