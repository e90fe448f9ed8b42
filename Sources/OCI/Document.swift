internal import Bytes

/// A document as it was written, with what it says and its address.
///
/// A document of others keeps its bytes, so its digest stays true whatever we understood of it. To change one, change
/// its content and make a new document of that.
package struct Document<Content: DocumentContent>: Hashable, Sendable {
    package let bytes: [UInt8]
    package let content: Content
    package let digest: Digest

    /// Reads a document that nothing is known of but its bytes and, where it came with a header, its type.
    ///
    /// - Throws: `OCIError` for bytes that are too many, not JSON, or not such a document.
    package init(bytes: [UInt8], declared: MediaType? = nil) throws(OCIError) {
        content = try Content(documentObject(of: bytes), declared: declared)
        digest = Digest(of: bytes)
        self.bytes = bytes
    }

    /// Reads the document that a descriptor names; size, digest and media type must be those it says.
    ///
    /// - Throws: `OCIError` for other bytes than the descriptor's, or for those that are not such a document.
    package init(bytes: [UInt8], of descriptor: Descriptor) throws(OCIError) {
        try descriptor.check(bytes)
        content = try Content(documentObject(of: bytes), declared: descriptor.mediaType)
        digest = descriptor.digest
        self.bytes = bytes
    }

    /// Writes a document: the same bytes for the same content.
    package init(_ content: Content) {
        bytes = JSONValue.object(content.json).compact
        digest = Digest(of: bytes)
        self.content = content
    }

    /// What names the document in another one.
    package var descriptor: Descriptor {
        Descriptor(mediaType: content.mediaType, digest: digest, size: Int64(bytes.count))
    }
}

extension Descriptor {
    /// Checks that some bytes are the content.
    ///
    /// - Throws: `OCIError.wrongSize` or `OCIError.wrongDigest`.
    package func check(_ bytes: [UInt8]) throws(OCIError) {
        guard size == Int64(bytes.count) else { throw .wrongSize(digest, expected: size, found: Int64(bytes.count)) }
        let found = Digest(of: bytes, algorithm: digest.algorithm)
        guard found == digest else { throw .wrongDigest(expected: digest, found: found) }
    }
}

/// The one object that every document of an image is.
func documentObject(of bytes: [UInt8]) throws(OCIError) -> JSONObject {
    guard bytes.count <= DocumentLimits.bytes else {
        throw .documentTooLarge(size: bytes.count, limit: DocumentLimits.bytes)
    }
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes, maximumDepth: DocumentLimits.depth) } catch {
        throw .malformedJSON(error)
    }
    guard let object = value.object else { throw .malformedField("document", expected: "an object") }
    return object
}
