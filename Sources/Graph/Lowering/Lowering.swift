package import Bytes
package import Dockerfile
internal import OCI

/// Turns a parsed Dockerfile into a graph: one vertex for each instruction that changes files, the others change the
/// image config that is carried along.
///
/// Only what the target needs is lowered.
///
/// Stages are lowered when something needs them, so that inputs have lower numbers than what uses them, and a stage that
/// nothing uses costs nothing. Rules: `behaviours.md`, "Stages and images"; the conformance cases decide.
package final class Lowering {
    let request: LoweringRequest
    let images: any BaseImageSource
    let platform: Platform
    let globalArguments: StageEnvironment
    var vertices: [Vertex] = []
    var warnings: [LoweringResult.Warning] = []
    var usedArguments: Set<ByteString> = []
    var budget = LoweringBudget()
    private var bases: [LoweringResult.BaseName: ImageConfig] = [:]
    private var lowered: [Int: StageState] = [:]
    private var outside: [ByteString: NamedVertex] = [:]

    private var folderStates: [VertexID: StageState] = [:]
    /// What ADD has from elsewhere, each once.
    var remoteVertices: [Source: VertexID] = [:]
    private let stagesByName: [ByteString: [Int]]

    /// What a name outside the Dockerfile became.
    struct NamedVertex {
        /// The vertex whose tree `--from` reads.
        var tree: VertexID
        var origin: Origin

        enum Origin {
            /// An image, or scratch: what a stage on it starts with.
            case image(StageState)
            /// A folder, by the name of its context.
            case folder(ByteString)
        }
    }

    private init(_ request: LoweringRequest, images: any BaseImageSource) throws {
        self.request = request
        self.images = images
        platform = request.platform ?? .host
        globalArguments = StageEnvironment()
        let named = request.dockerfile.stages.compactMap { stage in stage.name.map { ($0, [stage.index]) } }
        stagesByName = Dictionary(named, uniquingKeysWith: +)
        try readGlobalArguments()
    }

    /// Lowers the target stage with all it needs.
    ///
    /// - Throws: `DockerfileError`, `GraphError`, and what `images` throws.
    package static func lower(_ request: LoweringRequest, images: any BaseImageSource) async throws -> LoweringResult {
        let lowering = try Lowering(request, images: images)
        let target = try targetStage(request.target, of: request.dockerfile)
        let state = try await lowering.stage(target)
        let plan = try lowering.plan(for: state)
        lowering.warnAboutUnusedArguments()
        return LoweringResult(
            graph: BuildGraph(vertices: lowering.vertices, image: plan),
            warnings: lowering.warnings,
            bases: lowering.bases
        )
    }

    var dockerfile: ParsedDockerfile { request.dockerfile }

    func error(_ reason: GraphError.Reason, at range: SourceRange?) -> GraphError {
        GraphError(reason, at: range, in: dockerfile.source)
    }

    // MARK: Stages

    /// The number of the stage that is built: the one of that name, or the last.
    ///
    /// - Throws: `unknownTarget`.
    package static func targetStage(_ target: ByteString?, of dockerfile: ParsedDockerfile) throws(GraphError) -> Int {
        guard let target else { return dockerfile.stages.count - 1 }
        let wanted = target.lowercased
        if let index = dockerfile.stages.lastIndex(where: { $0.name == wanted }) { return index }
        let names = dockerfile.stages.compactMap(\.name)
        throw GraphError(.unknownTarget(target, nearest: nearest(to: wanted, among: names)))
    }

    /// The state at the end of a stage.
    func stage(_ index: Int) async throws -> StageState {
        if let state = lowered[index] { return state }
        let stage = dockerfile.stages[index]
        let state: StageState
        if let name = stage.name, request.namedContexts.contains(name) {
            // The named context is the stage: none of its instructions count.
            let wanted = try platform(of: stage, fromExpansion)
            state = baseState(of: try await named(name, as: wanted, at: stage.from.range)).inherited()
        } else {
            var builder = try await start(stage)
            try await builder.lower(stage.instructions)
            state = builder.finished
        }
        lowered[index] = state
        return state
    }

    /// Expands the words of FROM lines.
    private var fromExpansion: Expansion {
        Expansion(escape: dockerfile.escape) { [globalArguments, self] name in
            usedArguments.insert(name)
            return globalArguments[name]
        }
    }

    private func start(_ stage: Stage) async throws -> StageBuilder {
        let expansion = fromExpansion
        let base = try expand(stage.base, of: stage.from, expansion)
        guard !base.isEmpty else { throw error(.emptyBase(stage.base), at: stage.from.range) }
        let wanted = try platform(of: stage, expansion)
        if let index = earlierStage(base, before: stage.index) {
            let parent = try await self.stage(index)
            // All stages are kept, each with what it has from its parent.
            budget.spend(entries: parent.config.history.count + parent.configEnvironment.entries.count)
            try checkBudget(at: stage.from.range)
            var builder = StageBuilder(lowering: self, stage: stage, state: parent.inherited(), countsBase: false)
            builder.prepareEnvironment()
            try await builder.runTriggers(parent.triggers)
            return builder
        }
        let found = try await named(base, as: wanted, at: stage.from.range)
        let state = baseState(of: found)
        let isScratch = base == Lowering.scratch
        var builder = StageBuilder(lowering: self, stage: stage, state: state.inherited(), countsBase: !isScratch)
        builder.nameBase(found.tree)
        builder.prepareEnvironment()
        try await builder.runTriggers(state.config.config.onBuild)
        return builder
    }

    /// The name of the empty image, which no named context replaces.
    private static let scratch: ByteString = "scratch"

    private func platform(of stage: Stage, _ expansion: Expansion) throws -> Platform {
        guard let word = stage.platform else { return platform }
        let text = try expand(word, of: stage.from, expansion)
        do { return try Platform(parsing: text) } catch {
            throw self.error(.malformedPlatform(text), at: stage.from.range)
        }
    }

    /// The last stage of that name before `index`; names in any case.
    func earlierStage(_ name: ByteString, before index: Int) -> Int? {
        stagesByName[name.lowercased]?.last { $0 < index }
    }

    private func scratchState() -> StageState {
        var config = ImageConfig(platform: platform)
        config.config.workingDir = "/"
        let vertex = outside["scratch"]?.tree ?? addVertex(.source(.scratch), inputs: [], name: "scratch", range: nil)
        let state = StageState(environment: StageEnvironment(), config: config, platform: platform, chain: [vertex])
        outside["scratch"] = NamedVertex(tree: vertex, origin: .image(state))
        return state
    }

    private func scratchVertex() -> NamedVertex {
        let state = scratchState()
        return NamedVertex(tree: state.chain[0], origin: .image(state))
    }

    // MARK: Names outside the Dockerfile

    /// What FROM or `--from` names that is no stage: a named context or an image.
    func named(_ name: ByteString, as wanted: Platform, at range: SourceRange) async throws -> NamedVertex {
        let key = name + "\0" + wanted.text
        if let known = outside[key] { return known }
        if name == Lowering.scratch { return scratchVertex() }
        let input: NamedInput
        do { input = try await images.find(name, platform: wanted) } catch {
            throw InputFailure(underlying: error, range: range, source: dockerfile.source)
        }
        let result: NamedVertex
        switch input {
        case .scratch: result = scratchVertex()
        case .image(let image):
            bases[LoweringResult.BaseName(name: name, platform: wanted)] = image.config
            result = imageVertex(image, wanted, range)
        case .local(let local): result = NamedVertex(tree: localSource(local), origin: .folder(name))
        }
        outside[key] = result
        return result
    }

    private func imageVertex(_ image: BaseImage, _ wanted: Platform, _ range: SourceRange) -> NamedVertex {
        let vertex = addVertex(.source(.image(image)), inputs: [], name: "FROM \(image.name.escaped)", range: range)
        var config = image.config
        config.created = nil
        if config.platform.os.isEmpty { config.platform = wanted }
        let state = StageState(environment: StageEnvironment(), config: config, platform: wanted, chain: [vertex])
        return NamedVertex(tree: vertex, origin: .image(state))
    }

    /// What a stage on a name starts with.
    ///
    /// A folder as a base is an image of one layer that holds it.
    private func baseState(of named: NamedVertex) -> StageState {
        switch named.origin {
        case .image(let state): return state
        case .folder(let name):
            if let known = folderStates[named.tree] { return known }
            var state = scratchState()
            let everything = CopyAction(origin: .input(1, path: "/"), destination: "/")
            let title = "[context \(name.escaped)] load \(name.escaped)"
            let inputs = [state.chain[0], named.tree]
            state.chain.append(addVertex(.file([.copy(everything)]), inputs: inputs, name: title, range: nil))
            folderStates[named.tree] = state
            return state
        }
    }

    /// The vertex of a local folder; one for each name.
    func localSource(_ local: LocalSource) -> VertexID {
        let key = "\0local\0" + local.name
        if let known = outside[key] { return known.tree }
        let isMain = local == .buildContext
        let name = isMain ? "[internal] load build context" : "[context \(local.name.escaped)] load from client"
        let vertex = addVertex(.source(.local(local)), inputs: [], name: name, range: nil)
        outside[key] = NamedVertex(tree: vertex, origin: .folder(local.name))
        return vertex
    }

    // MARK: Vertices

    func addVertex(_ operation: Operation, inputs: [VertexID], name: String, range: SourceRange?) -> VertexID {
        let id = VertexID(vertices.count)
        let isSource = if case .source = operation { true } else { false }
        vertices.append(
            Vertex(
                id: id,
                operation: operation,
                inputs: inputs,
                name: name,
                range: range,
                ignoresCache: request.ignoresCache && !isSource
            )
        )
        return id
    }

    // MARK: The image

    private func plan(for state: StageState) throws -> ImagePlan {
        var config = state.config
        for (name, value) in request.labels { config.config.labels[name] = value }
        config.config.onBuild += state.triggers
        if let platform = request.platform {
            config.platform.os = platform.os
            config.platform.architecture = platform.architecture
            config.platform.variant = platform.variant
        }
        config.platform = config.platform.normalized
        // Layers that no instruction tells of (a folder as a base) get an entry at the end, as BuildKit writes it.
        let told = config.history.count { !$0.isEmptyLayer }
        let baseLayers = config.diffIDs.count
        let layers = Array(state.chain.dropFirst())
        for untold in layers.dropFirst(max(0, told - baseLayers)) where told >= baseLayers {
            config.history.append(
                HistoryEntry(createdBy: ByteString(vertices[untold.index].name), comment: Lowering.comment)
            )
        }
        return ImagePlan(chain: state.chain, config: config)
    }

    /// What BuildKit puts into every entry of the history; tools look for it.
    static let comment: ByteString = "buildkit.dockerfile.v0"

    func located<Value>(
        _ instruction: Instruction,
        _ body: () throws(DockerfileError) -> Value
    ) throws(DockerfileError) -> Value {
        do { return try body() } catch { throw error.located(at: instruction.range, in: dockerfile.source) }
    }

    /// Expands a word of an instruction and counts what came out.
    ///
    /// - Throws: `DockerfileError`, or `GraphError.Reason.overBudget` when all words have come to too much.
    func expand(_ word: ByteString, of instruction: Instruction, _ expansion: Expansion) throws -> ByteString {
        let text = try located(instruction) { () throws(DockerfileError) in try expansion.expandWord(word) }
        budget.spend(bytes: text.count)
        try checkBudget(at: instruction.range)
        return text
    }

    /// - Throws: `GraphError.Reason.overBudget` when the build has grown too large.
    func checkBudget(at range: SourceRange) throws(GraphError) {
        if let excess = budget.excess { throw error(.overBudget(excess), at: range) }
    }
}

/// An input that FROM or `--from` names and that could not be had, with its place.
package struct InputFailure: Error {
    package let underlying: any Error
    package let range: SourceRange
    package let source: SourceText
}
