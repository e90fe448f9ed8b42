internal import CDeflate
package import Bytes
package import OCI

/// How a layer's tar is packed when it is written.
package enum LayerCompression: Sendable, Hashable {
    case uncompressed
    /// Level 1…12 of libdeflate.
    case gzip(level: Int)

    /// The fastest level whose size stays within 3 % of zlib's level 6 (Docs/Performance.md).
    package static let gzip = LayerCompression.gzip(level: 3)

    /// - Throws: `LayersError.unsupportedCompression`.
    package init(_ compression: MediaType.Compression) throws(LayersError) {
        switch compression {
        case .uncompressed: self = .uncompressed
        case .gzip: self = .gzip
        case .zstd: throw .unsupportedCompression(compression)
        }
    }

    /// The media type of a layer packed so.
    package var mediaType: MediaType {
        switch self {
        case .uncompressed: .ociLayer
        case .gzip: .ociLayerGzip
        }
    }

    /// What the packed bytes depend on beside the plain ones, for the key of what was packed before: the form of our tar
    /// and of its members, the library, its version and the level.
    package var keyText: ByteString {
        switch self {
        case .uncompressed: "tar.1"
        case .gzip(let level): ByteString("tar.1/members.1/libdeflate-\(LIBDEFLATE_VERSION_STRING)/\(level)")
        }
    }
}
