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
        let known = Set(images.flatMap(\.names))
        let positions = positions(in: images)
        for entry in try DockerArchive.entries(docker, reader) {
            guard let position = positions[entry.config] else { continue }
            images[position].names += entry.names.filter { !known.contains($0) }
        }
        return images
    }

    /// For the file names of configs, which image, or index with the image, they belong to.
    ///
    /// Each document is read once, however often it is listed.
    private func positions(in images: [ArchivedImage]) -> [ByteString: Int] {
        var positions: [ByteString: Int] = [:]
        var seen: Set<Digest> = []
        for (position, image) in images.enumerated() {
            func take(_ descriptor: OCI.Descriptor, isTop: Bool) {
                guard seen.insert(descriptor.digest).inserted else { return }
                switch try? image.document(descriptor) {
                case nil: break
                case .manifest(let manifest):
                    let path = ImageLayout.path(of: manifest.content.config.digest)
                    if positions[path] == nil { positions[path] = position }
                case .index(let index):
                    if isTop { for entry in index.content.manifests { take(entry, isTop: false) } }
                }
            }
            take(image.target, isTop: true)
        }
        return positions
    }

    func blob(_ digest: Digest) throws(ContextsError) -> BlobRange {
        do throws(LayersError) {
            if let range = try reader.tar.find(ImageLayout.path(of: digest)) { return range }
        } catch { throw .malformedArchive(path, error) }
        throw .missingBlob(digest, layout: path)
    }
}
