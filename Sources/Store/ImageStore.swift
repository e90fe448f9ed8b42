package import Bytes
internal import Linux
package import OCI

/// The images that are in the store, under names or without any, and where blobs are known to be elsewhere.
///
/// A name leads to the one image that it was given to last; the image that loses it stays, as a dangling one. An image
/// is known by its manifest here, and by its config to people (Docker's image id): of two manifests with one config
/// the one that nothing names goes when the other is put.
package final class ImageStore: Sendable {
    let index: IndexDatabase
    let writes: BufferedWrites
    let content: ContentStore
    let lease: BuildLease

    init(index: IndexDatabase, writes: BufferedWrites, content: ContentStore, lease: BuildLease) {
        self.index = index
        self.writes = writes
        self.content = content
        self.lease = lease
    }

    // MARK: Putting

    /// Stores images with their names, in one transaction with all that waits; a name that is taken is moved.
    ///
    /// - Throws: `StoreError.missingRow` if a blob that must be there was removed by another process.
    package func put(_ images: [NewImage], at time: FileTime? = nil) throws(StoreError) {
        let time = time ?? .now
        try writes.write("storing images") { session in
            for image in images { try put(image, at: time, in: session) }
        }
    }

    /// Gives more names to an image that is there.
    ///
    /// - Throws: `StoreError.missingRow` if it is not there any more.
    package func name(_ manifest: Digest, _ names: [Reference], at time: FileTime? = nil) throws(StoreError) {
        let time = time ?? .now
        try writes.write("naming an image") { session in
            let row = try session.row("SELECT config FROM images WHERE manifest = ?", .digest(manifest))
            guard let row else { throw StoreError.missingRow("the image") }
            try give(names, to: manifest, at: time, in: session)
            try dropUnnamed(withConfig: try row.digest(0), except: manifest, in: session)
        }
    }

    /// Notes the digests that repositories know an image by, after it was pulled or pushed.
    package func note(_ digests: [RepositoryDigest], of manifest: Digest) throws(StoreError) {
        try writes.write("storing digests of an image") { session in
            guard try session.row("SELECT 1 FROM images WHERE manifest = ?", .digest(manifest)) != nil else {
                throw StoreError.missingRow("the image")
            }
            for digest in digests { try note(digest, of: manifest, in: session) }
        }
    }

    private func put(_ image: NewImage, at time: FileTime, in session: IndexSession) throws {
        var needed = [image.manifest.digest, image.config]
        if image.holdsLayers { needed += image.layers.map(\.blob.digest) }
        for digest in needed where content.fileSize(digest) == nil { throw StoreError.missingRow("the blob \(digest)") }
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
            .integer(time.seconds),
            .integer(Int64(time.nanoseconds))
        )
        // Of an image that is there already all that its manifest says is there, too.
        if session.changes > 0 { try ImageStore.insert(image.layers, of: image.manifest.digest, in: session) }
        try give(image.names, to: image.manifest.digest, at: time, in: session)
        for digest in image.repositoryDigests { try note(digest, of: image.manifest.digest, in: session) }
        try dropUnnamed(withConfig: image.config, except: image.manifest.digest, in: session)
    }

    static func insert(_ layers: [ImageLayer], of manifest: Digest, in session: IndexSession) throws {
        for (position, layer) in layers.enumerated() {
            try session.run(
                """
                INSERT INTO image_layers (manifest, position, media_type, digest, size, diff_id)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                .digest(manifest),
                .integer(Int64(position)),
                .text(layer.blob.mediaType.text),
                .digest(layer.blob.digest),
                .integer(layer.blob.size),
                .digest(layer.diffID)
            )
        }
        try session.sumLayerSizes(ofImage: manifest)
    }

    private func give(_ names: [Reference], to manifest: Digest, at time: FileTime, in session: IndexSession) throws {
        for name in names {
            if let digest = name.digest {
                try note(RepositoryDigest(repository: name.name, digest: digest), of: manifest, in: session)
                continue
            }
            try session.run(
                """
                INSERT INTO image_names (name, manifest, given_seconds, given_nanoseconds) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET manifest = excluded.manifest, given_seconds = excluded.given_seconds,
                    given_nanoseconds = excluded.given_nanoseconds
                """,
                .text(name.description),
                .digest(manifest),
                .integer(time.seconds),
                .integer(Int64(time.nanoseconds))
            )
        }
    }

    private func note(_ digest: RepositoryDigest, of manifest: Digest, in session: IndexSession) throws {
        try session.run(
            """
            INSERT INTO repository_digests (repository, digest, manifest) VALUES (?, ?, ?)
            ON CONFLICT (repository, digest) DO UPDATE SET manifest = excluded.manifest
            """,
            .text(digest.repository),
            .digest(digest.digest),
            .digest(manifest)
        )
    }

    /// The same image packed otherwise, which nothing leads to any more, would be seen twice.
    private func dropUnnamed(withConfig config: Digest, except manifest: Digest, in session: IndexSession) throws {
        try session.run(
            """
            DELETE FROM images WHERE config = ? AND manifest <> ?
                AND manifest NOT IN (SELECT manifest FROM image_names)
                AND manifest NOT IN (SELECT manifest FROM repository_digests)
            """,
            .digest(config),
            .digest(manifest)
        )
    }

    // MARK: Where blobs are

    /// Notes that a repository of a registry has blobs: they can be mounted from there, or fetched if they are not here.
    ///
    /// `repository`: registry and repository, `Reference.name`.
    package func note(blobs: [Digest], in repository: String) throws(StoreError) {
        try writes.write("storing where blobs are") { session in
            for digest in blobs {
                try session.run(
                    "INSERT INTO blob_sources (digest, repository) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    .digest(digest),
                    .text(repository)
                )
            }
        }
    }

    /// The repositories that are known to have a blob, sorted.
    package func repositories(having blob: Digest) throws(StoreError) -> [String] {
        try index.read("looking up where a blob is") { session in
            try session.all(
                "SELECT repository FROM blob_sources WHERE digest = ? ORDER BY repository",
                .digest(blob)
            ) { try $0.text(0) }
        }
    }

    /// Forgets that a repository has a blob: it was asked, and has it no more.
    package func forget(blob: Digest, in repository: String) throws(StoreError) {
        try writes.write("storing where blobs are") { session in
            try session.run(
                "DELETE FROM blob_sources WHERE digest = ? AND repository = ?",
                .digest(blob),
                .text(repository)
            )
        }
    }
}
