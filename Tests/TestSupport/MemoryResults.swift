package import OCI
package import Solver
internal import Synchronization
package import Trees

/// Results and deltas of all builds of a test: what a store is to the engine.
package final class MemoryResults: ResultLookup {
    private struct OperationDelta: Hashable {
        let operation: ContentHash
        let digest: ContentHash
    }

    private struct State {
        var rows: [ContentHash: StepResult] = [:]
        var definitions: [ContentHash: ContentHash] = [:]
        var deltas: [Delta] = []
        var known: [OperationDelta: DeltaID] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func result(contentKey: ContentHash) async throws -> StepResult? { state.withLock { $0.rows[contentKey] } }

    package func result(definitionKey: ContentHash) async throws -> StepResult? {
        state.withLock { state in state.definitions[definitionKey].flatMap { state.rows[$0] } }
    }

    package func remember(definitionKey: ContentHash, for result: StepResult) async throws {
        state.withLock { $0.definitions[definitionKey] = result.contentKey }
    }

    /// Keeps a delta; one that the same operation gave before is taken in its place, times and all (`cache.md` rule 2).
    package func keep(_ delta: Delta, digest: ContentHash, of operation: ContentHash) -> DeltaID {
        state.withLock { state in
            let key = OperationDelta(operation: operation, digest: digest)
            if let known = state.known[key] { return known }
            let id = DeltaID(Int64(state.deltas.count))
            state.deltas.append(delta)
            state.known[key] = id
            return id
        }
    }

    /// Keeps a result under its keys, in place of an earlier one.
    package func keep(_ result: StepResult, definitionKey: ContentHash) {
        state.withLock { state in
            state.rows[result.contentKey] = result
            state.definitions[definitionKey] = result.contentKey
        }
    }

    package subscript(delta: DeltaID) -> Delta { state.withLock { $0.deltas[Int(delta.value)] } }

    package var count: Int { state.withLock { $0.rows.count } }

    /// Forgets rows, as a collector of garbage does; the deltas stay, since images have them.
    package func forget(where isForgotten: (Int) -> Bool) {
        state.withLock { state in
            for (index, key) in state.rows.keys.sorted().enumerated() where isForgotten(index) { state.rows[key] = nil }
        }
    }
}
