internal import Bytes
internal import Linux

/// How overlayfs says in an upper directory what is deleted and what hides the layers below (kernel documentation,
/// filesystems/overlayfs, "whiteouts and opaque directories").
enum OverlayMark {
    /// The prefix of overlay's attributes for mounts of root.
    static let trusted: ByteString = "trusted.overlay."
    static let opaque: ByteString = "opaque"
    static let whiteout: ByteString = "whiteout"
    /// What redirected or metadata-only entries have; both are mounted off.
    static let refused: [ByteString] = ["redirect", "metacopy"]
    /// The value of `opaque`.
    ///
    /// The value `x` marks a directory that has whiteouts in the form of an attribute instead.
    static let yes: ByteString = "y"

    /// Whether a file is a whiteout in the form of a device.
    static func isWhiteout(_ status: FileStatus) -> Bool {
        status.kind == .characterDevice && status.specialDevice == 0
    }

    /// Whether a name is one that layers give a meaning to (OCI image-spec, Layer, Whiteouts).
    static func isReserved(_ name: ByteString) -> Bool { name.hasPrefix(".wh.") }
}
