package import Bytes
package import OCI

/// An image that is in the store under a name.
package struct NamedImage: Hashable, Sendable {
    /// The name in full: registry, repository and tag.
    package var name: String
    /// The manifest, which is in the content store.
    package var manifest: OCI.Descriptor
    package var config: Digest
    /// When the name was given, by the wall clock.
    package var created: FileTime

    package init(name: String, manifest: OCI.Descriptor, config: Digest, created: FileTime) {
        self.name = name
        self.manifest = manifest
        self.config = config
        self.created = created
    }
}

/// Names of images, each leading to the one manifest that it was given to last.
package final class ImageNames: Sendable {
    private let index: IndexDatabase
    private let writes: BufferedWrites

    init(index: IndexDatabase, writes: BufferedWrites) {
        self.index = index
        self.writes = writes
    }

    package func image(_ name: String) throws(StoreError) -> NamedImage? {
        try index.read("looking up an image") { session in
            try session.first("\(ImageNames.selection) WHERE name = ?", .text(name), decode: NamedImage.init)
        }
    }

    /// All images, sorted by name.
    package var all: [NamedImage] {
        get throws(StoreError) {
            try index.read("listing images") { session in
                try session.all("\(ImageNames.selection) ORDER BY name", decode: NamedImage.init)
            }
        }
    }

    /// Gives names to images, in one transaction with all that waits; a name that is taken is moved.
    package func put(_ images: [NamedImage]) throws(StoreError) {
        try writes.write("storing image names") { session in
            for image in images {
                try session.run(
                    """
                    INSERT OR REPLACE INTO images
                        (name, media_type, manifest, size, config, created_seconds, created_nanoseconds)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                    .text(image.name),
                    .text(image.manifest.mediaType.text),
                    .digest(image.manifest.digest),
                    .integer(image.manifest.size),
                    .digest(image.config),
                    .integer(image.created.seconds),
                    .integer(Int64(image.created.nanoseconds))
                )
            }
        }
    }

    /// - Returns: whether the name was there.
    package func remove(_ name: String) throws(StoreError) -> Bool {
        try writes.write("removing an image name") { session in
            try session.run("DELETE FROM images WHERE name = ?", .text(name))
            return session.changes > 0
        }
    }

    private static let selection =
        "SELECT name, media_type, manifest, size, config, created_seconds, created_nanoseconds FROM images"
}

extension NamedImage {
    fileprivate init(_ row: IndexRow) throws {
        let text = try row.text(1)
        guard let mediaType = try? MediaType(text) else { throw row.malformed(1) }
        name = try row.text(0)
        manifest = Descriptor(mediaType: mediaType, digest: try row.digest(2), size: try row.integer(3))
        config = try row.digest(4)
        created = FileTime(seconds: try row.integer(5), nanoseconds: UInt32(truncatingIfNeeded: try row.integer(6)))
    }
}
