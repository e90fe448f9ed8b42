package import Bytes
internal import Linux
package import OCI

/// What the index knows of one image: enough to list it without opening a file.
package struct StoredImage: Hashable, Sendable {
    /// The manifest, which is in the content store.
    package var manifest: OCI.Descriptor
    /// The config's digest, which Docker calls the image's id; two manifests may share it.
    package var config: Digest
    /// When the image was made, as its config says.
    package var created: Timestamp?
    /// Bytes of all files and links of all layers; nil while a layer's size is not known.
    package var plainSize: Int64?
    /// When it came into the store first, by the wall clock.
    package var stored: FileTime
}

/// A name of an image in the store.
package struct ImageName: Hashable, Sendable {
    /// The name in full: registry, repository and tag.
    package var name: String
    /// When it was given, by the wall clock.
    package var given: FileTime
}

/// Under which digest a repository of a registry knows an image; it may be that of an index.
package struct RepositoryDigest: Hashable, Sendable {
    /// Registry and repository: `Reference.name`.
    package var repository: String
    package var digest: Digest

    package init(repository: String, digest: Digest) {
        self.repository = repository
        self.digest = digest
    }
}

/// An image with all that leads to it.
package struct ImageRecord: Hashable, Sendable {
    package var image: StoredImage
    /// Sorted.
    package var names: [ImageName]
    /// Sorted.
    package var repositoryDigests: [RepositoryDigest]
}

/// A layer of an image as manifest and config tell of it.
package struct ImageLayer: Hashable, Sendable {
    /// The blob, which need not be in the content store.
    package var blob: OCI.Descriptor
    /// The digest of the plain tar.
    package var diffID: Digest

    package init(blob: OCI.Descriptor, diffID: Digest) {
        self.blob = blob
        self.diffID = diffID
    }
}

/// An image that is to be stored, with the names it gets.
package struct NewImage: Sendable {
    package var manifest: OCI.Descriptor
    package var config: Digest
    package var created: Timestamp?
    package var layers: [ImageLayer]
    /// Those with a tag move to this image; a digest in one becomes a repository's digest.
    package var names: [Reference]
    package var repositoryDigests: [RepositoryDigest]
    /// Whether the blobs of all layers must be in the content store: an image is refused if one was collected meanwhile.
    package var holdsLayers: Bool

    /// An image by its documents, which must be in the content store when it is put.
    ///
    /// - Throws: `OCIError.layersDoNotMatchConfig`.
    package init(
        manifest: Document<Manifest>,
        config: Document<ImageConfig>,
        names: [Reference] = [],
        repositoryDigests: [RepositoryDigest] = [],
        holdsLayers: Bool = false
    ) throws(OCIError) {
        try manifest.content.check(config.content)
        self.manifest = manifest.descriptor
        self.config = config.digest
        created = config.content.created
        layers = zip(manifest.content.layers, config.content.diffIDs).map { ImageLayer(blob: $0, diffID: $1) }
        self.names = names
        self.repositoryDigests = repositoryDigests
        self.holdsLayers = holdsLayers
    }
}

extension StoredImage {
    static let columns = """
        i.manifest, i.media_type, i.size, i.config, i.created_seconds, i.created_nanoseconds, i.plain_size,
        i.stored_seconds, i.stored_nanoseconds
        """

    /// Reads ``columns``, the first of them at `first`.
    init(_ row: IndexRow, at first: Int = 0) throws {
        guard let mediaType = try? MediaType(try row.text(first + 1)) else { throw row.malformed(first + 1) }
        manifest = Descriptor(mediaType: mediaType, digest: try row.digest(first), size: try row.integer(first + 2))
        config = try row.digest(first + 3)
        if !row.isNull(first + 4) {
            created = Timestamp(
                seconds: try row.integer(first + 4),
                nanoseconds: Int32(truncatingIfNeeded: try row.integer(first + 5))
            )
        }
        plainSize = row.isNull(first + 6) ? nil : try row.integer(first + 6)
        stored = try row.time(first + 7)
    }
}

extension ImageName {
    static let columns = "n.name, n.given_seconds, n.given_nanoseconds"

    init(_ row: IndexRow, at first: Int = 0) throws {
        name = try row.text(first)
        given = try row.time(first + 1)
    }
}

extension RepositoryDigest {
    static let columns = "d.repository, d.digest"

    init(_ row: IndexRow, at first: Int = 0) throws {
        repository = try row.text(first)
        digest = try row.digest(first + 1)
    }
}

extension ImageLayer {
    init(_ row: IndexRow) throws {
        guard let mediaType = try? MediaType(try row.text(0)) else { throw row.malformed(0) }
        blob = Descriptor(mediaType: mediaType, digest: try row.digest(1), size: try row.integer(2))
        diffID = try row.digest(3)
    }
}

extension IndexRow {
    /// Seconds at a column and nanoseconds at the next.
    func time(_ column: Int) throws -> FileTime {
        FileTime(seconds: try integer(column), nanoseconds: UInt32(truncatingIfNeeded: try integer(column + 1)))
    }
}
