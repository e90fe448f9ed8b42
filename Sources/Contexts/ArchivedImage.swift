package import Bytes
package import Layers
package import OCI

/// An image of an archive or a layout: what names lead to, one image or images for several platforms.
package struct ArchivedImage: Sendable {
    /// The whole names that the archive gives it, without repetitions; many images have none.
    package internal(set) var names: [Reference]
    /// What else it is called in a layout, such as `1.0`: `org.opencontainers.image.ref.name` where that is no name.
    package internal(set) var tags: [ByteString]
    /// The manifest or the index; of a docker archive it is one that was made for it.
    package let target: OCI.Descriptor
    let blobs: any ImageBlobs

    /// The image for a platform; what is no index is taken whatever it is for.
    ///
    /// - Throws: `noImageFor`, `missingBlob`, `unreadableBlob`, `malformedDocument` or `nestedTooDeep`.
    package func resolve(for platform: Platform) throws(ContextsError) -> ResolvedImage {
        var search = ImageSearch(blobs, platform: platform)
        if let image = try search.image(target, depth: 0, isChoice: false) { return image }
        throw .noImageFor(platform, layout: blobs.path, known: search.seen)
    }

    /// The target's document, checked against its descriptor.
    ///
    /// - Throws: `missingBlob`, `unreadableBlob` or `malformedDocument`.
    package func document() throws(ContextsError) -> ImageDocument { try document(target) }

    /// A manifest or an index of the image, checked against its descriptor.
    ///
    /// - Throws: `missingBlob`, `unreadableBlob` or `malformedDocument`.
    package func document(_ descriptor: OCI.Descriptor) throws(ContextsError) -> ImageDocument {
        let bytes = try blobs.documentBytes(descriptor.digest)
        do throws(OCIError) { return try ImageDocument(bytes: bytes, of: descriptor) } catch {
            throw .malformedDocument("the blob \(descriptor.digest)", layout: blobs.path, error)
        }
    }

    /// Finds a blob whose size is the descriptor's.
    ///
    /// Its digest is for the reader to check; that of a plain layer of a docker archive is the diffID in its config.
    /// - Throws: `missingBlob`, `unreadableBlob`, or `malformedDocument` for a blob of another size.
    package func openBlob(_ descriptor: OCI.Descriptor) throws(ContextsError) -> BlobRange {
        try blobs.blob(descriptor)
    }

    /// Whether the archive has a blob: of an index, archives often hold the images of some platforms only.
    package func has(_ digest: Digest) -> Bool { (try? blobs.blob(digest)) != nil }
}

extension ArchivedImage {
    /// The images that entries of a layout's index.json lead to; entries of one image are one.
    static func list(_ entries: [OCI.Descriptor], _ blobs: any ImageBlobs) -> [ArchivedImage] {
        var images: [ArchivedImage] = []
        var positions: [Digest: Int] = [:]
        for entry in entries {
            let position = positions[entry.digest] ?? images.count
            if position == images.count {
                positions[entry.digest] = position
                images.append(ArchivedImage(names: [], tags: [], target: entry, blobs: blobs))
            }
            images[position].add(entry.annotations)
        }
        return images
    }

    /// Takes the names that a layout's entry has: containerd's whole name, or else the one of the specification, which
    /// may be a whole name too.
    private mutating func add(_ annotations: [ByteString: ByteString]) {
        let refName = annotations[Annotation.refName]
        let marks: [UInt8] = [UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "@")]
        let isWhole = refName?.bytes.contains(where: marks.contains) ?? false
        let full = annotations[Annotation.imageName] ?? (isWhole ? refName : nil)
        if let name = full.flatMap({ try? Reference($0) }) {
            if !names.contains(name) { names.append(name) }
        } else if let refName, !tags.contains(refName) {
            tags.append(refName)
        }
    }
}
