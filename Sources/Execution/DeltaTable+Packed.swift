internal import Bytes
internal import Layers
internal import Linux
internal import OCI
internal import Solver
internal import Store
internal import Trees

// Deltas that are only packed (`cache.md`, Words): what is asked of them without unpacking, and how they are unpacked.
extension DeltaTable {
    /// Bytes of a listing; some millions of entries.
    private static let listingLimit = 1 << 30

    /// Unpacks a delta that is only packed, unless another build was first.
    func unpack(_ delta: StoredDelta) throws -> StoredDelta {
        guard let digest = delta.listing else { throw ExecutionError.notUnpacked }
        let lock = try store.lockStep(ContentHash(of: Array("unpacked delta \(delta.id.number)".utf8)))
        defer { withExtendedLifetime(lock) {} }
        guard let current = try store.results.delta(delta.id, acceptsPacked: true) else {
            throw ExecutionError.notUnpacked
        }
        if current.snapshot != nil { return current }
        guard let layer = try store.results.packed(delta.id).first,
            let blob = try store.content.open(layer.descriptor.digest)
        else { throw ExecutionError.notUnpacked }
        let listing = try listing(digest)
        let pending = try store.snapshots.begin()
        let expected = ExpectedLayer(
            digest: layer.descriptor.digest,
            size: layer.descriptor.size,
            diffID: layer.diffID
        )
        try LayerRestore(upper: pending.fs, listing: listing).run(blob, expecting: expected)
        return try store.results.attach(try pending.commit(meta: listing.delta.encoded), to: delta.id)
    }

    /// What the upper directory of a delta is, or would be.
    private func listing(_ digest: Digest) throws -> UpperListing {
        guard let bytes = try store.content.read(digest, limit: DeltaTable.listingLimit) else {
            throw ExecutionError.notUnpacked
        }
        return try UpperListing(encoded: bytes)
    }

    /// Answers which time the files of a chain have, from its snapshots and listings: nothing is unpacked for it.
    func times(of chain: [Solver.DeltaID]) throws -> @Sendable (TreePath) -> FileTime? {
        var layers: [@Sendable (TreePath) -> FileTime?] = []
        var seen: Set<Solver.DeltaID> = []
        for id in chain.reversed() where seen.insert(id).inserted {
            guard let delta = self[id], !delta.isEmpty else { continue }
            if delta.snapshot == nil, let digest = delta.listing {
                let times = try listing(digest).times
                layers.append { times[$0] }
            } else if let directory = try directory(of: id) {
                layers.append { Below.modified($0, in: directory) }
            }
        }
        return { [layers] path in
            for layer in layers { if let time = layer(path) { return time } }
            return nil
        }
    }
}

extension UpperListing {
    /// The times of all directories: what is asked for while something is laid over them.
    fileprivate var times: [TreePath: FileTime] {
        var times: [TreePath: FileTime] = [.root: rootModified]
        for entry in delta.entries {
            if case .directory(_, let modified, _) = entry.change, !entry.path.isRoot { times[entry.path] = modified }
        }
        return times
    }
}
