package import Bytes
package import OCI
package import Trees

/// One thing that a layer says; nothing of it was unpacked.
///
/// Paths are `a/b/c` from the root, without empty components, `.` and `..`: a listing holds many.
package enum LayerChange: Sendable {
    case entry(LayerEntry)
    /// What is below the layer at that path is hidden.
    case whiteout(ByteString)
    /// What is below the layer in that directory is hidden.
    case opaque(ByteString)
}

/// An entry of a layer's tar, with a name that was judged.
package struct LayerEntry: Sendable {
    package enum Kind: Sendable {
        /// The content's hash where it was asked for.
        case file(size: UInt64, ContentHash?)
        case directory
        case symlink(ByteString)
        case hardLink(ByteString)
        /// The number as makedev(3) writes it.
        case characterDevice(UInt64)
        case blockDevice(UInt64)
        case fifo
    }

    package var path: ByteString
    package var kind: Kind
    package var attributes: Attributes
}

/// What a layer says, all of it in the order of its tar, and how large it is.
package struct LayerListing: Sendable {
    package var changes: [LayerChange]
    /// Bytes of the plain tar.
    package var plainSize: Int64
}
