package import Graph
package import OCI
package import Trees

/// Does what the solver decides.
///
/// Two conformers: `Execution`'s, and one in memory for the tests.
package protocol Executor: Sendable {
    /// The directory objects of all trees of this build.
    var trees: any TreeSource { get }

    /// Brings a source in: a base image's layers, a scanned folder.
    ///
    /// `reads` are what all steps read of it: of a folder, that must be known by content, the rest need not.
    func open(_ source: Source, for vertex: VertexID, reading reads: [TreeRead]) async throws -> OpenedSource

    /// Takes the lock of a step between processes, waiting while another process runs the same step.
    ///
    /// `waiting` is called once if it has to wait.
    func lockStep(_ key: ContentHash, waiting: @Sendable () -> Void) async throws -> any StepLocking

    /// Runs a step and keeps its result under the job's keys.
    func execute(_ job: StepJob) async throws -> StepResult

    /// Lays the tree that a linked copy made of nothing over the tree before it, and keeps what comes of it.
    func lay(_ result: StepResult, over parent: Outcome) async throws -> Tree
}

/// A lock that is held as long as this object lives.
package protocol StepLocking: AnyObject, Sendable {}

/// A source's tree and the deltas that make it.
package struct OpenedSource: Sendable {
    package var state: StepState
    package var deltas: [DeltaID]

    package init(state: StepState, deltas: [DeltaID] = []) {
        self.state = state
        self.deltas = deltas
    }
}

/// Finds the results of earlier builds.
package protocol ResultLookup: Sendable {
    func result(contentKey: ContentHash) async throws -> StepResult?

    func result(definitionKey: ContentHash) async throws -> StepResult?

    /// Remembers that a definition led to a result that was found by its content.
    func remember(definitionKey: ContentHash, for result: StepResult) async throws
}

/// A step that has to run, with everything that its result is kept under.
package struct StepJob: Sendable {
    package var vertex: Vertex
    /// The vertices' inputs in their order, all done.
    package var inputs: [Outcome]
    /// What is read besides the tree of the first input, in the order of the operation's `reads`.
    package var selections: [Selection?]
    package var operationKey: ContentHash
    package var definitionKey: ContentHash
    package var contentKey: ContentHash
    /// What went into the keys, by name.
    package var record: KeyRecord

    /// What the step's change is relative to: the parent's state, or nothing for a linked copy.
    package var base: StepState {
        vertex.operation.isLinked ? .empty : inputs.first?.state ?? .empty
    }
}
