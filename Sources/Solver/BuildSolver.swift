internal import Bytes
package import Graph
internal import OCI
internal import Trees

/// Decides what of a graph has to run, in which order, and what earlier results answer.
///
/// It does nothing itself.
///
/// Vertices whose inputs are done are solved side by side. The first failure stops the rest.
package struct BuildSolver: Sendable {
    private let graph: BuildGraph
    private let executor: any Executor
    private let results: any ResultLookup
    private let events: EventSink
    private let turns = StepTurns()

    package init(
        graph: BuildGraph,
        executor: any Executor,
        results: any ResultLookup,
        events: @escaping EventSink
    ) {
        self.graph = graph
        self.executor = executor
        self.results = results
        self.events = events
    }

    /// Solves every vertex that something needs.
    ///
    /// - Returns: the outcomes by vertex. A base image that no step reads has none: nothing of it was opened.
    /// - Throws: `StepFailure` for a vertex, `CancellationError` when the task was cancelled.
    package func solve() async throws -> [VertexID: Outcome] {
        let needed = neededVertices()
        var dependents: [VertexID: [VertexID]] = [:]
        var open: [VertexID: Int] = [:]
        for vertex in needed {
            let inputs = Set(vertex.inputs)
            open[vertex.id] = inputs.count
            for input in inputs { dependents[input, default: []].append(vertex.id) }
        }
        let readers = readers(of: needed)
        var outcomes: [VertexID: Outcome] = [:]
        try await withThrowingTaskGroup(of: (VertexID, Outcome).self) { group in
            func start(_ vertex: Vertex) {
                let inputs = vertex.inputs.compactMap { outcomes[$0] }
                group.addTask { (vertex.id, try await solveReporting(vertex, inputs, readers[vertex.id] ?? [])) }
            }
            for vertex in needed where open[vertex.id] == 0 { start(vertex) }
            while let (id, outcome) = try await group.next() {
                outcomes[id] = outcome
                for dependent in dependents[id] ?? [] {
                    let left = (open[dependent] ?? 0) - 1
                    open[dependent] = left
                    if left == 0 { start(graph[dependent]) }
                }
            }
        }
        return outcomes
    }

    /// The steps of the image with all that they read, in the graph's order.
    ///
    /// A source that no step reads is not among them.
    private func neededVertices() -> [Vertex] {
        var isNeeded = Array(repeating: false, count: graph.vertices.count)
        for id in graph.image.chain {
            if case .source = graph[id].operation { continue }
            isNeeded[id.index] = true
        }
        for vertex in graph.vertices.reversed() where isNeeded[vertex.id.index] {
            for input in vertex.inputs { isNeeded[input.index] = true }
        }
        return graph.vertices.filter { isNeeded[$0.id.index] }
    }

    private func solveReporting(_ vertex: Vertex, _ inputs: [Outcome], _ readers: [Reader]) async throws -> Outcome {
        do {
            return try await solve(vertex, inputs, readers)
        } catch let failure as StepFailure {
            throw failure
        } catch let error as CancellationError {
            throw error
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw StepFailure(vertex: vertex, underlying: error)
        }
    }

    /// `readers`: what all steps read of the vertex.
    private func solve(_ vertex: Vertex, _ inputs: [Outcome], _ readers: [Reader]) async throws -> Outcome {
        let operationKey = Keys.operation(vertex.operation)
        if case .source(let source) = vertex.operation {
            let opened = try await executor.open(source, for: vertex.id, reading: readers.map(\.read))
            if case .local = source { try checkReaders(readers, in: opened.state.tree) }
            return Outcome(state: opened.state, deltas: opened.deltas, definitionKey: operationKey)
        }
        let job = try job(for: vertex, inputs, operationKey)
        let result = try await result(of: job)
        var state = result.output
        if let parent = inputs.first, vertex.operation.isLinked {
            // The row holds what the copy made of nothing, whatever it is laid over.
            state.tree = try await executor.lay(result, over: parent)
        }
        // Files that are copied add no times: those of the chain go on, also through a row that another chain has made.
        if case .file = vertex.operation { state.times = (inputs.first?.state ?? .empty).times }
        var writers = CacheWriters(merging: inputs.map(\.cacheWriters))
        writers.note(vertex, definitionKey: job.definitionKey)
        return Outcome(
            state: state,
            deltas: (inputs.first?.deltas ?? []) + [result.delta],
            definitionKey: job.definitionKey,
            created: result.created,
            cacheWriters: writers
        )
    }

    /// A step, and what it reads of another vertex's tree than the one it is laid over.
    private struct Reader {
        let vertex: Vertex
        let read: TreeRead
    }

    /// What some steps read of other vertices' trees, by what they read.
    private func readers(of vertices: [Vertex]) -> [VertexID: [Reader]] {
        var readers: [VertexID: [Reader]] = [:]
        for vertex in vertices {
            for case .some(let read) in vertex.operation.reads {
                readers[vertex.inputs[read.input], default: []].append(Reader(vertex: vertex, read: read.read))
            }
        }
        return readers
    }

    /// Looks for files that steps name and a folder does not have, so that all of them are told, and at once.
    private func checkReaders(_ readers: [Reader], in tree: Tree) throws {
        var failures: [StepFailure] = []
        for reader in readers where failures.count < Self.failureLimit {
            guard let missing = try reader.read.missing(in: tree, from: executor.trees) else { continue }
            failures.append(StepFailure(vertex: reader.vertex, underlying: missing))
        }
        guard var first = failures.first else { return }
        first.others = Array(failures.dropFirst())
        throw first
    }

    /// How many failures are told together.
    private static let failureLimit = 20

    private func job(for vertex: Vertex, _ inputs: [Outcome], _ operationKey: ContentHash) throws -> StepJob {
        let parent = inputs.first?.state ?? .empty
        let isLinked = vertex.operation.isLinked
        let selections = try vertex.operation.reads.map { read in
            try read.map { try $0.read.selection(in: inputs[$0.input].state.tree, from: executor.trees) }
        }
        var selected: Set<Int> = isLinked ? [0] : []
        for (index, input) in vertex.inputs.enumerated() {
            if case .source(let source) = graph[input].operation, source.countsBySelection { selected.insert(index) }
        }
        let isRun = if case .run = vertex.operation { true } else { false }
        let writers = CacheWriters(merging: inputs.map(\.cacheWriters))
        let caches = vertex.operation.caches
        let definitionKey = Keys.definition(
            operation: operationKey,
            inputs: inputs,
            selections: selections,
            selectedInputs: selected
        )
        let contentKey = Keys.content(
            operation: operationKey,
            parent: isLinked ? nil : parent,
            readsTimes: isRun,
            selections: selections,
            caches: caches.map { writers[$0.id] }
        )
        var record = KeyRecord(of: vertex.operation)
        if !isLinked { record.add("parent tree", parent.tree.digest) }
        if isRun { record.add("parent times", parent.times) }
        for selection in selections { if let selection { record.add("selection", selection.digest) } }
        for cache in caches { if let writer = writers[cache.id] { record.add("cache " + cache.id, writer) } }
        return StepJob(
            vertex: vertex,
            inputs: inputs,
            selections: selections,
            operationKey: operationKey,
            definitionKey: definitionKey,
            contentKey: contentKey,
            record: record
        )
    }

    private func result(of job: StepJob) async throws -> StepResult {
        let id = job.vertex.id
        if !job.vertex.ignoresCache, let found = try await lookUp(job) { return found }
        await turns.enter(job.contentKey)
        defer { turns.leave(job.contentKey) }
        try Task.checkCancellation()
        // Held until the result is kept, so that another process finds it and does not repeat the step.
        let lock = try await executor.lockStep(job.contentKey) { [events] in events(.waiting(id)) }
        defer { withExtendedLifetime(lock) {} }
        if !job.vertex.ignoresCache, let found = try await resultByContent(job) { return found }
        events(.started(id))
        let start = ContinuousClock.now
        let result = try await executor.execute(job)
        events(.finished(id, nanoseconds: (.now - start).nanoseconds))
        return result
    }

    /// An earlier result that is right for the job.
    ///
    /// The definition's row is believed only if what it read is what there is now (`cache.md` rule 5): a step before it
    /// may have run again since and come to something else.
    private func lookUp(_ job: StepJob) async throws -> StepResult? {
        let id = job.vertex.id
        if let found = try await results.result(definitionKey: job.definitionKey), found.contentKey == job.contentKey {
            events(.cached(id, .unchanged))
            return found
        }
        return try await resultByContent(job)
    }

    private func resultByContent(_ job: StepJob) async throws -> StepResult? {
        guard let found = try await results.result(contentKey: job.contentKey) else { return nil }
        try await results.remember(definitionKey: job.definitionKey, for: found)
        events(.cached(job.vertex.id, .sameInputs))
        return found
    }
}

/// A vertex that failed, and why.
package struct StepFailure: Error {
    package let vertex: Vertex
    package let underlying: any Error
    /// Further steps that cannot run, found in the same run, each without others of its own.
    package fileprivate(set) var others: [StepFailure] = []

    package init(vertex: Vertex, underlying: any Error) {
        self.vertex = vertex
        self.underlying = underlying
    }
}
