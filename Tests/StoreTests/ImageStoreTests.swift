internal import Bytes
internal import OCI
internal import Store
internal import Testing

/// An image with some layers, whose bytes are its name and theirs.
struct TestImage {
    let config: Document<ImageConfig>
    let manifest: Document<Manifest>
    let layers: [[UInt8]]

    /// `variant`: makes another manifest of the same config.
    init(_ name: String, layers texts: [String] = [], variant: ByteString = "", made: Int64 = 1_700_000_000) {
        layers = texts.map { Array("packed \($0)".utf8) }
        var config = ImageConfig(platform: .host)
        config.author = ByteString(name)
        config.created = Timestamp(seconds: made, nanoseconds: 5)
        config.diffIDs = texts.map(diffID)
        self.config = Document(config)
        manifest = Document(
            Manifest(
                config: self.config.descriptor,
                layers: layers.map {
                    Descriptor(mediaType: .ociLayerGzip, digest: Digest(of: $0), size: Int64($0.count))
                },
                annotations: variant.isEmpty ? [:] : ["variant": variant]
            )
        )
    }

    var id: Digest { config.digest }

    /// Stores the blobs, and the image under its names.
    func put(in state: StateRoot, _ names: String..., at seconds: Int64 = 1) throws {
        for layer in layers { _ = try state.content.store(layer, mediaType: .ociLayerGzip) }
        _ = try state.content.store(config.bytes, mediaType: .ociConfig)
        _ = try state.content.store(manifest.bytes, mediaType: .ociManifest)
        let names = try names.map { try Reference($0) }
        let image = try NewImage(manifest: manifest, config: config, names: names, holdsLayers: true)
        try state.images.put([image], at: FileTime(seconds: seconds, nanoseconds: 9))
    }
}

func diffID(_ layer: String) -> Digest { Digest(of: Array("plain \(layer)".utf8)) }

@Suite("The image store")
struct ImageStoreTests {
    let root: TemporaryRoot
    let state: StateRoot

    init() throws {
        root = try TemporaryRoot()
        state = try root.open()
    }

    private func names(_ image: TestImage, in state: StateRoot? = nil) throws -> [String] {
        try (state ?? self.state).images.records(config: image.id).flatMap { $0.names.map(\.name) }
    }

    @Test("moves a name to the image that gets it last, and keeps the one that loses it")
    func movesNames() throws {
        let (a, b) = (TestImage("a"), TestImage("b"))
        try a.put(in: state, "x", "x:1")
        try b.put(in: state, "x", at: 2)
        let other = try root.open()
        #expect(try names(a, in: other) == ["docker.io/library/x:1"])
        #expect(try names(b, in: other) == ["docker.io/library/x:latest"])
        #expect(try other.images.image(Reference("x"))?.config == b.id)
        #expect(try other.images.image(Reference("x:2")) == nil)
        #expect(try other.images.unname(Reference("x:1")))
        #expect(try !state.images.unname(Reference("x:1")))
        #expect(try state.images.all.map(\.names.count).sorted() == [0, 1])
    }

    @Test("keeps all that a listing shows, those made last first")
    func lists() throws {
        try TestImage("old", made: 5).put(in: state, "old", at: 7)
        let new = TestImage("new", layers: ["1"], made: 6)
        try new.put(in: state)
        try state.images.note([.init(repository: "ghcr.io/a/b", digest: Digest(of: [1]))], of: new.manifest.digest)
        let all = try root.open().images.all
        #expect(
            all.map(\.image.created) == [Timestamp(seconds: 6, nanoseconds: 5), Timestamp(seconds: 5, nanoseconds: 5)]
        )
        #expect(all[0].image.manifest == new.manifest.descriptor)
        #expect(all[0].image.config == new.id)
        #expect(all[0].names.isEmpty)
        #expect(all[0].repositoryDigests == [.init(repository: "ghcr.io/a/b", digest: Digest(of: [1]))])
        #expect(all[0].image.stored == FileTime(seconds: 1, nanoseconds: 9))
        #expect(
            all[1].names.map(\.name) == ["docker.io/library/old:latest"]
        )
        #expect(all[1].names.first?.given == FileTime(seconds: 7, nanoseconds: 9))
        #expect(try state.images.layers(of: new.manifest.digest).map(\.diffID) == [diffID("1")])
    }

    @Test("knows an image's size when it knows that of every layer, whichever comes first")
    func sumsSizes() throws {
        try TestImage("empty").put(in: state, "empty")
        #expect(try state.images.image(Reference("empty"))?.plainSize == 0)
        try state.images.note(plainSizes: [diffID("1"): 40])
        try TestImage("a", layers: ["1", "2", "1"]).put(in: state, "a")
        #expect(try state.images.image(Reference("a"))?.plainSize == nil)
        try state.images.note(plainSizes: [diffID("2"): 2])
        #expect(try state.images.image(Reference("a"))?.plainSize == 82)
        #expect(try state.images.plainSize(ofLayer: diffID("2")) == 2)
        #expect(try state.images.plainSize(ofLayer: diffID("3")) == nil)
    }

    @Test("notes a layer's size when a delta is packed")
    func notesPackedSizes() throws {
        try TestImage("a", layers: ["1"]).put(in: state, "a")
        var made = NewDelta(snapshot: try state.makeSnapshot("s"), isEmpty: false, digest: hash("delta"))
        made.writtenBytes = 17
        let delta = try state.results.put(try state.newResult("s", delta: .made(made))).delta
        let blob = try state.content.store(Array("packed 1".utf8), mediaType: .ociLayerGzip)
        try state.results.putPacked(PackedLayer(descriptor: blob, diffID: diffID("1")), of: delta.id, parameters: "p")
        #expect(try state.images.image(Reference("a"))?.plainSize == 17)
    }

    // MARK: Looking up

    @Test("finds an image by name, by id and by the first digits of it")
    func finds() throws {
        let image = TestImage("a")
        try image.put(in: state, "app:1")
        let id = image.id.hex
        for word in [
            "app:1", "docker.io/library/app:1", "sha256:\(id)", id, String(id.prefix(12)), "sha256:\(id.prefix(4))",
        ] {
            #expect(try state.images.find(ByteString(word))?.image.config == image.id, "\(word)")
        }
        #expect(try state.images.find("app:1")?.way == .name(Reference("app:1")))
        #expect(try state.images.find(ByteString(id))?.way == .id)
        #expect(try state.images.find(ByteString(image.manifest.digest.hex))?.way == .id)
        for word in ["app", "app:2", "", "sha256:", "G", String(repeating: "0", count: 64), "not a name"] {
            #expect(try state.images.find(ByteString(word)) == nil, "\(word)")
        }
    }

    @Test("takes a word for a name before it takes it for an id")
    func prefersNames() throws {
        let (a, b) = (TestImage("a"), TestImage("b"))
        try a.put(in: state)
        let digits = String(a.id.hex.prefix(10))
        try b.put(in: state, digits)
        #expect(try state.images.find(ByteString(digits))?.image.config == b.id)
        #expect(try state.images.find(ByteString(a.id.hex.prefix(11)))?.image.config == a.id)
    }

    @Test("refuses first digits that several ids share")
    func refusesAmbiguousIDs() throws {
        let images = (0..<40).map { TestImage("image \($0)") }
        for image in images { try image.put(in: state) }
        let digit = try #require(
            "0123456789abcdef".first { digit in images.count { $0.id.hex.first == digit } > 1 }
        )
        let word = ByteString(String(digit))
        #expect(StoreError.thrown { _ = try state.images.find(word) } == .ambiguousImage(word))
    }

    @Test("finds a digest of a repository, and that of a manifest under the names it has")
    func findsDigests() throws {
        let image = TestImage("a")
        let index = Digest(of: [7])
        try image.put(in: state, "app:1", "ghcr.io/a/b@\(index)")
        let manifest = image.manifest.digest
        for word in ["app@\(manifest)", "app:other@\(manifest)", "ghcr.io/a/b@\(index)"] {
            #expect(try state.images.find(ByteString(word))?.image.config == image.id, "\(word)")
        }
        for word in ["ap@\(manifest)", "ghcr.io/a/b@\(manifest)", "app@\(index)"] {
            #expect(try state.images.find(ByteString(word)) == nil, "\(word)")
        }
    }

    // MARK: Removing

    @Test("removes an image with its blobs, but those that another image or a delta needs")
    func removes() throws {
        let (a, b) = (TestImage("a", layers: ["1", "2", "3"]), TestImage("b", layers: ["1"]))
        try a.put(in: state, "a", "a:2")
        try b.put(in: state, "b")
        let made = NewDelta(snapshot: try state.makeSnapshot("s"), isEmpty: false, digest: hash("delta"))
        let delta = try state.results.put(try state.newResult("s", delta: .made(made))).delta
        let packed = PackedLayer(descriptor: a.manifest.content.layers[1], diffID: diffID("2"))
        try state.results.putPacked(packed, of: delta.id, parameters: "p")

        let removed = try #require(try state.images.remove(config: a.id))
        let chain = [diffID("1"), diffID("2"), diffID("3")].chainIDs
        #expect(removed.chainIDs == [chain[2]])
        #expect(removed.freedBytes > 0)
        #expect(try state.images.all.map(\.image.config) == [b.id])
        #expect(try state.images.find("a:2") == nil)
        let there = try a.manifest.content.layers.map { try state.content.contains($0.digest) }
        #expect(there == [true, true, false])
        #expect(try !state.content.contains(a.manifest.digest))
        #expect(try !state.content.contains(a.id))
        #expect(try root.names("trash").count == 3)
        #expect(try state.images.remove(config: a.id) == nil)
        let last = try #require(try state.images.remove(config: b.id))
        #expect(last.chainIDs == [diffID("1")])
        #expect(try !state.content.contains(b.manifest.content.layers[0].digest))
    }

    @Test("removes an image that an earlier process stored")
    func removesLater() throws {
        let image = TestImage("a", layers: ["1"])
        do {
            let earlier = try StateRoot(path: root.folder + "/other")
            try image.put(in: earlier, "a")
        }
        let later = try StateRoot(path: root.folder + "/other")
        #expect(try later.images.remove(config: image.id)?.freedBytes ?? 0 > 0)
        #expect(try !later.content.contains(image.manifest.digest))
    }

    @Test("leaves the blobs while another process has the store open")
    func leavesBlobs() throws {
        let image = TestImage("a", layers: ["1"])
        try image.put(in: state, "a")
        let other = try root.open()
        #expect(try state.images.remove(config: image.id)?.freedBytes == 0)
        #expect(try other.images.all.isEmpty)
        #expect(try other.content.contains(image.manifest.content.layers[0].digest))
        #expect(try root.open().images.all.isEmpty)
    }

    @Test("refuses an image whose blobs another process removed meanwhile, and keeps none of it")
    func refusesLostBlobs() throws {
        let image = TestImage("a", layers: ["1"])
        try image.put(in: state, "a")
        _ = try state.images.remove(config: image.id)
        let new = try NewImage(manifest: image.manifest, config: image.config, names: [try Reference("a")])
        guard case .missingRow? = StoreError.thrown(by: { try state.images.put([new]) }) else {
            Issue.record("an image was stored without its manifest")
            return
        }
        #expect(try state.images.all.isEmpty)
    }

    @Test("shows an image that was packed anew once, unless both manifests are named")
    func dropsSuperseded() throws {
        let first = TestImage("a", layers: ["1"])
        let second = TestImage("a", layers: ["1"], variant: "zstd")
        try first.put(in: state, "a")
        try second.put(in: state, "b")
        #expect(try state.images.records(config: first.id).count == 2)
        #expect(try state.images.find(ByteString(first.id.hex)) != nil)
        try second.put(in: state, "a")
        #expect(try state.images.records(config: first.id).map(\.image.manifest) == [second.manifest.descriptor])
    }

    // MARK: Where blobs are

    @Test("knows which repositories have a blob")
    func knowsSources() throws {
        let blob = Digest(of: [1])
        try state.images.note(blobs: [blob, Digest(of: [2])], in: "docker.io/library/b")
        try state.images.note(blobs: [blob], in: "docker.io/library/a")
        try state.images.note(blobs: [blob], in: "docker.io/library/a")
        #expect(try root.open().images.repositories(having: blob) == ["docker.io/library/a", "docker.io/library/b"])
        try state.images.forget(blob: blob, in: "docker.io/library/b")
        #expect(try state.images.repositories(having: blob) == ["docker.io/library/a"])
        #expect(try state.images.repositories(having: Digest(of: [3])).isEmpty)
    }
}
