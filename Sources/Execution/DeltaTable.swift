package import Linux
package import Solver
package import Store
internal import Synchronization

/// The deltas that a build has come across: by the number that the solver hands around, where each one is.
package final class DeltaTable: Sendable {
    let store: StateRoot
    private let state = Mutex(State())

    private struct State {
        var deltas: [Solver.DeltaID: StoredDelta] = [:]
        var directories: [SnapshotID: Directory] = [:]
    }

    package init(store: StateRoot) { self.store = store }

    /// Notes a delta and gives its number for the solver.
    package func note(_ delta: StoredDelta) -> Solver.DeltaID {
        let id = Solver.DeltaID(delta.id.number)
        state.withLock { $0.deltas[id] = delta }
        return id
    }

    package subscript(id: Solver.DeltaID) -> StoredDelta? { state.withLock { $0.deltas[id] } }

    /// The upper directories of a chain, the topmost first, without those of empty deltas: what an overlay is made of.
    package func lowers(of chain: [Solver.DeltaID]) throws -> [Directory] {
        var lowers: [Directory] = []
        // Steps that make the same change share a delta. Where one is in a chain twice, the upper one covers every path of
        // the lower; and overlay refuses to have a directory twice.
        var seen: Set<Solver.DeltaID> = []
        for id in chain.reversed() where seen.insert(id).inserted {
            if let directory = try directory(of: id) { lowers.append(directory) }
        }
        return lowers
    }

    /// The upper directory of one delta; nil if it is empty.
    package func directory(of id: Solver.DeltaID) throws -> Directory? {
        guard let delta = self[id], !delta.isEmpty else { return nil }
        if let snapshot = delta.snapshot { return try directory(snapshot) }
        let unpacked = try unpack(delta)
        _ = note(unpacked)
        guard let snapshot = unpacked.snapshot else { throw ExecutionError.notUnpacked }
        return try directory(snapshot)
    }

    private func directory(_ snapshot: SnapshotID) throws -> Directory {
        if let known = state.withLock({ $0.directories[snapshot] }) { return known }
        let opened = try store.snapshots.open(snapshot)
        state.withLock { $0.directories[snapshot] = opened }
        return opened
    }
}
