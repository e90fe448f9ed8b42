package import Bytes
package import Layers
internal import Linux
package import OCI

/// Where the blobs of images are looked up by their digests: a layout's folder, or an archive.
package protocol ImageBlobs: Sendable {
    /// What holds them, as the user named it, for messages.
    var path: ByteString { get }

    /// Finds a blob, whose bytes are not checked.
    ///
    /// - Throws: `missingBlob`, or what keeps it from being read.
    func blob(_ digest: Digest) throws(ContextsError) -> BlobRange
}

extension ImageBlobs {
    /// Finds a blob whose size is the descriptor's; its digest is for the reader to check.
    ///
    /// - Throws: `missingBlob`, `unreadableBlob`, or `malformedDocument` for a blob of another size.
    package func blob(_ descriptor: OCI.Descriptor) throws(ContextsError) -> BlobRange {
        let found = try blob(descriptor.digest)
        guard found.size == descriptor.size else {
            let error = OCIError.wrongSize(descriptor.digest, expected: descriptor.size, found: found.size)
            throw .malformedDocument("the blob \(descriptor.digest)", layout: path, error)
        }
        return found
    }

    /// The whole of a document's blob, not checked yet.
    ///
    /// - Throws: also `malformedDocument` for a blob that is larger than documents may be.
    func documentBytes(_ digest: Digest) throws(ContextsError) -> [UInt8] {
        let found = try blob(digest)
        guard found.size <= Int64(DocumentLimits.bytes) else {
            let error = OCIError.documentTooLarge(size: Int(clamping: found.size), limit: DocumentLimits.bytes)
            throw .malformedDocument("the blob \(digest)", layout: path, error)
        }
        do { return try found.bytes(limit: DocumentLimits.bytes) } catch {
            throw .unreadableBlob(digest, layout: path, error)
        }
    }
}
