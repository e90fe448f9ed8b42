public import Bytes

/// What some content is (OCI image-spec 1.1, "Media Types"; grammar of RFC 6838 §4.2).
///
/// Unknown types are kept as they are; what they allow is asked by property, never by comparing text.
public struct MediaType: Hashable, Sendable {
    /// The type as documents hold it.
    public let text: String

    private init(known text: String) { self.text = text }

    /// - Throws: `OCIError.malformedMediaType` for what is not `type/subtype`; parameters are not accepted.
    public init(_ text: some StringProtocol) throws(OCIError) { try self.init(ByteString(Array(text.utf8))) }

    /// - Throws: `OCIError.malformedMediaType` for what is not `type/subtype`; parameters are not accepted.
    public init(_ text: ByteString) throws(OCIError) {
        let parts = text.split(separator: UInt8(ascii: "/"))
        guard parts.count == 2, parts.allSatisfy(Self.isRestrictedName) else { throw .malformedMediaType(text) }
        self.text = text.text
    }

    /// The type in a `Content-Type` header: parameters are dropped, letters lowered (RFC 9110 §8.3.1).
    ///
    /// - Throws: `OCIError.malformedMediaType` for what does not start with `type/subtype`.
    package init(header: ByteString) throws(OCIError) {
        let essence = header.split(separator: UInt8(ascii: ";"))[0]
        let lowered = essence.text.lowercased().filter { $0 != " " && $0 != "\t" }
        do { try self.init(lowered) } catch { throw .malformedMediaType(header) }
    }

    private static func isRestrictedName(_ name: ByteString) -> Bool {
        (1...127).contains(name.count)
            && name.bytes.allSatisfy { ASCII.isAlphanumeric($0) || "!#$&-^_.+".utf8.contains($0) }
    }
}

extension MediaType {
    /// A list of manifests.
    public static let ociIndex = MediaType(known: "application/vnd.oci.image.index.v1+json")
    /// One image.
    public static let ociManifest = MediaType(known: "application/vnd.oci.image.manifest.v1+json")
    /// An image's config.
    public static let ociConfig = MediaType(known: "application/vnd.oci.image.config.v1+json")
    /// A layer as a plain tar.
    public static let ociLayer = MediaType(known: "application/vnd.oci.image.layer.v1.tar")
    /// A layer as a tar packed with gzip.
    public static let ociLayerGzip = MediaType(known: "application/vnd.oci.image.layer.v1.tar+gzip")
    /// A layer as a tar packed with zstd.
    public static let ociLayerZstd = MediaType(known: "application/vnd.oci.image.layer.v1.tar+zstd")
    /// The descriptor's type where an artifact has no config.
    public static let ociEmpty = MediaType(known: "application/vnd.oci.empty.v1+json")

    /// Docker's list of manifests.
    public static let dockerIndex = MediaType(known: "application/vnd.docker.distribution.manifest.list.v2+json")
    /// One image, by Docker's second schema.
    public static let dockerManifest = MediaType(known: "application/vnd.docker.distribution.manifest.v2+json")
    /// An image's config, by Docker.
    public static let dockerConfig = MediaType(known: "application/vnd.docker.container.image.v1+json")
    /// Docker's layer as a plain tar.
    public static let dockerLayer = MediaType(known: "application/vnd.docker.image.rootfs.diff.tar")
    /// Docker's layer as a tar packed with gzip.
    public static let dockerLayerGzip = MediaType(known: "application/vnd.docker.image.rootfs.diff.tar.gzip")
    /// Docker's layer as a tar packed with zstd.
    public static let dockerLayerZstd = MediaType(known: "application/vnd.docker.image.rootfs.diff.tar.zstd")
    /// A layer that may not be pushed everywhere.
    public static let dockerForeignLayerGzip = MediaType(
        known: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    )

    /// Statements of in-toto: what attestation manifests have as layers.
    public static let inToto = MediaType(known: "application/vnd.in-toto+json")
    /// Bytes of which nothing is said.
    public static let octetStream = MediaType(known: "application/octet-stream")
    /// JSON of which nothing more is said.
    public static let json = MediaType(known: "application/json")
}

extension MediaType {
    /// How a layer's tar is packed.
    public enum Compression: Hashable, Sendable, CaseIterable {
        case uncompressed
        case gzip
        case zstd
    }

    /// Whether content of the type lists manifests.
    public var isIndex: Bool { self == .ociIndex || self == .dockerIndex }

    /// Whether content of the type is one image's manifest.
    public var isManifest: Bool { self == .ociManifest || self == .dockerManifest }

    /// Whether content of the type is an image's config.
    public var isConfig: Bool { self == .ociConfig || self == .dockerConfig }

    /// Whether content of the type is a tar of file system changes, in a packing that is known.
    public var isLayer: Bool { compression != nil }

    /// Whether a registry may lack the layer because of its licence; its descriptor then says where else it is.
    public var isForeignLayer: Bool {
        isLayer && (text.hasPrefix(Self.ociForeignPrefix) || text.hasPrefix(Self.dockerForeignPrefix))
    }

    /// Whether the type is one of Docker's own, older family.
    public var isDocker: Bool { text.hasPrefix("application/vnd.docker.") }

    /// How a layer of the type is packed; nil for what is no layer, or packed in a way that is not known.
    public var compression: Compression? {
        let prefixes = ["application/vnd.oci.image.layer.v1.tar", Self.ociForeignPrefix, Self.dockerLayer.text]
        guard let prefix = (prefixes + [Self.dockerForeignPrefix]).first(where: text.hasPrefix) else { return nil }
        switch text.dropFirst(prefix.count) {
        case "": return .uncompressed
        case "+gzip", ".gzip": return .gzip
        case "+zstd", ".zstd": return .zstd
        default: return nil
        }
    }

    /// The type of a layer in the family of OCI.
    public static func ociLayer(_ compression: Compression) -> MediaType {
        switch compression {
        case .uncompressed: .ociLayer
        case .gzip: .ociLayerGzip
        case .zstd: .ociLayerZstd
        }
    }

    /// The type of a layer in Docker's family.
    public static func dockerLayer(_ compression: Compression) -> MediaType {
        switch compression {
        case .uncompressed: .dockerLayer
        case .gzip: .dockerLayerGzip
        case .zstd: .dockerLayerZstd
        }
    }

    private static let ociForeignPrefix = "application/vnd.oci.image.layer.nondistributable.v1.tar"
    private static let dockerForeignPrefix = "application/vnd.docker.image.rootfs.foreign.diff.tar"
}

extension MediaType: CustomStringConvertible {
    /// The type as documents hold it.
    public var description: String { text }
}
