internal import Bytes
internal import Contexts
internal import Graph
internal import OCI

/// What is known of the names outside of a Dockerfile without a store or a registry: what named contexts say.
struct KnownInputs: BaseImageSource {
    private let contexts: [ByteString: BuildRequest.NamedContext]

    init(_ contexts: [ByteString: BuildRequest.NamedContext]) { self.contexts = contexts }

    /// What a name means; a layout that cannot be read counts as not known, which is for a build to tell.
    func find(_ name: ByteString, platform: Platform) -> NamedInput {
        guard let (key, context) = context(of: name) else { return .unknown }
        switch context {
        case .folder: return .local(LocalSource(name: key))
        case .image("scratch"): return .scratch
        case .image: return .unknown
        case .layout(let folder, let tag, let digest):
            let image = try? LayoutContext(path: folder).resolve(tag: tag, digest: digest, platform: platform)
            guard let image else { return .unknown }
            return .image(
                BaseImage(
                    name: name,
                    manifestDigest: image.manifest.digest,
                    layers: image.manifest.content.layers,
                    config: image.config.content
                )
            )
        }
    }

    /// The config of an image for a platform; nil where it is not known.
    func config(of name: ByteString, for platform: Platform) -> ImageConfig? {
        if case .image(let image) = find(name, platform: platform) { image.config } else { nil }
    }

    /// By the same rule as in a build: as it is written, else as the name of one image.
    private func context(of name: ByteString) -> (key: ByteString, context: BuildRequest.NamedContext)? {
        if let known = contexts[name.lowercased] { return (name.lowercased, known) }
        guard let reference = try? Reference(name) else { return nil }
        return contexts.first { (try? Reference($0.key)) == reference }.map { ($0.key, $0.value) }
    }
}
