internal import Bytes
internal import Glibc
internal import Linux
internal import OCI

/// Brings an index of an earlier version to the present one, in the transaction that it is given.
struct IndexMigration {
    let session: IndexSession
    /// The state root.
    let directory: Directory

    /// - Throws: whatever goes wrong; the index then stays as it was.
    func run(from version: Int64) throws {
        if version < 2 {
            try nameImagesApart()
            try session.execute(IndexSchema.repacked)
            try session.execute(IndexSchema.listings)
        }
        if version < 3 { try session.execute(IndexSchema.verifiedLayers) }
        if version < 4 { try session.execute(IndexSchema.downloads) }
        try session.execute("PRAGMA user_version = \(IndexSchema.version)")
    }

    // MARK: 1 to 2

    /// What version 1 knew of an image, all under its name.
    fileprivate struct NamedImage {
        var name: String
        var manifest: Digest
        var mediaType: MediaType
        var given: FileTime
    }

    private func nameImagesApart() throws {
        let named = try session.all(
            "SELECT name, manifest, media_type, created_seconds, created_nanoseconds FROM images ORDER BY created_seconds"
        ) { row in
            guard let mediaType = try? MediaType(try row.text(2)) else { throw row.malformed(2) }
            return NamedImage(
                name: try row.text(0),
                manifest: try row.digest(1),
                mediaType: mediaType,
                given: try row.time(3)
            )
        }
        try session.execute("DROP TABLE images")
        try session.execute(IndexSchema.images)
        try measureLayers()
        for image in named {
            // An image whose documents are gone or damaged could not be used under version 1 either.
            guard let stored = try? NewImage(image, from: directory) else { continue }
            try put(stored, image)
        }
    }

    private func put(_ image: NewImage, _ named: NamedImage) throws {
        let time: [SQLValue] = [.integer(named.given.seconds), .integer(Int64(named.given.nanoseconds))]
        try session.run(
            """
            INSERT INTO images (manifest, media_type, size, config, created_seconds, created_nanoseconds, plain_size,
                stored_seconds, stored_nanoseconds) VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?)
            ON CONFLICT (manifest) DO NOTHING
            """,
            .digest(image.manifest.digest),
            .text(image.manifest.mediaType.text),
            .integer(image.manifest.size),
            .digest(image.config),
            image.created.map { .integer($0.seconds) } ?? .null,
            image.created.map { .integer(Int64($0.nanoseconds)) } ?? .null,
            time[0],
            time[1]
        )
        if session.changes > 0 { try ImageStore.insert(image.layers, of: image.manifest.digest, in: session) }
        try session.run(
            "INSERT INTO image_names (name, manifest, given_seconds, given_nanoseconds) VALUES (?, ?, ?, ?)",
            .text(named.name),
            .digest(image.manifest.digest),
            time[0],
            time[1]
        )
    }

    /// Version 1 did not note how large layers are; their snapshots tell.
    private func measureLayers() throws {
        let layers = try session.all(
            "SELECT id, diff_id, snapshot FROM deltas WHERE diff_id IS NOT NULL AND (snapshot IS NOT NULL OR is_empty)"
        ) { row in
            (try row.integer(0), try row.digest(1), row.isNull(2) ? nil : SnapshotID(try row.text(2)))
        }
        let snapshots = try directory.child("snapshots")
        for (id, diffID, snapshot) in layers {
            guard let snapshot else {
                try session.note(plainSize: 0, ofLayer: diffID)
                continue
            }
            // A snapshot that is gone leaves the size unknown.
            guard let fs = try? snapshots.child(snapshot.fileName).child("fs"),
                let bytes = try? IndexMigration.plainSize(of: fs)
            else { continue }
            try session.run("UPDATE deltas SET written_bytes = ? WHERE id = ?", .integer(bytes), .integer(id))
            try session.note(plainSize: bytes, ofLayer: diffID)
        }
    }

    private static func plainSize(of root: Directory) throws(SystemError) -> Int64 {
        var linked: Set<UInt64> = []
        var bytes: Int64 = 0
        // As many directories are open as the tree is deep, not as it is wide.
        var pending: [(parent: Directory, name: ByteString)] = []
        func take(_ directory: Directory) throws(SystemError) {
            for name in try directory.names() {
                let status = try directory.status(name)
                switch status.kind {
                case .directory: pending.append((directory, name))
                case .file where status.links > 1 && !linked.insert(status.inode).inserted: break
                case .file, .symlink: bytes += Int64(status.size)
                default: break
                }
            }
        }
        try take(root)
        while let (parent, name) = pending.popLast() { try take(try parent.child(name)) }
        return bytes
    }
}

extension NewImage {
    /// Reads the documents of an image that version 1 named.
    fileprivate init(_ image: IndexMigration.NamedImage, from root: Directory) throws {
        func read(_ digest: Digest) throws -> [UInt8] {
            try root.directoryBeneath("content/" + ByteString(digest.algorithm.rawValue))
                .open(ByteString(digest.hex), flags: O_RDONLY | O_NONBLOCK).readAll(limit: 4 << 20)
        }
        let bytes = try read(image.manifest)
        let descriptor = Descriptor(mediaType: image.mediaType, digest: image.manifest, size: Int64(bytes.count))
        let manifest = try Document<Manifest>(bytes: bytes, of: descriptor)
        let config = try Document<ImageConfig>(
            bytes: try read(manifest.content.config.digest),
            of: manifest.content.config
        )
        try self.init(manifest: manifest, config: config)
    }
}
