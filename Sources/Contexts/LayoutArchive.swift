internal import Bytes
internal import Layers
internal import OCI

/// An OCI image layout as a tar (OCI image-spec 1.1, "Image Layout").
///
/// Docker writes manifest.json beside it; what that says of names is added, its layers are not looked at.
struct LayoutArchive: ImageBlobs {
    private let reader: ArchiveReader

    var path: ByteString { reader.path }

    init(_ reader: ArchiveReader) { self.reader = reader }

    func images() throws(ContextsError) -> [ArchivedImage] {
        guard let bytes = try reader.bytes(of: ImageLayout.indexFile) else {
            throw .notAnImageArchive(path, reason: "it has no file index.json")
        }
        let index: Index
        do throws(OCIError) { index = try Document<Index>(bytes: bytes).content } catch {
            throw .malformedDocument(ImageLayout.indexFile.text, layout: path, error)
        }
        var images = ArchivedImage.list(index.manifests.filter { !$0.isAttestation }, self)
        guard let docker = try reader.bytes(of: DockerArchive.file) else { return images }
        for entry in try DockerArchive.entries(docker, reader) {
            let known = images.flatMap(\.names)
            let names = entry.names.filter { !known.contains($0) }
            guard !names.isEmpty, let position = position(of: entry.config, in: images) else { continue }
            images[position].names += names
        }
        return images
    }

    /// The image, or the index with the image, whose config is the file of that name.
    private func position(of config: ByteString, in images: [ArchivedImage]) -> Int? {
        images.firstIndex { image in
            switch try? image.document() {
            case nil: return false
            case .manifest(let manifest): return ImageLayout.path(of: manifest.content.config.digest) == config
            case .index(let index):
                return index.content.manifests.contains { entry in
                    guard case .manifest(let manifest)? = try? image.document(entry) else { return false }
                    return ImageLayout.path(of: manifest.content.config.digest) == config
                }
            }
        }
    }

    func blob(_ digest: Digest) throws(ContextsError) -> BlobRange {
        do throws(LayersError) {
            if let range = try reader.tar.find(ImageLayout.path(of: digest)) { return range }
        } catch { throw .malformedArchive(path, error) }
        throw .missingBlob(digest, layout: path)
    }
}
