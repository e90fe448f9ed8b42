internal import Bytes
package import OCI

extension ImageStore {
    /// Whether a blob's plain bytes are known to be those of a diffID: they were read and compared, or packed here.
    package func isVerified(_ blob: Digest, diffID: Digest) throws(StoreError) -> Bool {
        try index.read("looking up a layer") { session in
            try session.row(
                """
                SELECT 1 FROM verified_layers WHERE digest = ?1 AND diff_id = ?2
                UNION ALL SELECT 1 FROM packed WHERE digest = ?1 AND diff_id = ?2
                UNION ALL SELECT 1 FROM repacked WHERE digest = ?1 AND diff_id = ?2 LIMIT 1
                """,
                .digest(blob),
                .digest(diffID)
            ) != nil
        }
    }

    /// Notes that a blob's plain bytes were read and are those of a diffID.
    package func noteVerified(_ blob: Digest, diffID: Digest) throws(StoreError) {
        try writes.write("storing what a layer is") { session in
            try session.run(
                "INSERT INTO verified_layers (digest, diff_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
                .digest(blob),
                .digest(diffID)
            )
        }
    }
}
