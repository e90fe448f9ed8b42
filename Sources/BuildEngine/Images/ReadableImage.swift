internal import Bytes
internal import Contexts
internal import Layers
internal import OCI

/// An image with a way to its layers, wherever it was found.
///
/// The seam for further places: whoever makes one gives the documents at once and fetches a layer when it is opened.
struct ReadableImage: Sendable {
    var identity: ImageIdentity
    var manifest: Manifest
    var config: ImageConfig
    /// Gives a layer's packed bytes, which the reader compares with the descriptor and the diffID.
    var openLayer: @Sendable (OCI.Descriptor) async throws -> BlobRange

    /// An image whose documents were found.
    ///
    /// `word`: what the user called it. Throws `OCIError.layersDoNotMatchConfig`.
    init(
        word: ByteString,
        names: [Reference],
        _ image: ResolvedImage,
        openLayer: @escaping @Sendable (OCI.Descriptor) async throws -> BlobRange
    ) throws(OCIError) {
        manifest = image.manifest.content
        config = image.config.content
        try manifest.check(config)
        identity = ImageIdentity(
            word: word,
            names: names,
            id: image.config.digest,
            digest: image.manifest.digest,
            platform: config.platform
        )
        self.openLayer = openLayer
    }

    /// Reads a layer; nothing is kept but what it says.
    ///
    /// `index`: 0 is the lowest. Throws `ImageReadError`, `CancellationError`.
    func read(_ index: Int, hashesContent: Bool) async throws -> LayerListing {
        let layer = manifest.layers[index]
        let blob = try await openLayer(layer)
        return try telling(index) {
            let expected = ExpectedLayer(digest: layer.digest, size: layer.size, diffID: config.diffIDs[index])
            return try LayerListing(blob, expecting: expected, hashesContent: hashesContent)
        }
    }

    /// Runs what reads or lays a layer, and says which one it was where that fails.
    func telling<Value>(_ index: Int, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as LayersError {
            throw ImageReadError.layer(index + 1, manifest.layers[index].digest, of: identity.word, error)
        }
    }

    /// What made each layer, lowest first; nil where the history does not tell of it.
    ///
    /// The last entries are those of the last layers: a base's history need not tell of all its layers.
    var instructions: [HistoryEntry?] {
        let told = config.history.filter { !$0.isEmptyLayer }
        let offset = told.count - manifest.layers.count
        return manifest.layers.indices.map { told.indices.contains($0 + offset) ? told[$0 + offset] : nil }
    }
}

/// Why an image cannot be looked into.
enum ImageReadError: DescribedError {
    /// Neither an image of the store nor a file has the name.
    case unknown(ByteString)
    /// A layer by its number; 1 is the lowest.
    case layer(Int, Digest, of: ByteString, LayersError)
    case noLayer(Int, of: ByteString, count: Int)

    var message: String {
        switch self {
        case .unknown(let word): "no such image: \(word.escaped)"
        case .layer(let number, let digest, let word, let error):
            "layer \(number) of \(word.escaped) (\(digest)): \(error.message)"
        case .noLayer(let number, let word, let count):
            "\(word.escaped) has no layer \(number): it has \(count)"
        }
    }

    var remedy: String? {
        switch self {
        case .unknown: "name an image of the store, or the path of an archive or layout, such as ./app.tar"
        case .layer(_, _, _, let error): error.remedy
        case .noLayer: "layers are counted from 1, the lowest"
        }
    }
}
