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
}
