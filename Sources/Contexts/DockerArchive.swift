internal import Bytes
internal import Layers
internal import Linux
internal import OCI

/// A docker archive with manifest.json (Docker's image specification 1.2, "Combined Image JSON + Filesystem Changeset
/// Format"), as `docker save`, podman and skopeo write them.
///
/// It has no manifests: they are made here. A config's digest is that of its bytes. A plain layer's digest is the diffID
/// that the config names, which whoever reads the layer checks; only packed layers are hashed to know theirs.
struct DockerArchive {
    static let file: ByteString = "manifest.json"
    /// Layers of all images together.
    private static let layerLimit = 1 << 16

    /// What manifest.json says of one image.
    struct Entry {
        /// The file names of the config and of the layers, lowest first.
        var config: ByteString
        var layers: [ByteString]
        var names: [Reference]
    }

    private let reader: ArchiveReader
    private var blobs: MadeBlobs
    /// What is known of layers by where they start: images share them.
    private var layers: [Int64: Layer] = [:]

    private struct Layer {
        var range: BlobRange
        var packing: Packing?
        /// Of the packed bytes, once they were read.
        var digest: Digest?
    }

    init(_ reader: ArchiveReader) {
        self.reader = reader
        blobs = MadeBlobs(path: reader.path, folder: reader.spool)
    }

    /// - Throws: `ContextsError`, `CancellationError`.
    func images(_ document: [UInt8]) throws -> [ArchivedImage] {
        let entries = try DockerArchive.entries(document, reader)
        guard !entries.isEmpty else {
            throw ContextsError.notAnImageArchive(reader.path, reason: "its manifest.json lists no image")
        }
        var archive = self
        var images: [(names: [Reference], target: OCI.Descriptor)] = []
        var positions: [Digest: Int] = [:]
        var known: [Digest: Set<Reference>] = [:]
        for entry in entries {
            let target = try archive.make(entry)
            let position = positions[target.digest] ?? images.count
            if position == images.count {
                positions[target.digest] = position
                images.append(([], target))
            }
            for name in entry.names where known[target.digest, default: []].insert(name).inserted {
                images[position].names.append(name)
            }
        }
        return images.map { ArchivedImage(names: $0.names, tags: [], target: $0.target, blobs: archive.blobs) }
    }

    /// What manifest.json lists.
    ///
    /// - Throws: `malformedDocument`.
    static func entries(_ document: [UInt8], _ reader: ArchiveReader) throws(ContextsError) -> [Entry] {
        let value = try reader.json(document, file)
        do throws(OCIError) {
            guard let list = value.array else {
                throw OCIError.malformedField("document", expected: "an array")
            }
            guard list.count <= DocumentLimits.manifests else {
                throw OCIError.tooMany(field: "document", count: list.count, limit: DocumentLimits.manifests)
            }
            var entries: [Entry] = []
            var layers = 0
            for (index, value) in list.enumerated() {
                let entry = try Entry(value, index)
                layers += entry.layers.count
                // Each becomes a part of a manifest that is made, whatever it leads to.
                guard layers <= layerLimit else {
                    throw OCIError.tooMany(field: "Layers", count: layers, limit: layerLimit)
                }
                entries.append(entry)
            }
            return entries
        } catch { throw .malformedDocument(file.text, layout: reader.path, error) }
    }

    // MARK: Documents

    private mutating func make(_ entry: Entry) throws -> OCI.Descriptor {
        let config = try config(entry.config)
        let diffIDs = config.content.diffIDs
        guard diffIDs.count == entry.layers.count else {
            let error = OCIError.layersDoNotMatchConfig(layers: entry.layers.count, diffIDs: diffIDs.count)
            throw ContextsError.malformedDocument(entry.config.escaped, layout: reader.path, error)
        }
        var descriptors: [OCI.Descriptor] = []
        for (name, diffID) in zip(entry.layers, diffIDs) { descriptors.append(try layer(name, diffID)) }
        let manifest = Manifest(mediaType: .dockerManifest, config: config.descriptor, layers: descriptors)
        let document = Document(manifest)
        try blobs.add(document)
        blobs.add(config.digest, try reader.file(entry.config))
        var target = document.descriptor
        target.platform = config.content.platform
        return target
    }

    private func config(_ name: ByteString) throws(ContextsError) -> Document<ImageConfig> {
        let bytes = try reader.document(name)
        do throws(OCIError) { return try Document(bytes: bytes, declared: .dockerConfig) } catch {
            throw .malformedDocument(name.escaped, layout: reader.path, error)
        }
    }

    private mutating func layer(_ name: ByteString, _ diffID: Digest) throws -> OCI.Descriptor {
        let range = try reader.file(name)
        var layer = layers[range.offset] ?? Layer(range: range)
        if layers[range.offset] == nil {
            let start: [UInt8]
            do { start = try range.bytes(limit: Packing.markLength) } catch {
                throw ContextsError.malformedArchive(reader.path, .source(name, error))
            }
            layer.packing = Packing(start: start)
            if layer.packing != nil {
                var hasher = DigestHasher()
                try range.readChunks { bytes in
                    try Task.checkCancellation()
                    hasher.update(bytes)
                }
                layer.digest = hasher.finalize()
            }
            layers[range.offset] = layer
        }
        let compression: MediaType.Compression =
            switch layer.packing {
            case nil: .uncompressed
            case .gzip: .gzip
            case .zstd: .zstd
            case .xz, .bzip2: throw ContextsError.unsupportedLayer(name, archive: reader.path)
            }
        let digest = layer.digest ?? diffID
        blobs.add(digest, range)
        return OCI.Descriptor(mediaType: .dockerLayer(compression), digest: digest, size: range.size)
    }
}

extension DockerArchive.Entry {
    fileprivate init(_ value: JSONValue, _ index: Int) throws(OCIError) {
        func place(_ name: String) -> String { "[\(index)].\(name)" }
        func texts(_ name: String, limit: Int) throws(OCIError) -> [ByteString] {
            guard let member = value[ByteString(name)], !member.isNull else { return [] }
            guard let list = member.array else { throw .malformedField(place(name), expected: "an array") }
            guard list.count <= limit else { throw .tooMany(field: place(name), count: list.count, limit: limit) }
            var texts: [ByteString] = []
            for (position, value) in list.enumerated() {
                guard let text = value.string else {
                    throw .malformedField("\(place(name))[\(position)]", expected: "a string")
                }
                texts.append(text)
            }
            return texts
        }
        guard value.object != nil else { throw .malformedField("[\(index)]", expected: "an object") }
        guard let config = value["Config"]?.string, !config.isEmpty else {
            throw .malformedField(place("Config"), expected: "the name of a file")
        }
        self.config = config
        layers = try texts("Layers", limit: DocumentLimits.layers)
        names = []
        var known: Set<Reference> = []
        for text in try texts("RepoTags", limit: DocumentLimits.manifests) {
            let name = try Reference(text)
            if known.insert(name).inserted { names.append(name) }
        }
    }
}
