import Bytes
import LoopbackRegistry
import OCI
import Registry

/// A small image with layers of some bytes each.
struct TestImage: Sendable {
    let layers: [[UInt8]]
    let config: Document<ImageConfig>
    let manifest: Document<Manifest>

    init(layers: [[UInt8]] = [TestImage.bytes(100), TestImage.bytes(3000, seed: 7)], platform: Platform = .host) {
        self.layers = layers
        var content = ImageConfig(platform: platform)
        content.diffIDs = layers.map { Digest(of: $0) }
        config = Document(content)
        manifest = Document(
            Manifest(
                config: config.descriptor,
                layers: layers.map {
                    Descriptor(mediaType: .ociLayer, digest: Digest(of: $0), size: Int64($0.count))
                }
            )
        )
    }

    /// Bytes without a short period.
    static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    /// Puts the image into a registry.
    func put(into registry: LoopbackRegistry, _ repository: String, tag: String? = "latest") {
        for blob in layers + [config.bytes] { registry.put(blob, in: repository) }
        registry.put(manifest: manifest.bytes, type: manifest.content.mediaType.text, in: repository, tag: tag)
    }

    /// The image to push, all of it in memory.
    var pushed: PushedImage { pushed(origins: []) }

    func pushed(origins: [String]) -> PushedImage {
        let blobs = zip(manifest.content.layers, layers).map { descriptor, bytes in
            PushedBlob(descriptor: descriptor, origins: origins, content: .bytes(bytes))
        }
        return PushedImage(
            blobs: blobs + [PushedBlob(descriptor: config.descriptor, content: .bytes(config.bytes))],
            top: PushedImage.Manifest(descriptor: manifest.descriptor, bytes: manifest.bytes)
        )
    }
}
