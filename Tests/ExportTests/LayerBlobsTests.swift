import Bytes
import Export
import Glibc
import Layers
import Linux
import OCI
import Store
import Synchronization
import Testing
import Trees

/// Layers are packed once, whoever asks for them and when.
@Suite("Blobs of layers", .timeLimit(.minutes(20)))
struct LayerBlobsTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func open() throws -> StateRoot {
        var options = StateRoot.Options()
        options.sharesConnection = false
        return try StateRoot(path: scratch.path + "/state", options: options)
    }

    /// A delta that was stored, and how often its unpacked form was asked for.
    private final class Packable: Sendable {
        let stored: StoredDelta
        private let unpacked: UnpackedDelta
        private let count = Atomic(0)

        var asked: Int { count.load(ordering: .relaxed) }

        init(_ stored: StoredDelta, _ unpacked: UnpackedDelta) { (self.stored, self.unpacked) = (stored, unpacked) }

        var part: LayerPart {
            .delta(stored) { [self] in
                count.add(1, ordering: .relaxed)
                return unpacked
            }
        }
    }

    /// A delta of one file.
    private func delta(_ text: ByteString, in store: StateRoot) throws -> Packable {
        let pending = try store.snapshots.begin()
        try pending.fs.open("file", flags: O_WRONLY | O_CREAT, mode: 0o644).write(text.bytes)
        let entry = TreeEntry(.file(ContentHash(of: text.bytes), size: UInt64(text.count)), Attributes(mode: 0o644))
        let time = FileTime(seconds: 1_600_000_000)
        let change = Delta.Change.write(entry, modified: time, linkedTo: nil)
        let delta = Delta(entries: [Delta.Entry(path: TreePath(["file"]), change: change)])
        let snapshot = try pending.commit()
        let made = NewDelta(snapshot: snapshot, isEmpty: false, digest: delta.digest(from: time, to: time))
        let stored = try put(made, text, in: store)
        return Packable(stored, UnpackedDelta(upper: try store.snapshots.open(snapshot), delta: delta))
    }

    private func put(_ delta: NewDelta, _ name: ByteString, in store: StateRoot) throws -> StoredDelta {
        let hash = ContentHash(of: name.bytes)
        let result = NewResult(
            definitionKey: hash,
            contentKey: hash,
            operation: hash,
            delta: .made(delta),
            inputTree: hash,
            inputTimes: hash,
            output: Tree.empty,
            outputTimes: hash,
            created: FileTime(seconds: 1)
        )
        return try store.results.put(result).delta
    }

    @Test("a delta is packed at the first call, and the second takes the blob that is there")
    func packsOnce() throws {
        let store = try open()
        let delta = try delta("text", in: store)
        let blobs = LayerBlobs(store: store, compression: .gzip)
        let first = try blobs.ready(delta.part)
        let second = try LayerBlobs(store: store, compression: .gzip).ready(delta.part)
        #expect(delta.asked == 1)
        #expect(first.descriptor == second.descriptor)
        #expect(first.diffID == second.diffID)
        let bytes = try second.open().readAll(limit: 1 << 20)
        #expect(Digest(of: bytes) == second.descriptor.digest)
        #expect(Int64(bytes.count) == second.descriptor.size)
        #expect(second.descriptor.mediaType == .ociLayerGzip)
    }

    @Test("another process takes the blob too")
    func otherProcess() throws {
        var stored: StoredDelta?
        var digest: Digest?
        do {
            let store = try open()
            let delta = try delta("text", in: store)
            stored = delta.stored
            digest = try LayerBlobs(store: store, compression: .gzip).ready(delta.part).descriptor.digest
            try store.finish()
        }
        let part = LayerPart.delta(try #require(stored)) { throw ExportError.noFile("it is not packed again") }
        let store = try open()
        #expect(try LayerBlobs(store: store, compression: .gzip).ready(part).descriptor.digest == digest)
    }

    @Test("each compression has a blob of its own, of one plain tar")
    func compressions() throws {
        let store = try open()
        let delta = try delta("text", in: store)
        let packed = try LayerBlobs(store: store, compression: .gzip).ready(delta.part)
        let plain = try LayerBlobs(store: store, compression: .uncompressed).ready(delta.part)
        #expect(delta.asked == 2)
        #expect(packed.descriptor.digest != plain.descriptor.digest)
        #expect(packed.diffID == plain.diffID)
        #expect(plain.descriptor.digest == plain.diffID)
        #expect(plain.descriptor.mediaType == .ociLayer)
        #expect(try plain.open().readAll(limit: 1 << 20).prefix(5) == Array("file\0".utf8)[...])
    }

    @Test("a blob that is gone from the store is made again, the same")
    func goneBlob() throws {
        let store = try open()
        let delta = try delta("text", in: store)
        let first = try LayerBlobs(store: store, compression: .gzip).ready(delta.part).descriptor
        try store.finish()
        let path = "state/content/sha256/" + ByteString(first.digest.hex)
        let found = try scratch.files("state").first { $0.hasSuffix(ByteString(first.digest.hex)) }
        try #require(unlink((scratch.path + "/state/" + (found ?? path)).text) == 0)
        let again = try LayerBlobs(store: try open(), compression: .gzip).ready(delta.part)
        #expect(delta.asked == 2)
        #expect(again.descriptor == first)
        #expect(try Digest(of: again.open().readAll(limit: 1 << 20)) == first.digest)
    }

    @Test("an empty delta is a tar without members")
    func empty() throws {
        let store = try open()
        let stored = try put(NewDelta(snapshot: nil, isEmpty: true, digest: ContentHash(of: [])), "empty", in: store)
        let part = LayerPart.delta(stored) { UnpackedDelta(upper: nil, delta: Delta()) }
        let layer = try LayerBlobs(store: store, compression: .uncompressed).ready(part)
        #expect(try layer.open().readAll(limit: 4096) == [UInt8](repeating: 0, count: 1024))
    }

    @Test(
        "a base's layer is passed on unopened, its type in the words of OCI",
        arguments: zip(
            [MediaType.dockerLayer, .dockerLayerGzip, .ociLayerZstd, .ociLayerGzip, .ociLayer],
            [MediaType.ociLayer, .ociLayerGzip, .ociLayerZstd, .ociLayerGzip, .ociLayer]
        )
    )
    func base(_ given: MediaType, _ expected: MediaType) throws {
        let digest = Digest(of: [1])
        let descriptor = OCI.Descriptor(mediaType: given, digest: digest, size: 1)
        let part = LayerPart.base(descriptor, diffID: Digest(of: [2])) { throw ExportError.missingBlob(digest) }
        let layer = try LayerBlobs(store: try open(), compression: .gzip).ready(part)
        #expect(layer.descriptor.mediaType == expected)
        #expect((layer.descriptor.digest, layer.descriptor.size) == (digest, 1))
        #expect(layer.diffID == Digest(of: [2]))
        #expect(failure { _ = try layer.open() } != nil)
    }

    /// A layer as a base image has it.
    private func baseLayer(_ text: ByteString, _ opened: Counter) throws -> (part: LayerPart, diffID: Digest) {
        var bytes: [UInt8] = []
        let entry = TreeEntry(.file(ContentHash(of: text.bytes), size: UInt64(text.count)), Attributes(mode: 0o644))
        let change = Delta.Change.write(entry, modified: FileTime(seconds: 1), linkedTo: nil)
        let delta = Delta(entries: [Delta.Entry(path: TreePath(["file"]), change: change)])
        let layer = try LayerWriter(delta: delta, compression: .gzip(level: 9)) { [scratch] _ throws in
            let file = try scratch.blob(text.bytes)
            lseek(file.number, 0, SEEK_SET)
            return file
        }.pack { bytes += $0 }
        let descriptor = OCI.Descriptor(mediaType: .dockerLayerGzip, digest: layer.digest, size: layer.size)
        let part = LayerPart.base(descriptor, diffID: layer.diffID) { [scratch, bytes] in
            opened.add()
            let file = try scratch.blob(bytes)
            lseek(file.number, 0, SEEK_SET)
            return file
        }
        return (part, layer.diffID)
    }

    /// How often something was done.
    private final class Counter: Sendable {
        private let count = Atomic(0)
        var value: Int { count.load(ordering: .relaxed) }
        func add() { count.add(1, ordering: .relaxed) }
    }

    @Test(
        "where compression is forced a base's layer is packed anew, once for all builds, and keeps its diffID",
        arguments: [LayerCompression.zstd, .uncompressed, .gzip]
    )
    func forced(_ compression: LayerCompression) throws {
        let opened = Counter()
        let (part, diffID) = try baseLayer("text", opened)
        var form = LayerForm(compression)
        form.forcesCompression = true
        var digests: Set<Digest> = []
        for _ in 0..<2 {
            let store = try open()
            let layer = try LayerBlobs(store: store, form: form).ready(part)
            #expect(layer.diffID == diffID)
            #expect(layer.descriptor.mediaType == compression.mediaType)
            #expect(try Digest(of: layer.open().readAll(limit: 1 << 20)) == layer.descriptor.digest)
            digests.insert(layer.descriptor.digest)
            try store.finish()
        }
        #expect(digests.count == 1)
        // One that is packed so already is never opened; opening it is the reading of the last line.
        #expect(opened.value == (compression == .gzip ? 2 : 1))
    }

    @Test("a base's layer that is not what its diffID says is refused when it is packed anew")
    func wrongDiffID() throws {
        guard case .base(let descriptor, _, let open) = try baseLayer("text", Counter()).part else { return }
        var form = LayerForm(.zstd)
        form.forcesCompression = true
        let blobs = LayerBlobs(store: try self.open(), form: form)
        #expect(throws: LayersError.self) {
            try blobs.ready(.base(descriptor, diffID: Digest(of: [1]), open: open))
        }
    }

    @Test("times after the latest one are rewritten, in a blob of its own that the delta is never made from")
    func latestTime() throws {
        let store = try open()
        let delta = try delta("text", in: store)
        var form = LayerForm(.uncompressed)
        form.latestTime = 1_500_000_000
        let rewritten = try LayerBlobs(store: store, form: form).ready(delta.part)
        #expect(try store.results.packed(delta.stored.id).isEmpty)
        let plain = try LayerBlobs(store: store, compression: .uncompressed).ready(delta.part)
        #expect(rewritten.diffID != plain.diffID)
        #expect(try store.results.packed(delta.stored.id).map(\.diffID) == [plain.diffID])
        let time = try rewritten.open().readAll(limit: 4096)[136..<147]
        #expect(String(decoding: time, as: UTF8.self) == String(1_500_000_000, radix: 8))
        form.latestTime = 1_700_000_000
        #expect(try LayerBlobs(store: store, form: form).ready(delta.part).diffID == plain.diffID)
    }

    @Test("Docker's media types where they are asked for")
    func dockerTypes() throws {
        let store = try open()
        var form = LayerForm(.gzip)
        form.usesOCITypes = false
        let own = try LayerBlobs(store: store, form: form).ready(try delta("text", in: store).part)
        #expect(own.descriptor.mediaType == .dockerLayerGzip)
        let based = try LayerBlobs(store: store, form: form).ready(try baseLayer("text", Counter()).part)
        #expect(based.descriptor.mediaType == .dockerLayerGzip)
        let image = ImageDocuments(
            config: ImageConfig(platform: Platform(os: "linux", architecture: "amd64")),
            layers: [own, based],
            layerTimes: [],
            epoch: nil,
            usesOCITypes: false
        )
        #expect(image.manifest.content.mediaType == .dockerManifest)
        #expect(image.manifest.content.config.mediaType == .dockerConfig)
    }
}
