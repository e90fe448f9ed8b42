package import OCI

/// One image for one platform, as it was found by a name or a digest: its documents, checked against each other.
package struct ResolvedImage: Sendable {
    package let manifest: Document<Manifest>
    package let config: Document<ImageConfig>

    package init(manifest: Document<Manifest>, config: Document<ImageConfig>) {
        self.manifest = manifest
        self.config = config
    }
}
