internal import Bytes
internal import OCI

/// What makes a layout an archive that `docker load` of any age reads: the file `manifest.json`, which tells each image's
/// config, names and layers by their paths (moby, "image/tarexport"; Docker from version 25 on writes the same pair).
enum DockerArchive {
    static let manifestFile: ByteString = "manifest.json"

    /// The file for some images, in their order.
    ///
    /// Names are Docker's familiar ones (`busybox:latest`); a name that is a digest only has no place there.
    static func manifest(of images: [LayoutImage]) -> [UInt8] {
        let entries = images.map { image in
            let tags = image.names.filter { $0.tag != nil }.map(\.familiarTag)
            return JSONValue.object(
                JSONObject(uniqueMembers: [
                    .init(name: "Config", value: .string(ImageLayout.path(of: image.configDigest).text)),
                    // Of an image without a name Docker writes null.
                    .init(name: "RepoTags", value: tags.isEmpty ? .null : .array(tags.map { .string($0) })),
                    .init(
                        name: "Layers",
                        value: .array(
                            image.layers.map { .string(ImageLayout.path(of: $0.descriptor.digest).text) }
                        )
                    ),
                ])
            )
        }
        return JSONValue.array(entries).compact
    }
}

extension Reference {
    /// Repository and tag as people write them, without a digest.
    fileprivate var familiarTag: String {
        let text = familiar
        return text.firstIndex(of: "@").map { String(text[..<$0]) } ?? text
    }
}
