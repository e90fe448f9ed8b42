package import Bytes
package import Graph
package import OCI
package import Solver
internal import Synchronization
package import Trees

/// Does steps in memory: a RUN is a closure over a model of its tree, files are copied by simple rules.
///
/// It records what it did. One executor is one build; what outlives a build is in the ``MemoryWorld``.
package final class MemoryExecutor: Executor {
    /// What a RUN does; the words are those that the process is started with.
    package typealias Program = @Sendable (_ step: ProcessStep, _ process: inout ToyProcess) throws -> Void

    /// Called before a step, on the task of its vertex.
    package typealias Hook = @Sendable (StepJob) async throws -> Void

    /// Runs the last word by ``ToyShell``.
    package static let toyShell: Program = { step, process in
        try ToyShell.run(step.arguments.last ?? "", in: &process)
    }

    private struct State {
        var executed: [VertexID] = []
        var opened: [VertexID] = []
        var held: Set<ContentHash> = []
        var mostAtOnce = 0
        var atOnce = 0
    }

    private let world: MemoryWorld
    private let contexts: [ByteString: FileModel]
    private let program: Program
    private let hook: Hook
    private let state = Mutex(State())

    package init(
        world: MemoryWorld,
        contexts: [ByteString: FileModel],
        program: @escaping Program = MemoryExecutor.toyShell,
        hook: @escaping Hook = { _ in }
    ) {
        self.world = world
        self.contexts = contexts
        self.program = program
        self.hook = hook
    }

    package var trees: any TreeSource { world.trees }

    /// The vertices that ran, in the order in which they started.
    package var executed: [VertexID] { state.withLock { $0.executed } }

    /// The sources that were opened.
    package var opened: [VertexID] { state.withLock { $0.opened } }

    package func open(
        _ source: Source,
        for vertex: VertexID,
        reading reads: [TreeRead]
    ) async throws -> OpenedSource {
        state.withLock { $0.opened.append(vertex) }
        switch source {
        case .scratch: return OpenedSource(state: .empty)
        case .image(let image): return try world.open(image)
        case .local(let local): return try open(context: local.name)
        // A download is a folder with one file, under its address.
        case .http(let file): return try open(context: file.address)
        case .git(let repository): return try open(context: repository.remote)
        }
    }

    private func open(context name: ByteString) throws -> OpenedSource {
        guard let model = contexts[name] else { throw ToyFailure(command: "context " + name) }
        let tree = try model.tree(into: world.trees)
        return OpenedSource(state: StepState(tree: tree, times: StepState.empty.times))
    }

    private final class Lock: StepLocking {}

    package func lockStep(_ key: ContentHash, waiting: @Sendable () -> Void) async throws -> any StepLocking { Lock() }

    package func execute(_ job: StepJob) async throws -> StepResult {
        state.withLock { $0.executed.append(job.vertex.id) }
        try await hook(job)
        let parent = job.base
        let (start, end) = world.tick()
        let delta: Delta
        var isRun = false
        switch job.vertex.operation {
        case .source: throw ToyFailure(command: "a source is opened")
        case .file(let actions):
            var copier = ToyCopier(files: try FileModel(parent.tree, from: trees), world: world, now: start)
            try copier.run(actions, job)
            delta = copier.delta
        case .run(let step):
            delta = try run(step, over: parent, job, at: start)
            isRun = true
        }
        let editor = try TreeEditor(parent.tree, source: trees)
        try editor.apply(delta)
        let tree = try editor.commit(into: world.trees)
        let times = isRun ? parent.times(after: delta, from: start, to: end) : parent.times
        let digest = delta.digest(from: start, to: end)
        let id = world.results.keep(delta, digest: digest, of: job.operationKey)
        let output = StepState(tree: tree, times: times)
        let result = StepResult(output: output, delta: id, contentKey: job.contentKey)
        world.results.keep(result, definitionKey: job.definitionKey)
        return result
    }

    package func lay(_ result: StepResult, over parent: Outcome) async throws -> Tree {
        let editor = try TreeEditor(parent.state.tree, source: trees)
        try editor.lay(result.output.tree)
        return try editor.commit(into: world.trees)
    }

    private func mounts(of step: ProcessStep, _ job: StepJob) throws -> [ByteString: FileModel] {
        var result: [ByteString: FileModel] = [:]
        for (mount, selection) in zip(step.mounts, job.selections) {
            guard case .bind = mount.kind, let target = mount.target else { continue }
            for item in selection?.items ?? [] {
                if case .directory(let hash) = item.entry.node {
                    let tree = Tree(rootAttributes: item.entry.attributes, rootObject: hash)
                    result[target] = try FileModel(tree, from: trees)
                } else {
                    var model = FileModel()
                    model.write(.root, item.entry)
                    result[target] = model
                }
            }
        }
        return result
    }

    private func run(_ step: ProcessStep, over parent: StepState, _ job: StepJob, at now: FileTime) throws -> Delta {
        let before = try FileModel(parent.tree, from: trees)
        let chain = job.inputs.first?.deltas ?? []
        let results = world.results
        var process = ToyProcess(
            files: before,
            environment: step.environment,
            treeDigest: parent.tree.digest,
            modified: { path in
                for id in chain.reversed() {
                    for entry in results[id].entries where entry.path == path {
                        if case .write(_, let modified, _) = entry.change { return modified }
                        return nil
                    }
                }
                return nil
            },
            unique: UInt64(now.seconds),
            now: now,
            mounts: try mounts(of: step, job),
            contents: world.contents
        )
        try program(step, &process)
        return before.delta(
            to: process.files,
            modified: now,
            recreated: process.recreated.filter { before.isDirectory($0) && process.files.isDirectory($0) },
            rewritten: process.rewritten
        )
    }
}
