internal import Bytes
package import Graph
internal import Layers
internal import Linux
internal import OCI
package import Solver
package import Store
internal import Trees

/// Unpacks the layers of images into snapshots, each chain of layers once for all builds.
///
/// Layers that are in a registry are fetched, several at once, and unpacked in their order while they come.
package struct BaseUnpack: Sendable {
    private let store: StateRoot
    private let images: BaseImages
    private let deltas: DeltaTable
    private let events: EventSink

    package init(store: StateRoot, images: BaseImages, deltas: DeltaTable, events: @escaping EventSink) {
        self.store = store
        self.images = images
        self.deltas = deltas
        self.events = events
    }

    /// An image's layers, unpacked as far as no earlier build has unpacked them.
    ///
    /// `begin`: called when there is something to unpack.
    /// Returns the state that a stage begins with, and whether there was something to unpack.
    package func open(
        _ image: BaseImage,
        begin: () -> Void = {}
    ) async throws -> (source: OpenedSource, wasPacked: Bool) {
        guard image.layers.count == image.config.diffIDs.count else {
            throw ExecutionError.layersDoNotMatch(
                image.name,
                layers: image.layers.count,
                diffIDs: image.config.diffIDs.count
            )
        }
        let layers = zip(image.layers, zip(image.config.diffIDs, image.config.diffIDs.chainIDs)).map {
            BaseLayer(blob: $0, diffID: $1.0, chainID: $1.1)
        }
        let packed = try layers.filter { try unpacked($0.chainID) == nil }
        guard !packed.isEmpty else { return (opened(image, try unpack(layers, of: image)), false) }
        begin()
        let downloads = try images.downloads(of: packed.map(\.blob), of: image)
        let chain = try await withThrowingTaskGroup(of: Void.self) { group in
            // Not on the threads for work that blocks: all of them may be waiting for what comes.
            group.addTask(executorPreference: globalConcurrentExecutor) { [images] in try await images.run(downloads) }
            // In order, each while it and later ones are still coming.
            let chain = try unpack(layers, of: image, downloads)
            try await group.waitForAll()
            return chain
        }
        return (opened(image, chain), true)
    }

    /// The state that a base begins with.
    ///
    /// Of a base the times are those of its layers, all of which its diffIDs tell.
    private func opened(_ image: BaseImage, _ chain: (tree: Tree, deltas: [Solver.DeltaID])) -> OpenedSource {
        var times = CanonicalEncoder(domain: "times.base.1")
        for diffID in image.config.diffIDs { times.append(diffID.description) }
        return OpenedSource(state: StepState(tree: chain.tree, times: times.hash), deltas: chain.deltas)
    }

    private struct BaseLayer {
        var blob: OCI.Descriptor
        var diffID: Digest
        var chainID: Digest
    }

    private func unpack(
        _ layers: [BaseLayer],
        of image: BaseImage,
        _ downloads: [Digest: GrowingBlob] = [:]
    ) throws -> (tree: Tree, deltas: [Solver.DeltaID]) {
        var tree = Tree.empty
        var chain: [Solver.DeltaID] = []
        var decoding: [Digest: DecodingLayer] = [:]
        for (index, layer) in layers.enumerated() {
            try Task.checkCancellation()
            // What comes next is decoded meanwhile, as far as its blob is here.
            for next in layers.dropFirst(index + 1).prefix(BaseUnpack.decodedAhead) where decoding[next.chainID] == nil
            {
                decoding[next.chainID] = try decode(next, of: image, downloads[next.blob.digest])
            }
            let begun = decoding.removeValue(forKey: layer.chainID)
            let stored = try unpacked(layer.chainID)
            let result = try stored ?? unpack(layer, of: image, over: tree, chain, downloads[layer.blob.digest], begun)
            tree = result.tree
            chain.append(deltas.note(result.delta))
        }
        return (tree, chain)
    }

    /// Layers that are decoded while one below them is applied; each holds some 10 MB at most.
    private static let decodedAhead = min(BlockingThreads.processorCount - 1, 2)

    /// Begins to decode a layer; nil if it is unpacked already or its blob is not whole yet.
    private func decode(_ layer: BaseLayer, of image: BaseImage, _ download: GrowingBlob?) throws -> DecodingLayer? {
        guard download?.growth.isWhole ?? true, try unpacked(layer.chainID) == nil,
            let blob = try images.openLayer(layer.blob, of: image)
        else { return nil }
        // What was downloaded just now was verified.
        let digest = download == nil ? layer.blob.digest : nil
        let expected = ExpectedLayer(digest: digest, size: layer.blob.size, diffID: layer.diffID)
        return try DecodingLayer(blob, expecting: expected)
    }

    /// A base layer that an earlier build has unpacked; its snapshot may be gone while its packed form is there.
    private func unpacked(_ chainID: Digest) throws -> StoredBaseLayer? {
        let known = try store.results.baseLayer(chainID: chainID)
        guard let delta = known?.delta, delta.isEmpty || delta.snapshot != nil else { return nil }
        return known
    }

    private func unpack(
        _ layer: BaseLayer,
        of image: BaseImage,
        over tree: Tree,
        _ chain: [Solver.DeltaID],
        _ download: GrowingBlob?,
        _ decoding: DecodingLayer?
    ) throws -> StoredBaseLayer {
        // Another process may be at the same layer: its result is waited for, not made twice.
        let lock = try store.lockStep(ContentHash(of: Array("base layer \(layer.chainID)".utf8)))
        defer { withExtendedLifetime(lock) {} }
        if let known = try unpacked(layer.chainID) { return known }
        let below = Below(tree: tree, source: store.trees, lowers: try deltas.lowers(of: chain))
        let unpacked = try apply(layer, of: image, over: below, download, decoding)
        let applied = unpacked.layer
        for notice in applied.notices { events(.warning(notice.message, nil)) }
        let editor = try TreeEditor(tree, source: store.trees)
        try editor.apply(applied.delta)
        let result = try editor.commit(into: store.trees)
        let never = FileTime(seconds: .max)
        let digest = applied.delta.digest(from: never, to: never)
        let isEmpty = applied.delta.isEmpty
        var delta = NewDelta(snapshot: isEmpty ? nil : try unpacked.snapshot.commit(), isEmpty: isEmpty, digest: digest)
        delta.diffID = layer.diffID
        delta.writtenBytes = applied.delta.plainSize
        try store.images.noteVerified(layer.blob.digest, diffID: layer.diffID)
        return try store.results.putBaseLayer(chainID: layer.chainID, delta: delta, tree: result)
    }

    /// A layer's files in a snapshot that is not committed yet.
    private struct UnpackedLayer: ~Copyable {
        var layer: AppliedLayer
        var snapshot: PendingSnapshot
    }

    private func apply(
        _ layer: BaseLayer,
        of image: BaseImage,
        over below: Below,
        _ download: GrowingBlob?,
        _ decoding: DecodingLayer?
    ) throws -> UnpackedLayer {
        if let decoding {
            let pending = try store.snapshots.begin()
            let applied = try LayerApply(upper: pending.fs, below: below).apply(decoding)
            return UnpackedLayer(layer: applied, snapshot: pending)
        }
        if let download {
            do {
                // The client verifies the blob; it is not hashed twice.
                let expected = ExpectedLayer(diffID: layer.diffID)
                return try apply(download.file, download.growth, expecting: expected, over: below)
            } catch let error as CancellationError {
                throw error
            } catch {
                // What came may have been begun anew, or be bad, or another process has brought it: the blob that was
                // verified decides.
                let isHere = Result { try download.growth.wait() }
                if try !store.content.contains(layer.blob.digest) { try isHere.get() }
            }
        }
        guard let blob = try images.openLayer(layer.blob, of: image) else {
            throw ExecutionError.missingLayer(layer.blob.digest, of: image.name)
        }
        let expected = ExpectedLayer(digest: layer.blob.digest, size: layer.blob.size, diffID: layer.diffID)
        return try apply(blob, nil, expecting: expected, over: below)
    }

    private func apply(
        _ blob: Linux.Descriptor,
        _ growth: FileGrowth?,
        expecting expected: ExpectedLayer,
        over below: Below
    ) throws -> UnpackedLayer {
        let pending = try store.snapshots.begin()
        let applied = try LayerApply(upper: pending.fs, below: below).apply(blob, growth: growth, expecting: expected)
        return UnpackedLayer(layer: applied, snapshot: pending)
    }
}
