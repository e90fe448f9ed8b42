internal import Bytes

/// What an image's name or an entry of an index leads to: one image, or a list of images for several platforms.
package enum ImageDocument: Hashable, Sendable {
    case manifest(Document<Manifest>)
    case index(Document<Index>)

    /// Reads a document whose kind is said by a header, by its own text, or else by what it has.
    ///
    /// - Parameters:
    ///   - bytes: the document.
    ///   - declared: the header's type; `application/json` and `application/octet-stream` say nothing.
    /// - Throws: `OCIError` for bytes that are neither, or could be both.
    package init(bytes: [UInt8], declared: MediaType? = nil) throws(OCIError) {
        let type = declared == .json || declared == .octetStream ? nil : declared
        self =
            if try Self.isIndex(bytes, type) {
                .index(try Document(bytes: bytes, declared: type))
            } else {
                .manifest(try Document(bytes: bytes, declared: type))
            }
    }

    /// Reads the document that a descriptor names; size, digest and media type must be those it says.
    ///
    /// - Throws: `OCIError` for other bytes than the descriptor's, or for those that are neither or could be both.
    package init(bytes: [UInt8], of descriptor: Descriptor) throws(OCIError) {
        self =
            if descriptor.mediaType.isIndex {
                .index(try Document(bytes: bytes, of: descriptor))
            } else {
                .manifest(try Document(bytes: bytes, of: descriptor))
            }
    }

    /// What names the document in another one.
    package var descriptor: Descriptor {
        switch self {
        case .manifest(let document): document.descriptor
        case .index(let document): document.descriptor
        }
    }

    package var bytes: [UInt8] {
        switch self {
        case .manifest(let document): document.bytes
        case .index(let document): document.bytes
        }
    }

    private static func isIndex(_ bytes: [UInt8], _ declared: MediaType?) throws(OCIError) -> Bool {
        if let declared, declared.isIndex || declared.isManifest { return declared.isIndex }
        let object = try documentObject(of: bytes)
        if let own = try JSONFields(object).mediaType("mediaType") { return own.isIndex }
        return object["manifests"] != nil
    }
}
