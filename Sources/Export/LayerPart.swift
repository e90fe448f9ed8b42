package import Linux
package import OCI
package import Store
package import Trees

/// One layer of an image that is to be exported.
package enum LayerPart: Sendable {
    /// A layer of the base image, passed on as it is.
    case base(OCI.Descriptor, diffID: Digest, open: @Sendable () throws -> Linux.Descriptor)
    /// A delta of this engine, packed already or by ``LayerBlobs``.
    case delta(StoredDelta, unpacked: @Sendable () throws -> UnpackedDelta)
}

/// A delta in its unpacked form: the upper directory, and what changed; no directory where nothing did.
package struct UnpackedDelta: Sendable {
    package var upper: Directory?
    package var delta: Delta

    package init(upper: Directory?, delta: Delta) {
        self.upper = upper
        self.delta = delta
    }
}

/// A layer as a manifest names it, with where its bytes are.
package struct ReadyLayer: Sendable {
    package var descriptor: OCI.Descriptor
    package var diffID: Digest
    package var open: @Sendable () throws -> Linux.Descriptor
}
