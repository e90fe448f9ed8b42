public import Bytes

/// What made one layer, or one change of the config (OCI image-spec 1.1, "Image Configuration", `history`).
public struct HistoryEntry: Hashable, Sendable {
    /// When the instruction ran.
    public var created: Timestamp?
    /// The instruction as it ran.
    public var createdBy: ByteString
    /// Who made the change; empty where it is not said.
    public var author: ByteString
    /// What the builder says of itself, such as `buildkit.dockerfile.v0`.
    public var comment: ByteString
    /// Whether the entry made no layer.
    public var isEmptyLayer: Bool
    /// Members that are not known here, which a rewrite keeps.
    package var unknown = JSONObject()

    /// An entry that leaves out what is not given.
    public init(
        created: Timestamp? = nil,
        createdBy: ByteString = "",
        author: ByteString = "",
        comment: ByteString = "",
        isEmptyLayer: Bool = false
    ) {
        self.created = created
        self.createdBy = createdBy
        self.author = author
        self.comment = comment
        self.isEmptyLayer = isEmptyLayer
    }
}

extension HistoryEntry {
    init(_ fields: JSONFields) throws(OCIError) {
        created = try fields.timestamp(Name.created)
        createdBy = try fields.text(Name.createdBy)
        author = try fields.text(Name.author)
        comment = try fields.text(Name.comment)
        isEmptyLayer = try fields.bool(Name.emptyLayer)
        unknown = fields.rest(after: Name.all)
    }

    var json: JSONObject {
        var object = JSONObject()
        object.set(Name.created, created)
        object.set(Name.createdBy, createdBy)
        object.set(Name.author, author)
        object.set(Name.comment, comment)
        object.set(Name.emptyLayer, isEmptyLayer)
        object.append(unknown)
        return object
    }

    private enum Name {
        static let created: ByteString = "created"
        static let createdBy: ByteString = "created_by"
        static let author: ByteString = "author"
        static let comment: ByteString = "comment"
        static let emptyLayer: ByteString = "empty_layer"
        static let all = [created, createdBy, author, comment, emptyLayer]
    }
}
