package import Bytes

/// One image: its config and its layers, lowest first (OCI image-spec 1.1, "Image Manifest"; Docker's "schema 2" has
/// the same members).
package struct Manifest: Hashable, Sendable {
    package var mediaType: MediaType
    /// What the manifest is, where it is not an image.
    package var artifactType: MediaType?
    package var config: Descriptor
    package var layers: [Descriptor]
    /// The manifest that this one tells something of, such as a signature or an attestation.
    package var subject: Descriptor?
    package var annotations: [ByteString: ByteString]
    /// Members that are not known here, which a rewrite keeps.
    package var unknown = JSONObject()

    package init(
        mediaType: MediaType = .ociManifest,
        artifactType: MediaType? = nil,
        config: Descriptor,
        layers: [Descriptor],
        subject: Descriptor? = nil,
        annotations: [ByteString: ByteString] = [:]
    ) {
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }

    /// Checks that the manifest's layers are those that its config names.
    ///
    /// - Throws: `OCIError.layersDoNotMatchConfig` for another number of them.
    package func check(_ config: ImageConfig) throws(OCIError) {
        guard layers.count == config.diffIDs.count else {
            throw .layersDoNotMatchConfig(layers: layers.count, diffIDs: config.diffIDs.count)
        }
    }
}

extension Manifest: DocumentContent {
    package init(_ object: JSONObject, declared: MediaType?) throws(OCIError) {
        let fields = JSONFields(object)
        mediaType = try fields.documentType(declared, default: .ociManifest, \.isManifest, without: ["manifests"])
        artifactType = try fields.mediaType(Name.artifactType)
        config = try fields.require(Name.config, fields.descriptor(Name.config))
        layers = try fields.descriptors(Name.layers, limit: DocumentLimits.layers)
        subject = try fields.descriptor(Name.subject)
        annotations = try fields.textMap(Name.annotations)
        unknown = fields.rest(after: Name.all)
    }

    package var json: JSONObject {
        var object = JSONObject()
        object[Name.schemaVersion] = 2
        object.set(Name.mediaType, mediaType)
        object.set(Name.artifactType, artifactType)
        object[Name.config] = .object(config.json)
        object[Name.layers] = .array(layers.map { .object($0.json) })
        if let subject { object[Name.subject] = .object(subject.json) }
        object.set(Name.annotations, annotations)
        object.append(unknown)
        return object
    }

    private enum Name {
        static let schemaVersion: ByteString = "schemaVersion"
        static let mediaType: ByteString = "mediaType"
        static let artifactType: ByteString = "artifactType"
        static let config: ByteString = "config"
        static let layers: ByteString = "layers"
        static let subject: ByteString = "subject"
        static let annotations: ByteString = "annotations"
        static let all = [schemaVersion, mediaType, artifactType, config, layers, subject, annotations]
    }
}

extension JSONFields {
    /// Makes sure that the document is of one kind to every reader, and gives its type.
    ///
    /// What a descriptor or a header `declared` must not contradict the document's own text; `foreign` names, in lower
    /// case, the members that only the other kind has, since some readers ignore case.
    /// - Throws: `OCIError.oldManifestSchema`, `.ambiguousDocument` or `.wrongMediaType`.
    func documentType(
        _ declared: MediaType?,
        default standard: MediaType,
        _ isRight: (MediaType) -> Bool,
        without foreign: [String]
    ) throws(OCIError) -> MediaType {
        let version = try integer("schemaVersion") ?? 2
        if version == 1 { throw .oldManifestSchema }
        guard version == 2 else { throw .malformedField(path(of: "schemaVersion"), expected: "2") }
        for member in object.members {
            let name = member.name.lowercased.text
            if name == "fslayers" { throw .oldManifestSchema }
            if foreign.contains(name) { throw .ambiguousDocument(field: member.name.text) }
        }
        let own = try mediaType("mediaType")
        if let own, let declared, own != declared { throw .wrongMediaType(expected: declared, found: own) }
        let type = own ?? declared ?? standard
        guard isRight(type) else { throw .wrongMediaType(expected: standard, found: type) }
        return type
    }
}
