internal import Bytes
package import OCI

/// What went with an image that was removed.
package struct RemovedImage: Hashable, Sendable {
    /// Chain ids of the layers whose blobs were removed, uppermost first (OCI image-spec, "Layer ChainID").
    package var chainIDs: [Digest]
    /// Bytes of the blobs that were moved to the trash.
    package var freedBytes: Int64
}

extension ImageStore {
    /// Takes a name away from whatever image has it; the image stays.
    ///
    /// - Returns: whether the name was there.
    package func unname(_ name: Reference) throws(StoreError) -> Bool {
        try writes.write("removing an image name") { session in
            if let digest = name.digest {
                try session.run(
                    "DELETE FROM repository_digests WHERE repository = ? AND digest = ?",
                    .text(name.name),
                    .digest(digest)
                )
            } else {
                try session.run("DELETE FROM image_names WHERE name = ?", .text(name.description))
            }
            return session.changes > 0
        }
    }

    /// Removes an image with all its names, and the blobs that nothing else needs; layers' snapshots stay, as cache.
    ///
    /// `config`: the image's id; all manifests of it go. Blobs stay while another process has the store open, since it may
    /// be reading them: they are collected later.
    ///
    /// - Returns: nil if it was not there.
    package func remove(config: Digest) throws(StoreError) -> RemovedImage? {
        let removed = try writes.write("removing an image") {
            session -> (layers: [ImageLayer], shared: Int, blobs: [Digest])? in
            let manifests = try session.rows("SELECT manifest FROM images WHERE config = ?", .digest(config))
                .map { try $0.digest(0) }
            guard let first = manifests.first else { return nil }
            var blobs = manifests + [config]
            for manifest in manifests {
                blobs += try session.rows("SELECT digest FROM image_layers WHERE manifest = ?", .digest(manifest))
                    .map { try $0.digest(0) }
            }
            let layers = try session.all(
                "SELECT media_type, digest, size, diff_id FROM image_layers WHERE manifest = ? ORDER BY position",
                .digest(first)
            ) { try ImageLayer($0) }
            try session.run("DELETE FROM images WHERE config = ?", .digest(config))
            return (layers, try ImageStore.sharedCount(of: layers.map(\.diffID), in: session), blobs)
        }
        guard let removed else { return nil }
        let collected = try lease.exclusively { () throws(StoreError) in try collect(removed.blobs) } ?? [:]
        let chainIDs = zip(removed.layers, removed.layers.map(\.diffID).chainIDs).dropFirst(removed.shared)
            .filter { collected[$0.0.blob.digest] != nil }.map(\.1)
        return RemovedImage(chainIDs: chainIDs.reversed(), freedBytes: collected.values.reduce(0, +))
    }

    /// How many of the layers, from the lowest on, another image has in the same order.
    private static func sharedCount(of diffIDs: [Digest], in session: IndexSession) throws -> Int {
        let others = try session.rows(
            "SELECT DISTINCT manifest FROM image_layers WHERE position = 0 AND diff_id = ?",
            .digest(diffIDs.first)
        ).map { try $0.digest(0) }
        var shared = 0
        for other in others {
            let theirs = try session.rows(
                "SELECT diff_id FROM image_layers WHERE manifest = ? ORDER BY position",
                .digest(other)
            ).map { try $0.digest(0) }
            shared = max(shared, zip(diffIDs, theirs).prefix { $0 == $1 }.count)
        }
        return shared
    }

    /// Moves blobs to the trash that no image and no delta needs.
    ///
    /// It happens inside a transaction: an image that is put meanwhile sees its blobs, or that they are gone.
    ///
    /// - Returns: the size of each.
    private func collect(_ candidates: [Digest]) throws(StoreError) -> [Digest: Int64] {
        try writes.write("removing blobs") { session in
            var collected: [Digest: Int64] = [:]
            for digest in candidates {
                let needed = try session.row(
                    """
                    SELECT 1 FROM images WHERE manifest = ?1 OR config = ?1
                    UNION ALL SELECT 1 FROM image_layers WHERE digest = ?1
                    UNION ALL SELECT 1 FROM packed WHERE digest = ?1 LIMIT 1
                    """,
                    .digest(digest)
                )
                if needed != nil { continue }
                guard let size = content.fileSize(digest) else { continue }
                collected[digest] = size
                try session.run("DELETE FROM blobs WHERE digest = ?", .digest(digest))
                try content.drop(digest)
            }
            return collected
        }
    }
}
