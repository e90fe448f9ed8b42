package import Linux
package import OCI

/// An image, or an index of images, that a registry shall get.
package struct PushedImage: Sendable {
    /// A manifest or an index with its bytes.
    package struct Manifest: Sendable {
        package let descriptor: OCI.Descriptor
        package let bytes: [UInt8]

        package init(descriptor: OCI.Descriptor, bytes: [UInt8]) {
            self.descriptor = descriptor
            self.bytes = bytes
        }
    }

    /// Configs and layers; of several with one digest the first counts.
    package var blobs: [PushedBlob]
    /// Manifests below an index, in the order in which they are sent; none for a single image.
    package var manifests: [Manifest]
    /// What the name shall stand for.
    package var top: Manifest

    package init(blobs: [PushedBlob], manifests: [Manifest] = [], top: Manifest) {
        self.blobs = blobs
        self.manifests = manifests
        self.top = top
    }
}

/// A config or a layer that a registry shall get.
package struct PushedBlob: Sendable {
    /// Where the bytes are.
    package enum Content: Sendable {
        /// In a file, which is opened again for each try and read from its first byte by offset.
        case file(@Sendable () throws -> Linux.Descriptor)
        /// In memory.
        case bytes([UInt8])
        /// In a registry: mounted if it is the same, else streamed from one to the other and never stored here.
        case remote(RepositoryLocation)
    }

    package let descriptor: OCI.Descriptor
    /// Repositories that are known to have the blob, such as `ghcr.io/team/base`: one on the same registry can lend
    /// it without an upload.
    package let origins: [String]
    package let content: Content

    package init(descriptor: OCI.Descriptor, origins: [String] = [], content: Content) {
        self.descriptor = descriptor
        self.origins = origins
        self.content = content
    }
}

/// What a push did.
package struct PushReport: Hashable, Sendable {
    /// The digest by which the image can be pulled.
    package let digest: Digest
    /// Blobs that were sent, with their bytes in all.
    package var uploaded: Int = 0
    package var uploadedBytes: Int64 = 0
    /// Blobs that the registry took over from another of its repositories.
    package var mounted: Int = 0
    /// Blobs that were there.
    package var alreadyThere: Int = 0
}
