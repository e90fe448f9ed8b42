package import Bytes
package import OCI

/// What there is to do for one image: vertices in an order in which inputs come first, and the image at the end.
package struct BuildGraph: Sendable {
    package var vertices: [Vertex]
    package var image: ImagePlan

    package init(vertices: [Vertex], image: ImagePlan) {
        self.vertices = vertices
        self.image = image
    }

    package subscript(id: VertexID) -> Vertex { vertices[id.index] }
}

/// How the image is put together from the vertices' results.
package struct ImagePlan: Sendable {
    /// The vertices whose deltas are the image's layers, in order; the first is its base (an image or scratch).
    package var chain: [VertexID]
    /// The config without `rootfs`; its history has an entry for every instruction, those of the base first.
    package var config: ImageConfig

    package init(chain: [VertexID], config: ImageConfig) {
        self.chain = chain
        self.config = config
    }
}

/// A base image whose manifest has been resolved and read; its layers have not.
package struct BaseImage: Sendable, Hashable {
    /// The name as the Dockerfile has it, for people.
    package var name: ByteString
    /// The digest of the platform's manifest: what pins the image.
    package var manifestDigest: Digest
    package var layers: [Descriptor]
    package var config: ImageConfig

    package init(name: ByteString, manifestDigest: Digest, layers: [Descriptor], config: ImageConfig) {
        self.name = name
        self.manifestDigest = manifestDigest
        self.layers = layers
        self.config = config
    }
}

/// Finds what FROM and `--from` name outside the Dockerfile.
///
/// Lowering needs it for configs, ONBUILD and platforms.
package protocol BaseImageSource: Sendable {
    /// What a name means: a named context first, then an image of the store.
    ///
    /// - Throws: an error with a message and a remedy when there is no such image.
    func find(_ name: ByteString, platform: Platform) async throws -> NamedInput
}

/// What a name outside the Dockerfile means.
package enum NamedInput: Sendable {
    case image(BaseImage)
    case local(LocalSource)
    case scratch
    /// Nothing is known of it, as it was not to be looked up: only mistakes can be looked for above it.
    case unknown
}
