package import OCI

/// One image as a registry has it: its documents, read and verified; its layers stay where they are.
package struct RemoteImage: Sendable {
    /// The name that was asked for.
    package let reference: Reference
    /// Where the image was found, which is where its blobs are fetched from.
    package let location: RepositoryLocation
    /// What the name stands for, an index or the manifest itself, with the digest that users see.
    package let top: OCI.Descriptor
    /// The bytes of ``top``.
    package let topBytes: [UInt8]
    /// The image for the platform.
    package let manifest: Document<Manifest>
    /// The config of ``manifest``.
    package let config: Document<ImageConfig>
}
