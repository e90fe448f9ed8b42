package import Bytes
internal import OCI

extension ImageArchive {
    /// The image that a word of the user's means.
    ///
    /// `word`: a name, a tag of a layout or a digest; nil is the only image, or the one with the tag `latest`.
    /// - Throws: `unknownImage` or `severalArchivedImages`.
    package func image(_ word: ByteString?) throws(ContextsError) -> ArchivedImage {
        guard let word else {
            if images.count == 1 { return images[0] }
            let latest = images.filter { $0.tags.contains("latest") }
            if latest.count == 1 { return latest[0] }
            throw .severalArchivedImages(path, known: known)
        }
        // Of a name with a digest the digest counts.
        let digest = word.split(separator: UInt8(ascii: "@")).last.flatMap { try? Digest($0) }
        let name = try? Reference(word)
        let found = images.first { image in
            image.tags.contains(word) || image.target.digest == digest || name.map(image.names.contains) ?? false
        }
        guard let found else { throw .unknownImage(word, archive: path, known: known) }
        return found
    }

    private var known: [ByteString] {
        images.flatMap { image in
            let names = image.names.map { ByteString($0.familiar) } + image.tags
            return names.isEmpty ? [ByteString(image.target.digest.description)] : names
        }
    }
}
