package import Bytes

/// What a JSON document of an image says, apart from its bytes.
package protocol DocumentContent: Hashable, Sendable {
    /// What the document is; where its own text leaves that out, what it was called by whoever named it.
    var mediaType: MediaType { get }

    /// Reads the document's one object.
    ///
    /// - Parameters:
    ///   - object: the document.
    ///   - declared: the media type by which a descriptor or a header names it.
    /// - Throws: `OCIError` with the member that is missing or malformed, or for a document of another type.
    init(_ object: JSONObject, declared: MediaType?) throws(OCIError)

    /// The object that is written; members that were not understood are in it.
    var json: JSONObject { get }
}

/// How large documents and lists in them may be: what containerd and containers/image accept.
package enum DocumentLimits {
    /// Bytes of a manifest, an index or a config.
    package static let bytes = 4 << 20
    /// Arrays and objects inside each other.
    package static let depth = 64
    /// Entries of an index.
    package static let manifests = 4096
    /// Layers of an image.
    package static let layers = 512
    /// Indexes inside each other.
    package static let indexDepth = 4
}
