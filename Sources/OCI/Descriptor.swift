public import Bytes

/// Where some content is and how to know that it is the right one (OCI image-spec 1.1, "Content Descriptors").
public struct Descriptor: Hashable, Sendable {
    /// What the content is.
    public var mediaType: MediaType
    /// The address of the content.
    public var digest: Digest
    /// Bytes of the content, never negative.
    public var size: Int64
    /// What else is said of the content, by name.
    public var annotations: [ByteString: ByteString]
    /// What the content runs on, where it is an entry of an index.
    public var platform: Platform?
    /// What an artifact is, where the content is one.
    public var artifactType: MediaType?
    /// Where else the content can be had.
    public var urls: [ByteString]
    /// Members that are not known here, which a rewrite keeps.
    package var unknown = JSONObject()
    /// The same of the platform's object.
    package var unknownOfPlatform = JSONObject()

    /// A descriptor that leaves out what is not given.
    public init(
        mediaType: MediaType,
        digest: Digest,
        size: Int64,
        annotations: [ByteString: ByteString] = [:],
        platform: Platform? = nil,
        artifactType: MediaType? = nil,
        urls: [ByteString] = []
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
        self.platform = platform
        self.artifactType = artifactType
        self.urls = urls
    }
}

extension Descriptor {
    /// Reads one object of a document.
    ///
    /// - Throws: `OCIError` with the member that is missing or malformed.
    package init(_ object: JSONObject) throws(OCIError) { try self.init(JSONFields(object)) }

    init(_ fields: JSONFields) throws(OCIError) {
        mediaType = try fields.require(Name.mediaType, fields.mediaType(Name.mediaType))
        digest = try fields.require(Name.digest, fields.digest(Name.digest))
        size = try fields.require(Name.size, fields.integer(Name.size))
        guard size >= 0 else {
            throw .malformedField(fields.path(of: Name.size), expected: "a size of 0 or more")
        }
        annotations = try fields.textMap(Name.annotations)
        artifactType = try fields.mediaType(Name.artifactType)
        urls = try fields.texts(Name.urls) ?? []
        if let inner = try fields.fields(Name.platform) {
            platform = try Platform(inner)
            unknownOfPlatform = inner.rest(after: Platform.names)
        }
        unknown = fields.rest(after: Name.all)
    }

    /// The object that documents hold.
    package var json: JSONObject {
        var object = JSONObject()
        object.set(Name.mediaType, mediaType)
        object.set(Name.digest, digest)
        object[Name.size] = .integer(size)
        object.set(Name.urls, urls)
        object.set(Name.annotations, annotations)
        if let platform {
            var inner = platform.json
            inner.append(unknownOfPlatform)
            object[Name.platform] = .object(inner)
        }
        object.set(Name.artifactType, artifactType)
        object.append(unknown)
        return object
    }

    private enum Name {
        static let mediaType: ByteString = "mediaType"
        static let digest: ByteString = "digest"
        static let size: ByteString = "size"
        static let urls: ByteString = "urls"
        static let annotations: ByteString = "annotations"
        static let platform: ByteString = "platform"
        static let artifactType: ByteString = "artifactType"
        static let all = [mediaType, digest, size, urls, annotations, platform, artifactType]
    }
}
