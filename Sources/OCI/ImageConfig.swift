public import Bytes

/// What an image is apart from its files: where it runs, how it is started, how it came to be (OCI image-spec 1.1,
/// "Image Configuration"; Docker's has the same members).
public struct ImageConfig: Hashable, Sendable {
    /// What the document is called; it does not say so itself.
    public var mediaType: MediaType
    /// When the image was made.
    public var created: Timestamp?
    /// Who made the image; empty where it is not said.
    public var author: ByteString
    /// What the image runs on; its parts stand at the document's top.
    public var platform: Platform
    /// How containers of the image are started.
    public var config: ContainerConfig
    /// The digests of the layers' plain tars, lowest first.
    public var diffIDs: [Digest]
    /// What made the image, oldest first.
    public var history: [HistoryEntry]
    /// Members that are not known here, which a rewrite keeps.
    package var unknown = JSONObject()

    /// The config of an image without layers.
    public init(platform: Platform, mediaType: MediaType = .ociConfig) {
        self.mediaType = mediaType
        self.platform = platform
        author = ""
        config = ContainerConfig()
        diffIDs = []
        history = []
    }

    /// Checks that the history tells of as many layers as the config names; no history at all is fine.
    ///
    /// Engines run images where it does not match, so this is for who must know which instruction made which layer.
    /// - Throws: `OCIError.historyDoesNotMatchLayers`.
    public func checkHistory() throws(OCIError) {
        let told = history.count { !$0.isEmptyLayer }
        guard history.isEmpty || told == diffIDs.count else {
            throw .historyDoesNotMatchLayers(history: told, diffIDs: diffIDs.count)
        }
    }
}

extension ImageConfig: DocumentContent {
    package init(_ object: JSONObject, declared: MediaType?) throws(OCIError) {
        let fields = JSONFields(object)
        mediaType = declared ?? .ociConfig
        guard mediaType.isConfig else { throw .wrongMediaType(expected: .ociConfig, found: mediaType) }
        created = try fields.timestamp(Name.created)
        author = try fields.text(Name.author)
        platform = try Platform(fields)
        config = ContainerConfig()
        if let inner = try fields.fields(Name.config) { config = try ContainerConfig(inner) }
        diffIDs = try Self.diffIDs(fields.fields(Name.rootfs))
        history = []
        for entry in try fields.list(Name.history) { history.append(try HistoryEntry(entry)) }
        unknown = fields.rest(after: Name.all + Platform.names)
    }

    private static func diffIDs(_ rootfs: JSONFields?) throws(OCIError) -> [Digest] {
        guard let rootfs else { return [] }
        let type = try rootfs.text(Name.type)
        guard type.isEmpty || type == Name.layers else {
            throw .malformedField(rootfs.path(of: Name.type), expected: "`layers`")
        }
        let diffIDs = try rootfs.digests(Name.diffIDs) ?? []
        guard diffIDs.count <= DocumentLimits.layers else {
            throw .tooMany(field: rootfs.path(of: Name.diffIDs), count: diffIDs.count, limit: DocumentLimits.layers)
        }
        return diffIDs
    }

    package var json: JSONObject {
        var object = JSONObject()
        object.set(Name.created, created)
        object.set(Name.author, author)
        object.append(platform.json)
        object[Name.config] = .object(config.json)
        object[Name.rootfs] = .object(rootfs)
        if !history.isEmpty { object[Name.history] = .array(history.map { .object($0.json) }) }
        object.append(unknown)
        return object
    }

    private var rootfs: JSONObject {
        var object = JSONObject()
        object[Name.type] = .string(Name.layers)
        object[Name.diffIDs] = .array(diffIDs.map { .string($0.description) })
        return object
    }

    private enum Name {
        static let created: ByteString = "created"
        static let author: ByteString = "author"
        static let config: ByteString = "config"
        static let rootfs: ByteString = "rootfs"
        static let history: ByteString = "history"
        static let all = [created, author, config, rootfs, history]
        static let type: ByteString = "type"
        static let layers: ByteString = "layers"
        static let diffIDs: ByteString = "diff_ids"
    }
}
