package import OCI
package import Solver
package import Store

/// The store's index as the solver asks it.
package struct StoredResults: ResultLookup {
    private let store: StateRoot
    private let deltas: DeltaTable

    package init(store: StateRoot, deltas: DeltaTable) {
        self.store = store
        self.deltas = deltas
    }

    package func result(contentKey: ContentHash) async throws -> StepResult? {
        try store.results.result(contentKey: contentKey, acceptsPacked: true).map { StepResult($0, in: deltas) }
    }

    package func result(definitionKey: ContentHash) async throws -> StepResult? {
        try store.results.result(definitionKey: definitionKey, acceptsPacked: true).map { StepResult($0, in: deltas) }
    }

    package func remember(definitionKey: ContentHash, for result: StepResult) async throws {
        try store.results.addDefinitionKey(definitionKey, forContentKey: result.contentKey)
    }
}
