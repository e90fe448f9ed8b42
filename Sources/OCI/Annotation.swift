package import Bytes

/// Names of annotations (OCI image-spec 1.1, "Annotations") and those of other engines that readers look for.
package enum Annotation {
    package static let created: ByteString = "org.opencontainers.image.created"
    /// The tag of an entry of a layout's index.
    package static let refName: ByteString = "org.opencontainers.image.ref.name"
    package static let baseName: ByteString = "org.opencontainers.image.base.name"
    package static let baseDigest: ByteString = "org.opencontainers.image.base.digest"
    /// The whole name of an entry of a layout's index, which containerd and Docker import it by.
    package static let imageName: ByteString = "io.containerd.image.name"
    /// What an entry of an index is to another entry; BuildKit's attestations have `attestation-manifest`.
    package static let referenceType: ByteString = "vnd.docker.reference.type"
    /// The digest of that other entry.
    package static let referenceDigest: ByteString = "vnd.docker.reference.digest"
}

/// The files of an image layout beside its blobs (OCI image-spec 1.1, "Image Layout").
package enum ImageLayout {
    package static let versionFile: ByteString = "oci-layout"
    /// What the version file holds.
    package static let versionContent = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
    package static let indexFile: ByteString = "index.json"
    package static let blobsDirectory: ByteString = "blobs"

    /// Where a blob is in the layout.
    package static func path(of digest: Digest) -> ByteString {
        blobsDirectory + ByteString("/\(digest.algorithm.rawValue)/\(digest.hex)")
    }
}
