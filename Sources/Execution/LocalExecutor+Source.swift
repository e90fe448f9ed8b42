internal import Bytes
package import Graph
internal import Layers
internal import Linux
internal import OCI
package import Solver
internal import Store
package import Trees

extension LocalExecutor {
    package func open(
        _ source: Source,
        for vertex: VertexID,
        reading reads: [TreeRead]
    ) async throws -> OpenedSource {
        switch source {
        case .scratch: return OpenedSource(state: .empty)
        case .image(let image): return try open(image, for: vertex)
        case .local(let local):
            let tree = try await inputs.open(local, for: vertex, reading: reads)
            return OpenedSource(state: StepState(tree: tree, times: StepState.empty.times))
        }
    }

    /// A base image's layers, unpacked as far as no earlier build has unpacked them.
    private func open(_ image: BaseImage, for vertex: VertexID) throws -> OpenedSource {
        guard image.layers.count == image.config.diffIDs.count else {
            throw ExecutionError.layersDoNotMatch(
                image.name,
                layers: image.layers.count,
                diffIDs: image.config.diffIDs.count
            )
        }
        var tree = Tree.empty
        var chain: [Solver.DeltaID] = []
        var chainID: Digest?
        var unpackingSince: ContinuousClock.Instant?
        for (layer, diffID) in zip(image.layers, image.config.diffIDs) {
            let id = LocalExecutor.chainID(of: diffID, above: chainID)
            chainID = id
            let stored = try unpacked(id)
            if stored == nil, unpackingSince == nil {
                unpackingSince = .now
                events(.started(vertex))
            }
            let layer = try stored ?? unpack(layer, diffID, id, of: image, over: tree, chain)
            tree = layer.tree
            chain.append(deltas.note(layer.delta))
        }
        if let start = unpackingSince { events(.finished(vertex, nanoseconds: (.now - start).nanoseconds)) }
        // Of a base the times are those of its layers, all of which its diffIDs tell.
        var times = CanonicalEncoder(domain: "times.base.1")
        for diffID in image.config.diffIDs { times.append(diffID.description) }
        return OpenedSource(state: StepState(tree: tree, times: times.hash), deltas: chain)
    }

    /// A base layer that an earlier build has unpacked; its snapshot may be gone while its packed form is there.
    private func unpacked(_ chainID: Digest) throws -> StoredBaseLayer? {
        let known = try store.results.baseLayer(chainID: chainID)
        guard let delta = known?.delta, delta.isEmpty || delta.snapshot != nil else { return nil }
        return known
    }

    /// The name of a chain of layers (OCI image-spec, "Layer ChainID").
    private static func chainID(of diffID: Digest, above parent: Digest?) -> Digest {
        guard let parent else { return diffID }
        return Digest(of: Array("\(parent) \(diffID)".utf8))
    }

    private func unpack(
        _ layer: OCI.Descriptor,
        _ diffID: Digest,
        _ chainID: Digest,
        of image: BaseImage,
        over tree: Tree,
        _ chain: [Solver.DeltaID]
    ) throws -> StoredBaseLayer {
        // Another process may be at the same layer: its result is waited for, not made twice.
        let lock = try store.lockStep(ContentHash(of: Array("base layer \(chainID)".utf8)))
        defer { withExtendedLifetime(lock) {} }
        if let known = try unpacked(chainID) { return known }
        let below = Below(tree: tree, source: store.trees, lowers: try deltas.lowers(of: chain))
        let blob = try inputs.openLayer(layer, of: image)
        let pending = try store.snapshots.begin()
        let expected = ExpectedLayer(digest: layer.digest, size: layer.size, diffID: diffID)
        let applied = try LayerApply(upper: pending.fs, below: below).apply(blob, expecting: expected)
        for notice in applied.notices { events(.warning(notice.message, nil)) }
        let editor = try TreeEditor(tree, source: store.trees)
        try editor.apply(applied.delta)
        let result = try editor.commit(into: store.trees)
        let never = FileTime(seconds: .max)
        let digest = applied.delta.digest(from: never, to: never)
        let isEmpty = applied.delta.isEmpty
        var delta = NewDelta(snapshot: isEmpty ? nil : try pending.commit(), isEmpty: isEmpty, digest: digest)
        delta.diffID = diffID
        delta.writtenBytes = applied.delta.plainSize
        return try store.results.putBaseLayer(chainID: chainID, delta: delta, tree: result)
    }
}
