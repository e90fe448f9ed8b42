package import Bytes
package import OCI

/// What a word of the user's led to.
package struct FoundImage: Hashable, Sendable {
    package enum Way: Hashable, Sendable {
        case name(Reference)
        /// By a repository and a digest.
        case repositoryDigest(Reference)
        /// By the image's id or its manifest's digest, whole or the first digits of it.
        case id
    }

    package var image: StoredImage
    package var way: Way
}

extension ImageStore {
    /// The image that has a name; nil if none has it.
    ///
    /// A reference with a digest is looked up by repository and digest, whatever its tag is.
    package func image(_ name: Reference) throws(StoreError) -> StoredImage? {
        try index.read("looking up an image") { session in
            guard let digest = name.digest else {
                return try session.first(
                    """
                    SELECT \(StoredImage.columns) FROM image_names n JOIN images i ON i.manifest = n.manifest
                    WHERE n.name = ?
                    """,
                    .text(name.description)
                ) { try StoredImage($0) }
            }
            let known = try session.first(
                """
                SELECT \(StoredImage.columns) FROM repository_digests d JOIN images i ON i.manifest = d.manifest
                WHERE d.repository = ? AND d.digest = ?
                """,
                .text(name.name),
                .digest(digest)
            ) { try StoredImage($0) }
            if let known { return known }
            // One that was built here has no digest in a repository yet, but its manifest has one.
            return try session.first(
                """
                SELECT \(StoredImage.columns) FROM images i WHERE i.manifest = ?1 AND EXISTS (
                    SELECT 1 FROM image_names n WHERE n.manifest = ?1 AND substr(n.name, 1, length(?2)) = ?2)
                """,
                .digest(digest),
                .text(name.name + ":")
            ) { try StoredImage($0) }
        }
    }

    /// The image of a manifest.
    package func image(manifest: Digest) throws(StoreError) -> StoredImage? {
        try index.read("looking up an image") { session in
            try session.first("SELECT \(StoredImage.columns) FROM images i WHERE i.manifest = ?", .digest(manifest)) {
                try StoredImage($0)
            }
        }
    }

    /// The image that people mean by a word.
    ///
    /// The word is a name, `name@digest`, or an id: whole or its first digits, with or without `sha256:`. As Docker
    /// looks it up, a name goes before an id, and a whole id is nothing else.
    ///
    /// - Throws: `StoreError.ambiguousImage` for first digits that several images share.
    package func find(_ word: ByteString) throws(StoreError) -> FoundImage? {
        let prefix = ByteString("sha256:")
        let digits = word.hasPrefix(prefix) ? ByteString(Array(word.bytes.dropFirst(prefix.count))) : word
        let isHex = !digits.isEmpty && digits.bytes.allSatisfy(ImageStore.isHexDigit)
        if !(isHex && digits.count == Digest.Algorithm.sha256.hexLength), let name = try? Reference(word),
            let image = try image(name)
        {
            return FoundImage(image: image, way: name.digest == nil ? .name(name) : .repositoryDigest(name))
        }
        guard isHex, digits.count <= Digest.Algorithm.sha256.hexLength else { return nil }
        let found = try images(startingWith: "sha256:" + digits.text, word)
        return found.map { FoundImage(image: $0, way: .id) }
    }

    private func images(startingWith start: String, _ word: ByteString) throws(StoreError) -> StoredImage? {
        for column in ["config", "manifest"] {
            // "g" is greater than every hexadecimal digit. Of one config's manifests a named one is taken.
            let found = try index.read("looking up an image") { session in
                try session.all(
                    """
                    SELECT \(StoredImage.columns) FROM images i WHERE i.\(column) >= ?1 AND i.\(column) < ?1 || 'g'
                    ORDER BY EXISTS (SELECT 1 FROM image_names n WHERE n.manifest = i.manifest) DESC, i.manifest LIMIT 64
                    """,
                    .text(start)
                ) { try StoredImage($0) }
            }
            guard let first = found.first else { continue }
            guard found.allSatisfy({ $0.config == first.config }) else { throw .ambiguousImage(word) }
            return first
        }
        return nil
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    // MARK: Lists

    /// All images with their names, those made last first; without a time last.
    package var all: [ImageRecord] {
        get throws(StoreError) {
            try index.read("listing images") { session in
                let images = try session.all(
                    """
                    SELECT \(StoredImage.columns) FROM images i
                    ORDER BY i.created_seconds DESC, i.created_nanoseconds DESC, i.manifest
                    """
                ) { try StoredImage($0) }
                var names: [Digest: [ImageName]] = [:]
                for (manifest, name) in try session.all(
                    "SELECT n.manifest, \(ImageName.columns) FROM image_names n ORDER BY n.name",
                    decode: { (try $0.digest(0), try ImageName($0, at: 1)) }
                ) { names[manifest, default: []].append(name) }
                var digests: [Digest: [RepositoryDigest]] = [:]
                for (manifest, digest) in try session.all(
                    """
                    SELECT d.manifest, \(RepositoryDigest.columns) FROM repository_digests d
                    ORDER BY d.repository, d.digest
                    """,
                    decode: { (try $0.digest(0), try RepositoryDigest($0, at: 1)) }
                ) { digests[manifest, default: []].append(digest) }
                return images.map {
                    ImageRecord(
                        image: $0,
                        names: names[$0.manifest.digest] ?? [],
                        repositoryDigests: digests[$0.manifest.digest] ?? []
                    )
                }
            }
        }
    }

    /// All manifests of an image's id, with what leads to each.
    package func records(config: Digest) throws(StoreError) -> [ImageRecord] {
        try index.read("looking up an image") { session in
            try session.all(
                "SELECT \(StoredImage.columns) FROM images i WHERE i.config = ? ORDER BY i.manifest",
                .digest(config)
            ) { try StoredImage($0) }.map { image in
                ImageRecord(
                    image: image,
                    names: try session.all(
                        "SELECT \(ImageName.columns) FROM image_names n WHERE n.manifest = ? ORDER BY n.name",
                        .digest(image.manifest.digest)
                    ) { try ImageName($0) },
                    repositoryDigests: try session.all(
                        """
                        SELECT \(RepositoryDigest.columns) FROM repository_digests d WHERE d.manifest = ?
                        ORDER BY d.repository, d.digest
                        """,
                        .digest(image.manifest.digest)
                    ) { try RepositoryDigest($0) }
                )
            }
        }
    }

    /// The layers of an image, lowest first.
    package func layers(of manifest: Digest) throws(StoreError) -> [ImageLayer] {
        try index.read("looking up layers") { session in
            try session.all(
                "SELECT media_type, digest, size, diff_id FROM image_layers WHERE manifest = ? ORDER BY position",
                .digest(manifest)
            ) { try ImageLayer($0) }
        }
    }
}
