package import Bytes
internal import Glibc
package import Graph
internal import Layers
internal import Linux
package import OCI
package import Solver
package import Store
internal import Synchronization
package import Trees

/// Does the steps of a build on this machine, through the store and the sandbox.
package final class LocalExecutor: Executor {
    /// What a caller may choose.
    package struct Options: Sendable {
        /// After every step the mounted root is walked and compared with the computed tree.
        package var checksTrees: Bool
        /// The copies that go straight into their packed form.
        package var packedCopies: PackedCopies?
        /// The variables of this process: where `git` is, and through which proxies it goes.
        package var environment: [ByteString: ByteString]

        package init(
            checksTrees: Bool = false,
            packedCopies: PackedCopies? = nil,
            environment: [ByteString: ByteString] = [:]
        ) {
            self.checksTrees = checksTrees
            self.packedCopies = packedCopies
            self.environment = environment
        }
    }

    let store: StateRoot
    let inputs: BuildInputs
    let deltas: DeltaTable
    let options: Options
    let secrets: Secrets
    let agents: Agents
    let events: EventSink
    let folder: BuildFolder
    private let firstKills = Mutex<UInt64?>(nil)

    package init(
        store: StateRoot,
        inputs: BuildInputs,
        deltas: DeltaTable,
        options: Options,
        secrets: Secrets = Secrets(),
        agents: Agents = Agents(),
        events: @escaping EventSink
    ) {
        self.store = store
        self.inputs = inputs
        self.deltas = deltas
        self.options = options
        self.secrets = secrets
        self.agents = agents
        self.events = events
        folder = BuildFolder(store: store)
    }

    package var trees: any TreeSource { inputs }

    /// Processes that the kernel had killed for want of memory before the first step ran; read once a build.
    var outOfMemoryKills: UInt64 {
        firstKills.withLock { known in
            let count = known ?? OutOfMemory.killCount ?? 0
            known = count
            return count
        }
    }

    package func lockStep(_ key: ContentHash, waiting: @Sendable () -> Void) async throws -> any StepLocking {
        if let lock = try store.tryLockStep(key) { return HeldStepLock(lock) }
        waiting()
        return HeldStepLock(try store.lockStep(key))
    }

    private final class HeldStepLock: StepLocking {
        private let lock: StepLock

        init(_ lock: consuming StepLock) { self.lock = lock }
    }

    package func execute(_ job: StepJob) async throws -> StepResult {
        try store.checkReserve()
        switch job.vertex.operation {
        case .source: preconditionFailure("sources are opened, not executed")
        case .file(let actions):
            if let copies = options.packedCopies, copies.vertices.contains(job.vertex.id),
                let result = try await packFileActions(actions, job, copies)
            {
                return result
            }
            return try await runFileActions(actions, job)
        case .run(let step): return try await runProcess(step, job)
        }
    }

    /// What a step is laid over: for a linked copy nothing.
    func below(_ job: StepJob) throws -> Below { job.vertex.operation.isLinked ? .nothing : try parent(of: job) }

    /// The tree that a step has before it.
    func parent(of job: StepJob) throws -> Below {
        guard let parent = job.inputs.first else { return .nothing }
        return Below(tree: parent.state.tree, source: store.trees, lowers: try deltas.lowers(of: parent.deltas))
    }

    /// The value by which the snapshots of two deltas may stand for each other (`cache.md` rule 2).
    ///
    /// An upper directory has the attributes of `/` itself, which a delta names only where they were changed.
    private func snapshotDigest(
        _ delta: Delta,
        root: Attributes,
        from start: FileTime,
        to end: FileTime
    ) -> ContentHash {
        var encoder = CanonicalEncoder(domain: "delta.snapshot.1")
        encoder.append(delta.digest(from: start, to: end))
        root.encode(into: &encoder)
        return encoder.hash
    }

    /// Computes the tree after a step and keeps its result.
    ///
    /// `started`: the file clock before the step's first change; `begun`: the same moment by a clock that nobody sets.
    /// `setsTimes`: whether times that the step set count (RUN); those of COPY come from its sources.
    func keep(
        _ pending: consuming PendingSnapshot,
        _ delta: Delta,
        of job: StepJob,
        started: FileTime,
        since begun: ContinuousClock.Instant,
        setsTimes: Bool
    ) throws -> StepResult {
        let change = try change(delta, of: job, started: started, setsTimes: setsTimes)
        let origin: NewResult.DeltaOrigin
        if let earlier = try store.results.delta(operation: job.operationKey, digest: change.digest) {
            // The same change as before, times included: its layer is packed already, and stays what it was.
            pending.rollBack()
            origin = .earlier(earlier)
        } else if delta.isEmpty {
            pending.rollBack()
            origin = .made(NewDelta(snapshot: nil, isEmpty: true, digest: change.digest))
        } else {
            var made = NewDelta(
                snapshot: try pending.commit(meta: delta.encoded),
                isEmpty: false,
                digest: change.digest
            )
            made.count(delta)
            origin = .made(made)
        }
        return try keep(origin, change, of: job, since: begun)
    }

    /// What a delta makes of the tree before it.
    struct Change {
        var tree: Tree
        var times: ContentHash
        var digest: ContentHash
        var ended: FileTime
    }

    func change(_ delta: Delta, of job: StepJob, started: FileTime, setsTimes: Bool) throws -> Change {
        let parent = job.base
        let ended = FileTime.now
        let editor = try TreeEditor(parent.tree, source: store.trees)
        try editor.apply(delta)
        let tree = try editor.commit(into: store.trees)
        return Change(
            tree: tree,
            times: setsTimes ? parent.times(after: delta, from: started, to: ended) : parent.times,
            digest: snapshotDigest(delta, root: tree.rootAttributes, from: started, to: ended),
            ended: ended
        )
    }

    func keep(
        _ origin: NewResult.DeltaOrigin,
        _ change: Change,
        of job: StepJob,
        since begun: ContinuousClock.Instant
    ) throws -> StepResult {
        var row = NewResult(
            definitionKey: job.definitionKey,
            contentKey: job.contentKey,
            operation: job.operationKey,
            delta: origin,
            inputTree: job.base.tree.digest,
            inputTimes: job.base.times,
            output: change.tree,
            outputTimes: change.times,
            created: change.ended
        )
        row.record = job.record.encoded
        row.description = ByteString(job.vertex.name)
        row.costNanoseconds = Int64(clamping: (.now - begun).nanoseconds)
        let result = StepResult(try store.results.put(row), in: deltas)
        // Looked at through the snapshot that later steps will really use, which may be an earlier one.
        if options.checksTrees { try check(change.tree, with: result.delta, job) }
        return result
    }
}

extension NewDelta {
    /// Counts the files that a delta writes.
    mutating func count(_ delta: Delta) {
        writtenBytes = delta.plainSize
        for case .write(let written, _, nil) in delta.entries.lazy.map(\.change) where written.kind == .file {
            writtenFiles += 1
        }
    }
}

extension StepResult {
    /// A row of the index as the solver sees it.
    init(_ stored: StoredResult, in deltas: DeltaTable) {
        self.init(
            output: StepState(tree: stored.output, times: stored.outputTimes),
            delta: deltas.note(stored.delta),
            contentKey: stored.contentKey,
            created: stored.created
        )
    }
}
