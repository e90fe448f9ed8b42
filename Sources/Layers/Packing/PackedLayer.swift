package import OCI

/// A layer's tar that was written: what a manifest and a config say of it (OCI image-spec, Image Layer, Image Config).
package struct PackedLayer: Sendable, Hashable {
    /// The digest of the plain tar.
    package var diffID: Digest
    /// The digest of the bytes that were written.
    package var digest: Digest
    /// Bytes that were written.
    package var size: Int64
    /// Bytes of the plain tar.
    package var plainSize: Int64
    /// Of the OCI family.
    package var mediaType: MediaType
}
