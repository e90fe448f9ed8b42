internal import Bytes
internal import Linux
internal import OCI
internal import Store
internal import Testing
internal import Trees

@Suite("Results")
struct ResultIndexTests {
    let root: TemporaryRoot
    let state: StateRoot

    init() throws {
        root = try TemporaryRoot()
        state = try root.open(boot: 1)
    }

    @Test("are found by either key, whole, by this process and others")
    func areFound() throws {
        let log = try state.content.store(Array("output".utf8), mediaType: .octetStream).digest
        let made = NewDelta(
            snapshot: try state.makeSnapshot("a"),
            isEmpty: false,
            digest: hash("delta"),
            diffID: Digest(of: [1]),
            writtenFiles: 3,
            writtenBytes: 1 << 40
        )
        var new = try state.newResult("a", delta: .made(made))
        new.log = log
        new.output.rootAttributes = Attributes(
            mode: 0o1777,
            uid: 4_294_967_294,
            gid: 1,
            xattrs: [Xattr(name: "user.a", value: ByteString([0, 255]))]
        )
        let stored = try state.results.put(new)
        for results in [state.results, try root.open(boot: 1).results] {
            #expect(try results.result(definitionKey: hash("definition of a")) == stored)
            #expect(try results.result(contentKey: hash("content of a")) == stored)
            #expect(try results.result(contentKey: hash("definition of a")) == nil)
            #expect(try results.result(definitionKey: hash("content of a")) == nil)
        }
        #expect(stored.delta.writtenBytes == 1 << 40)
        #expect(stored.delta.diffID == Digest(of: [1]))
        #expect(stored.output == new.output)
        #expect(stored.record == Array("record of a".utf8))
        #expect(stored.log == log)
        #expect(try state.results.hasResult(operation: hash("operation of a")))
        #expect(try !state.results.hasResult(operation: hash("operation of b")))
        #expect(try state.results.results(operation: hash("operation of a")) == [stored])
    }

    @Test("may have more than one definition key")
    func haveAliases() throws {
        let stored = try state.putStep("a")
        try state.results.addDefinitionKey(hash("alias"), for: stored.id)
        try state.results.addDefinitionKey(hash("alias 2"), forContentKey: stored.contentKey)
        #expect(try root.open(boot: 1).results.result(definitionKey: hash("alias")) == stored)
        #expect(try state.results.result(definitionKey: hash("alias 2")) == stored)
        #expect(try state.results.result(definitionKey: hash("definition of a")) == stored)
        let error = StoreError.thrown { try state.results.addDefinitionKey(hash("x"), forContentKey: hash("none")) }
        #expect(error == .missingRow("a result"))
    }

    @Test("of the same content are replaced by the new one, under all their definition keys")
    func areReplaced() throws {
        let old = try state.putStep("a")
        try state.results.addDefinitionKey(hash("alias"), for: old.id)
        let new = try state.putStep("b", definition: "definition of a", content: "content of a")
        #expect(new.delta.snapshot != old.delta.snapshot)
        for key in ["definition of a", "alias"] {
            #expect(try state.results.result(definitionKey: hash(key))?.delta == new.delta)
        }
        #expect(try state.results.result(contentKey: hash("content of a"))?.description == "RUN b")
        // Another build may be working on the old one's files.
        #expect(state.snapshots.contains(try #require(old.delta.snapshot)))
    }

    @Test("of another content leave the earlier one under its content key")
    func movesDefinitionKey() throws {
        let old = try state.putStep("a")
        let new = try state.putStep("b", definition: "definition of a")
        #expect(try state.results.result(definitionKey: hash("definition of a")) == new)
        #expect(try state.results.result(contentKey: hash("content of a")) == old)
    }

    @Test("may take the delta of an earlier one")
    func takeEarlierDelta() throws {
        let first = try state.putStep("a")
        let found = try state.results.delta(operation: hash("operation of a"), digest: hash("delta of a"))
        #expect(found == first.delta)
        let second = try state.results.put(
            try state.newResult("a", definition: "d2", content: "c2", delta: .earlier(try #require(found)))
        )
        #expect(second.delta == first.delta)
        #expect(try state.results.result(contentKey: hash("c2"))?.delta.id == first.delta.id)
        #expect(try state.results.delta(operation: hash("operation of b"), digest: hash("delta of a")) == nil)
        #expect(try state.results.delta(operation: hash("operation of a"), digest: hash("delta of b")) == nil)
    }

    @Test("whose snapshot is gone are none, until they are stored again")
    func needSnapshot() throws {
        let stored = try state.putStep("a")
        try root.directory.directoryBeneath("snapshots").removeTree(
            ByteString(try #require(stored.delta.snapshot).text)
        )
        #expect(try state.results.result(contentKey: hash("content of a")) == nil)
        #expect(try state.results.result(definitionKey: hash("definition of a")) == nil)
        #expect(try state.results.delta(operation: hash("operation of a"), digest: hash("delta of a")) == nil)
        #expect(try state.results.delta(stored.delta.id) == nil)
        let again = try state.putStep("a")
        #expect(try state.results.result(contentKey: hash("content of a")) == again)
    }

    @Test("that changed nothing need no snapshot")
    func mayBeEmpty() throws {
        let made = NewDelta(snapshot: nil, isEmpty: true, digest: hash("delta"))
        let stored = try state.results.put(try state.newResult("a", delta: .made(made)))
        #expect(try root.open(boot: 2).results.result(contentKey: hash("content of a")) == stored)
    }

    @Test("that are packed can be had without their snapshot, as long as the blob is there")
    func mayBePacked() throws {
        let stored = try state.putStep("a")
        let bytes = Array("a layer".utf8)
        let layer = PackedLayer(
            descriptor: try state.content.store(bytes, mediaType: .ociLayerGzip),
            diffID: Digest(of: Array("a tar".utf8))
        )
        try state.results.putPacked(layer, of: stored.delta.id, parameters: "gzip 6")
        #expect(try state.results.packed(stored.delta.id, parameters: "gzip 6") == layer)
        #expect(try state.results.packed(stored.delta.id, parameters: "zstd 3") == nil)
        #expect(try state.results.packed(stored.delta.id) == [layer])
        #expect(try state.results.result(contentKey: hash("content of a"))?.delta.diffID == layer.diffID)

        try root.directory.directoryBeneath("snapshots").removeTree(
            ByteString(try #require(stored.delta.snapshot).text)
        )
        // A caller that cannot unpack must not take it for an empty one.
        #expect(try state.results.result(contentKey: hash("content of a")) == nil)
        #expect(try state.results.result(definitionKey: hash("definition of a")) == nil)
        #expect(try state.results.delta(operation: hash("operation of a"), digest: hash("delta of a")) == nil)
        let found = try #require(try state.results.result(contentKey: hash("content of a"), acceptsPacked: true))
        #expect(found.delta.snapshot == nil)
        #expect(!found.delta.isEmpty)

        let unpacked = try state.makeSnapshot("again")
        #expect(try state.results.attach(unpacked, to: stored.delta.id).snapshot == unpacked)
        let second = try state.makeSnapshot("too late")
        #expect(try state.results.attach(second, to: stored.delta.id).snapshot == unpacked)
        #expect(!state.snapshots.contains(second))

        try root.directory.directoryBeneath("snapshots").removeTree(ByteString(unpacked.text))
        try root.directory.directoryBeneath("content/sha256").removeFile(ByteString(layer.descriptor.digest.hex))
        #expect(try state.results.packed(stored.delta.id, parameters: "gzip 6") == nil)
        #expect(try state.results.result(contentKey: hash("content of a"), acceptsPacked: true) == nil)
    }

    @Test("of base layers are shared by their chain, packed first and unpacked later")
    func keepBaseLayers() throws {
        let chain = Digest(of: [7])
        #expect(try state.results.baseLayer(chainID: chain) == nil)
        var delta = NewDelta(snapshot: nil, isEmpty: false, digest: hash("base"))
        let layer = PackedLayer(
            descriptor: try state.content.store([1], mediaType: .ociLayerGzip),
            diffID: Digest(of: [2])
        )
        delta.packed = .init(parameters: "as pulled", layer: layer)
        let stored = try state.results.putBaseLayer(chainID: chain, delta: delta, tree: .empty)
        #expect(stored.delta.diffID == layer.diffID)
        let other = try root.open(boot: 1)
        #expect(try other.results.baseLayer(chainID: chain) == stored)
        #expect(try other.results.packed(stored.delta.id, parameters: "as pulled") == layer)
        let snapshot = try state.makeSnapshot("base")
        _ = try state.results.attach(snapshot, to: stored.delta.id)
        #expect(try other.results.baseLayer(chainID: chain)?.delta.snapshot == snapshot)
    }

    @Test("are stored whole or not at all")
    func areAtomic() throws {
        try state.putStep("a")
        let other = try root.open(boot: 1)
        let gone = StoredDelta.gone()
        let new = try other.newResult("b", delta: .earlier(try #require(gone)))
        #expect(StoreError.thrown { _ = try other.results.put(new) } == .missingRow("a delta"))
        #expect(try state.results.result(contentKey: hash("content of b")) == nil)
        let object = new.output.rootObject
        #expect(StoreError.thrown { _ = try state.trees.directoryObject(object) } == .missingTreeObject(object))
        // What waited is not lost with the transaction.
        try other.flush()
        #expect(try state.trees.directoryObject(object).children.count == 1)
    }

    @Test("note their use at most once an hour")
    func recordUse() throws {
        let stored = try state.putStep("a")
        try state.finish()
        let before = try root.read("index.sqlite-wal")
        try state.results.recordUse(of: [stored.id])
        #expect(try root.read("index.sqlite-wal") == before)
        try state.results.recordUse(of: [stored.id], at: FileTime(seconds: FileTime.fileClock.seconds + 7200))
        #expect(try root.read("index.sqlite-wal") != before)
    }
}

extension StoredDelta {
    /// A delta whose row was removed by another process: here, one of a root that this one knows nothing of.
    fileprivate static func gone() -> StoredDelta? {
        guard let root = try? TemporaryRoot(), let state = try? root.open() else { return nil }
        _ = try? state.putStep("x")
        return try? state.putStep("y").delta
    }
}
