internal import CDeflate
internal import CZstd
package import Bytes
package import OCI

/// How a layer's tar is packed when it is written.
package enum LayerCompression: Sendable, Hashable {
    case uncompressed
    /// Level 0…9; those of libdeflate, which packs better than zlib at the same number.
    case gzip(level: Int)
    /// Level 1…22 of libzstd.
    case zstd(level: Int)

    /// The fastest level whose size stays within 3 % of zlib's level 6 (Docs/Performance.md).
    package static let gzip = LayerCompression.gzip(level: 3)
    /// The library's own usual level, and BuildKit's.
    package static let zstd = LayerCompression.zstd(level: 3)

    /// The level nearest to the one that is asked for; nil is the usual one.
    ///
    /// A plain tar has none.
    package init(_ compression: MediaType.Compression, level: Int? = nil) {
        switch compression {
        case .uncompressed: self = .uncompressed
        case .gzip: self = level.map { .gzip(level: min(max($0, 0), 9)) } ?? .gzip
        case .zstd: self = level.map { .zstd(level: min(max($0, 1), 22)) } ?? .zstd
        }
    }

    package var kind: MediaType.Compression {
        switch self {
        case .uncompressed: .uncompressed
        case .gzip: .gzip
        case .zstd: .zstd
        }
    }

    /// The media type of a layer packed so.
    package var mediaType: MediaType { .ociLayer(kind) }

    /// What the packed bytes depend on beside the plain ones, for the key of what was packed before: the form of our tar
    /// and of its members, the library, its version and the level.
    package var keyText: ByteString { "tar.1" + packingText }

    /// The same for a tar of others, which is packed as it is.
    package var repackingText: ByteString { "repacked.1" + packingText }

    private var packingText: ByteString {
        switch self {
        case .uncompressed: ""
        case .gzip(let level): ByteString("/members.1/libdeflate-\(LIBDEFLATE_VERSION_STRING)/\(level)")
        case .zstd(let level): ByteString("/frames.1/libzstd-\(ZSTD_versionNumber())/\(level)")
        }
    }
}
