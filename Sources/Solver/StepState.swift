package import Bytes
package import OCI
package import Trees

/// What a step reads of those before it: the tree, and the times that were set on purpose (`Docs/Keys.md`, "Times").
package struct StepState: Sendable, Hashable {
    package var tree: Tree
    package var times: ContentHash

    package init(tree: Tree, times: ContentHash) {
        self.tree = tree
        self.times = times
    }

    /// The state of `FROM scratch`.
    package static let empty = StepState(tree: .empty, times: CanonicalEncoder(domain: "times.none.1").hash)

    /// The times after a RUN (`cache.md` rule 3): the chain so far with what the step's delta adds.
    ///
    /// An empty delta, like a COPY, leaves them as they are.
    ///
    /// `start` is the file clock before the step's first change, `end` the clock after its last.
    package func times(after delta: Delta, from start: FileTime, to end: FileTime) -> ContentHash {
        guard !delta.isEmpty else { return times }
        var encoder = CanonicalEncoder(domain: "times.chain.1")
        encoder.append(times)
        encoder.append(delta.timesDigest(from: start, to: end))
        return encoder.hash
    }
}

/// The number under which the store keeps a delta.
package struct DeltaID: Hashable, Sendable {
    package let value: Int64

    package init(_ value: Int64) { self.value = value }
}

/// What a step came to: its state, and the delta it added.
///
/// A row of the index, as the solver sees it.
package struct StepResult: Sendable, Hashable {
    package var output: StepState
    package var delta: DeltaID
    /// Under which content key it was made.
    package var contentKey: ContentHash
    /// When the step was done; what an image says of its layer.
    package var created: FileTime

    package init(
        output: StepState,
        delta: DeltaID,
        contentKey: ContentHash,
        created: FileTime = FileTime(seconds: 0)
    ) {
        self.output = output
        self.delta = delta
        self.contentKey = contentKey
        self.created = created
    }
}

/// What the solver knows of a vertex once it is done.
package struct Outcome: Sendable {
    package var state: StepState
    /// The deltas that make the tree, base first: what a root is mounted from.
    package var deltas: [DeltaID]
    package var definitionKey: ContentHash
    /// When the step was done; nil for a source.
    package var created: FileTime?
    /// Of each cache mount the last step up to this one, among all that it depends on, that could write to it.
    package var cacheWriters: CacheWriters

    package init(
        state: StepState,
        deltas: [DeltaID],
        definitionKey: ContentHash,
        created: FileTime? = nil,
        cacheWriters: CacheWriters = CacheWriters()
    ) {
        self.state = state
        self.deltas = deltas
        self.definitionKey = definitionKey
        self.created = created
        self.cacheWriters = cacheWriters
    }
}
