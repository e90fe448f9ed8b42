package import Bytes
package import OCI
package import Trees

/// A row of the index: what one execution of a step gave (`cache.md`, Words).
package struct StoredResult: Hashable, Sendable {
    package let id: ResultID
    package let contentKey: ContentHash
    package let operation: ContentHash
    package internal(set) var delta: StoredDelta
    /// The digest of the tree that the step started from.
    package let inputTree: ContentHash
    /// The times digest of the chain that the step started from.
    package let inputTimes: ContentHash
    package let output: Tree
    package let outputTimes: ContentHash
    /// What went into the keys, by name; the caller's own form.
    package let record: [UInt8]
    /// The step as people write it.
    package let description: ByteString
    /// How long the execution took.
    package let costNanoseconds: Int64
    package let created: FileTime
    /// What the step printed, in the content store.
    package let log: Digest?
}

extension StoredResult {
    /// The same result with other facts on its delta.
    func with(_ delta: StoredDelta) -> StoredResult {
        var copy = self
        copy.delta = delta
        return copy
    }
}

/// A result to be stored.
package struct NewResult: Sendable {
    /// Where the result's delta comes from.
    package enum DeltaOrigin: Sendable {
        case made(NewDelta)
        /// An equal delta of the same operation, times included (`cache.md` rule 2).
        case earlier(StoredDelta)
    }

    /// Nil for a result that is to be found by its content key only.
    package var definitionKey: ContentHash?
    package var contentKey: ContentHash
    package var operation: ContentHash
    package var delta: DeltaOrigin
    package var inputTree: ContentHash
    package var inputTimes: ContentHash
    package var output: Tree
    package var outputTimes: ContentHash
    package var record: [UInt8] = []
    package var description: ByteString = ""
    package var costNanoseconds: Int64 = 0
    package var created: FileTime
    package var log: Digest?

    package init(
        definitionKey: ContentHash?,
        contentKey: ContentHash,
        operation: ContentHash,
        delta: DeltaOrigin,
        inputTree: ContentHash,
        inputTimes: ContentHash,
        output: Tree,
        outputTimes: ContentHash,
        created: FileTime
    ) {
        self.definitionKey = definitionKey
        self.contentKey = contentKey
        self.operation = operation
        self.delta = delta
        self.inputTree = inputTree
        self.inputTimes = inputTimes
        self.output = output
        self.outputTimes = outputTimes
        self.created = created
    }
}

/// A base image's layers up to one of them, applied: known by the chain's ID (OCI image-spec, "Layer ChainID").
package struct StoredBaseLayer: Hashable, Sendable {
    package let chainID: Digest
    package let delta: StoredDelta
    package let tree: Tree
}
