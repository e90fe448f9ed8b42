package import Bytes
internal import Dockerfile
package import Graph
package import OCI
package import Solver
internal import Synchronization
package import Trees

/// A build of a Dockerfile in memory.
package struct MemoryBuild: Sendable {
    package var dockerfile: ByteString
    package var buildArguments: [ByteString: ByteString] = [:]
    package var target: ByteString?
    package var ignoresCache = false
    /// Files by the name of the context; the build context is `LocalSource.buildContext`.
    package var contexts: [ByteString: FileModel]
    package var images: [ByteString: NamedInput] = [:]
    package var namedContexts: Set<ByteString> = []
    package var program = MemoryExecutor.toyShell
    package var hook: MemoryExecutor.Hook = { _ in }

    package init(_ dockerfile: ByteString, context: FileModel = FileModel()) {
        self.dockerfile = dockerfile
        contexts = [LocalSource.buildContext.name: context]
    }

    /// What a build came to.
    package struct Image: Sendable {
        package var tree: Tree
        package var files: FileModel
        /// The chain of the image, base first.
        package var layers: [DeltaID]
        package var config: ImageConfig
        /// Names of the vertices that ran, without their numbers, sorted.
        package var executed: [String]
        package var opened: [String]
        /// Names of the vertices that earlier results answered, and how.
        package var cached: [String: CacheHit]
    }

    package func lower() async throws -> LoweringResult {
        var request = LoweringRequest(dockerfile: try DockerfileParser.parse(SourceText(content: dockerfile)))
        request.buildArguments = buildArguments
        request.target = target
        request.ignoresCache = ignoresCache
        request.namedContexts = namedContexts
        return try await Lowering.lower(request, images: MemoryImages(images))
    }

    package func run(in world: MemoryWorld) async throws -> Image {
        let graph = try await lower().graph
        let executor = MemoryExecutor(world: world, contexts: contexts, program: program, hook: hook)
        let hits = Mutex<[VertexID: CacheHit]>([:])
        let solver = BuildSolver(graph: graph, executor: executor, results: world.results) { event in
            if case .cached(let id, let hit) = event { hits.withLock { $0[id] = hit } }
        }
        let outcomes = try await solver.solve()
        func name(_ id: VertexID) -> String { MemoryBuild.plainName(graph[id].name) }
        let last = graph.image.chain.last.flatMap { outcomes[$0] }
        let tree = last?.state.tree ?? .empty
        var cached: [String: CacheHit] = [:]
        for (id, hit) in hits.withLock({ $0 }) { cached[name(id)] = hit }
        return Image(
            tree: tree,
            files: try FileModel(tree, from: world.trees),
            layers: last?.deltas ?? [],
            config: graph.image.config,
            executed: executor.executed.map(name).sorted(),
            opened: executor.opened.map(name).sorted(),
            cached: cached
        )
    }

    /// `[build 2/5] RUN make` → `RUN make`.
    package static func plainName(_ name: String) -> String {
        guard name.hasPrefix("["), let end = name.firstIndex(of: "]") else { return name }
        let label = name[..<end]
        return label.contains("/") ? String(name[end...].dropFirst(2)) : name
    }
}

extension MemoryWorld {
    /// Builds a Dockerfile here, after `change` to the build.
    package func build(
        _ dockerfile: ByteString,
        context: FileModel = FileModel(),
        _ change: (inout MemoryBuild) -> Void = { _ in }
    ) async throws -> MemoryBuild.Image {
        var build = MemoryBuild(dockerfile, context: context)
        change(&build)
        return try await build.run(in: self)
    }
}
