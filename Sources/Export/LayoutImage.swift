package import Bytes
package import Linux
package import OCI

/// An image as files hold it: its documents, where its layers' bytes are, and its names.
package struct LayoutImage: Sendable {
    /// A layer's blob, as the manifest names it.
    package struct Layer: Sendable {
        package let descriptor: OCI.Descriptor
        package let open: @Sendable () throws -> Linux.Descriptor
    }

    package let manifest: Document<Manifest>
    /// The config's bytes: those that the manifest names.
    package let config: [UInt8]
    package let layers: [Layer]
    /// Names under which it will be found; none leaves it to its digest.
    package let names: [Reference]
    /// Annotations of the image's entries in the index, besides its names.
    package var entryAnnotations: [ByteString: ByteString] = [:]

    /// An image that was just built.
    package init(_ image: ImageDocuments, names: [Reference]) {
        manifest = image.manifest
        config = image.config.bytes
        layers = image.layers.map { Layer(descriptor: $0.descriptor, open: $0.open) }
        self.names = names
    }

    /// An image whose blobs are somewhere, such as in the store.
    ///
    /// `open`: gives a layer's blob from its start; called once for each that is written, and what it gives is compared
    /// with the descriptor.
    package init(
        manifest: Document<Manifest>,
        config: [UInt8],
        names: [Reference],
        open: @escaping @Sendable (OCI.Descriptor) throws -> Linux.Descriptor
    ) {
        self.manifest = manifest
        self.config = config
        self.names = names
        layers = manifest.content.layers.map { layer in Layer(descriptor: layer) { try open(layer) } }
    }

    var configDigest: Digest { manifest.content.config.digest }

    /// The entries of a layout's index that lead to it.
    var entries: [OCI.Descriptor] {
        var entry = manifest.descriptor
        entry.annotations = entryAnnotations
        guard !names.isEmpty else { return [entry] }
        return names.map { name in
            var named = entry
            named.annotations[Annotation.imageName] = ByteString(name.description)
            named.annotations[Annotation.refName] = ByteString(name.tag ?? "latest")
            return named
        }
    }
}
