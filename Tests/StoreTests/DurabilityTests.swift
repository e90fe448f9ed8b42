internal import Bytes
internal import Linux
internal import OCI
internal import Store
internal import Testing
internal import Trees

@Suite("After a power loss")
struct DurabilityTests {
    let root: TemporaryRoot
    let state: StateRoot

    init() throws {
        root = try TemporaryRoot()
        state = try root.open(boot: 1)
    }

    @Test("rows that were never synced answer no more, those that were do")
    func forgetsUnsynced() throws {
        let synced = try state.putStep("synced")
        try state.syncEarlierRows()
        try state.putStep("unsynced")
        let same = try root.open(boot: 1)
        #expect(try same.results.result(contentKey: hash("content of synced")) == synced)
        #expect(try same.results.result(contentKey: hash("content of unsynced")) != nil)
        let later = try root.open(boot: 2)
        #expect(try later.results.result(contentKey: hash("content of synced")) == synced)
        #expect(try later.results.result(contentKey: hash("content of unsynced")) == nil)
        #expect(try later.results.result(definitionKey: hash("definition of unsynced")) == nil)
        #expect(
            try later.results.delta(operation: hash("operation of unsynced"), digest: hash("delta of unsynced")) == nil
        )
    }

    @Test("rows that were never synced are dropped with their files by the next build that writes")
    func dropsUnsynced() throws {
        let lost = try state.putStep("unsynced")
        let later = try root.open(boot: 2)
        try later.putStep("new")
        try later.syncEarlierRows()
        #expect(!later.snapshots.contains(try #require(lost.delta.snapshot)))
        #expect(try root.names("snapshots").count == 1)
        #expect(try !later.results.hasResult(operation: hash("operation of unsynced")))
        #expect(try root.open(boot: 3).results.result(contentKey: hash("content of new")) != nil)
    }

    @Test("a step is stored again over the row that was lost")
    func storesAgain() throws {
        try state.putStep("a")
        let later = try root.open(boot: 2)
        let again = try later.putStep("a")
        #expect(try later.results.result(definitionKey: hash("definition of a")) == again)
        #expect(try root.open(boot: 1).results.result(definitionKey: hash("definition of a")) == nil)
    }

    @Test("a base layer counts as lost with its snapshot until it was synced")
    func forgetsAttached() throws {
        let chain = Digest(of: [1])
        var delta = NewDelta(snapshot: nil, isEmpty: false, digest: hash("base"))
        let layer = PackedLayer(
            descriptor: try state.content.store([1], mediaType: .ociLayerGzip),
            diffID: Digest(of: [2])
        )
        delta.packed = .init(parameters: "as pulled", layer: layer)
        let stored = try state.results.putBaseLayer(chainID: chain, delta: delta, tree: .empty)
        #expect(try root.open(boot: 2).results.baseLayer(chainID: chain)?.delta == stored.delta)
        _ = try state.results.attach(try state.makeSnapshot("base"), to: stored.delta.id)
        #expect(try root.open(boot: 2).results.baseLayer(chainID: chain) == nil)
        try state.syncEarlierRows()
        #expect(try root.open(boot: 2).results.baseLayer(chainID: chain)?.delta.snapshot != nil)
    }
}
