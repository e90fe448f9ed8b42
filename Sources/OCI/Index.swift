package import Bytes

/// Images for several platforms under one name, or the entry point of a layout (OCI image-spec 1.1, "Image Index";
/// Docker's manifest list has the same members).
package struct Index: Hashable, Sendable {
    package var mediaType: MediaType
    /// What the index is, where it is not of images.
    package var artifactType: MediaType?
    package var manifests: [Descriptor]
    /// The manifest that this index tells something of.
    package var subject: Descriptor?
    package var annotations: [ByteString: ByteString]
    /// Members that are not known here, which a rewrite keeps.
    package var unknown = JSONObject()

    package init(
        mediaType: MediaType = .ociIndex,
        artifactType: MediaType? = nil,
        manifests: [Descriptor],
        subject: Descriptor? = nil,
        annotations: [ByteString: ByteString] = [:]
    ) {
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.manifests = manifests
        self.subject = subject
        self.annotations = annotations
    }

    /// The entries that suit a platform, best first; among equals the order of the index.
    ///
    /// Entries that name no platform come last: only their config says what they are for. Attestations are left out.
    package func candidates(for platform: Platform) -> [Descriptor] {
        var ranked: [(rank: Int, descriptor: Descriptor)] = []
        for descriptor in manifests where !descriptor.isAttestation {
            if let candidate = descriptor.platform {
                if let rank = platform.preference(for: candidate) { ranked.append((rank, descriptor)) }
            } else {
                ranked.append((.max, descriptor))
            }
        }
        // `sort` is stable in effect but not by contract, so the place decides between equals.
        let sorted = ranked.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
        return sorted.map(\.element.descriptor)
    }
}

extension Descriptor {
    /// Whether the entry is BuildKit's attestation of another entry, not an image.
    package var isAttestation: Bool { annotations[Annotation.referenceType] == "attestation-manifest" }
}

extension Index: DocumentContent {
    package init(_ object: JSONObject, declared: MediaType?) throws(OCIError) {
        let fields = JSONFields(object)
        mediaType = try fields.documentType(declared, default: .ociIndex, \.isIndex, without: ["config", "layers"])
        artifactType = try fields.mediaType(Name.artifactType)
        manifests = try fields.descriptors(Name.manifests, limit: DocumentLimits.manifests)
        subject = try fields.descriptor(Name.subject)
        annotations = try fields.textMap(Name.annotations)
        unknown = fields.rest(after: Name.all)
    }

    package var json: JSONObject {
        var object = JSONObject()
        object[Name.schemaVersion] = 2
        object.set(Name.mediaType, mediaType)
        object.set(Name.artifactType, artifactType)
        object[Name.manifests] = .array(manifests.map { .object($0.json) })
        if let subject { object[Name.subject] = .object(subject.json) }
        object.set(Name.annotations, annotations)
        object.append(unknown)
        return object
    }

    private enum Name {
        static let schemaVersion: ByteString = "schemaVersion"
        static let mediaType: ByteString = "mediaType"
        static let artifactType: ByteString = "artifactType"
        static let manifests: ByteString = "manifests"
        static let subject: ByteString = "subject"
        static let annotations: ByteString = "annotations"
        static let all = [schemaVersion, mediaType, artifactType, manifests, subject, annotations]
    }
}
