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
    var request: LoweringRequest
    let images: any BaseImageSource
    let platform: Platform
    let globalArguments: StageEnvironment
    var vertices: [Vertex] = []
    var warnings: [LoweringResult.Warning] = []
    var usedArguments: Set<ByteString> = []
    var budget = LoweringBudget()
    var mistakes = LoweringMistakes()
    var bases: [LoweringResult.BaseName: ImageConfig] = [:]
    private(set) var lowered: [Int: StageState] = [:]
    var outside: [ByteString: NamedVertex] = [:]

    var folderStates: [VertexID: StageState] = [:]
    /// The steps that lay a folder on nothing, to be a base, with the folder's name.
    var folderBases: [VertexID: ByteString] = [:]
    /// What ADD has from elsewhere, each once.
    var remoteVertices: [Source: VertexID] = [:]
    let stagesByName: [ByteString: [Int]]
    /// `SOURCE_DATE_EPOCH` in seconds, once it is resolved.
    var epoch: Int64?
    /// How many stages are still to be built on each.
    private var childrenLeft: [Int: Int] = [:]
    /// ARGs before the first FROM that have a mistake.
    var doubtfulGlobals: Set<ByteString> = []

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
        try noting { try resolveEpoch() }
        countChildren()
    }

    /// Lowers the target stage with all it needs.
    ///
    /// - Throws: `LoweringFailure` for what is wrong in the file and for inputs that cannot be had; `GraphError` for a
    ///   target that is not there.
    package static func lower(_ request: LoweringRequest, images: any BaseImageSource) async throws -> LoweringResult {
        let target = try targetStage(request.target, of: request.dockerfile)
        let lowering = try Lowering(request, images: images)
        let state = try await lowering.stage(target)
        try lowering.checkOtherStages()
        try lowering.mistakes.check()
        let plan = lowering.plan(for: target, state)
        lowering.warnAboutUnusedArguments()
        return LoweringResult(
            graph: BuildGraph(vertices: lowering.vertices, image: plan),
            warnings: lowering.warnings,
            bases: lowering.bases,
            epoch: lowering.epoch
        )
    }

    /// What a build of the target, or without one of any stage, would find wrong before its first step.
    ///
    /// What is right and only missing in this program, on this machine or among the rights given is no mistake of the
    /// file. `images` may answer `unknown`.
    ///
    /// - Throws: `GraphError` for a target that is not there, and for a build that is too large to look at.
    package static func mistakes(
        in request: LoweringRequest,
        images: any BaseImageSource
    ) async throws -> [any LocatedError] {
        let target = try request.target.map { try targetStage($0, of: request.dockerfile) }
        do {
            let lowering = try Lowering(request, images: images)
            for index in target.map({ [$0] }) ?? Array(request.dockerfile.stages.indices) {
                _ = try await lowering.stage(index)
            }
            try lowering.checkOtherStages()
            try lowering.mistakes.check()
            return []
        } catch let failure as LoweringFailure {
            return failure.mistakes.filter { ($0 as? GraphError)?.reason.isOfFile ?? true }
        }
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
        guard let target, !target.isEmpty else { return dockerfile.stages.count - 1 }
        let wanted = target.lowercased
        if let index = dockerfile.stages.lastIndex(where: { $0.name == wanted }) { return index }
        let names = dockerfile.stages.compactMap(\.name)
        throw GraphError(.unknownTarget(target, nearest: wanted.nearest(among: names)))
    }

    /// The state at the end of a stage.
    func stage(_ index: Int) async throws -> StageState {
        if let state = lowered[index] { return state }
        let stage = dockerfile.stages[index]
        let state: StageState
        if let name = stage.name, isReplaced(name) {
            // The named context is the stage: of its instructions only the triggers count, as in BuildKit.
            var wanted = platform
            try noting { wanted = try platform(of: stage, fromExpansion) }
            var replaced = baseState(of: try await named(name, as: wanted, at: stage.from.range)).inherited()
            replaced.triggers = stage.triggers
            state = replaced
        } else {
            var builder = try await start(stage)
            if stage.hasMistakes { builder.forgetVariables() }
            try await builder.lower(stage.instructions)
            state = builder.finished
        }
        lowered[index] = state
        return state
    }

    /// Expands the words of FROM lines and of the ARGs before them.
    var fromExpansion: Expansion {
        Expansion(escape: dockerfile.escape) { [globalArguments, self] name in
            usedArguments.insert(name)
            if doubtfulGlobals.contains(name) { mistakes.meetsUnknown = true }
            return globalArguments[name]
        }
    }

    /// Starts a stage; what is wrong with its FROM is noted, and nothing known of its base then.
    private func start(_ stage: Stage) async throws -> StageBuilder {
        mistakes.meetsUnknown = false
        do { return try await begin(stage) } catch {
            try mistakes.note(error)
            return StageBuilder(lowering: self, stage: stage, state: unknownState().inherited(), countsBase: true)
        }
    }

    private func begin(_ stage: Stage) async throws -> StageBuilder {
        let expansion = fromExpansion
        let base = try expand(stage.base, of: stage.from, expansion)
        guard !base.isEmpty else { throw error(.emptyBase(stage.base), at: stage.from.range) }
        let wanted = try platform(of: stage, expansion)
        if let index = earlierStage(base, before: stage.index) {
            let (parent, isLast) = try await parent(index)
            try checkBudget(at: stage.from.range)
            let state = parent.inherited(isMoved: isLast)
            var builder = StageBuilder(lowering: self, stage: stage, state: state, countsBase: false)
            // A context in a stage's place is an image that no stage has prepared.
            if dockerfile.stages[index].name.map(isReplaced) == true {
                builder.prepareEnvironment()
            } else {
                builder.resumeEnvironment()
            }
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

    /// The state that a stage is built on, and whether it is the last one to be: then the state is no longer kept, so that
    /// a chain of stages copies nothing.
    private func parent(_ index: Int) async throws -> (StageState, isLast: Bool) {
        let parent = try await stage(index)
        let left = (childrenLeft[index] ?? 1) - 1
        childrenLeft[index] = left
        if left == 0 {
            lowered[index] = parent.tail
        } else {
            budget.spend(entries: parent.config.history.count + parent.configEnvironment.entries.count)
        }
        return (parent, left == 0)
    }

    private func countChildren() {
        let expansion = Expansion(escape: dockerfile.escape) { [globalArguments] in globalArguments[$0] }
        for stage in dockerfile.stages {
            guard let base = try? expansion.expandWord(stage.base), let parent = earlierStage(base, before: stage.index)
            else { continue }
            childrenLeft[parent, default: 0] += 1
        }
    }

    /// The name of the empty image, which no named context replaces.
    static let scratch: ByteString = "scratch"

    func platform(of stage: Stage, _ expansion: Expansion) throws -> Platform {
        guard let word = stage.platform else { return platform }
        let text = try expand(word, of: stage.from, expansion)
        guard !text.isEmpty else { throw error(.emptyPlatform(word), at: stage.from.range) }
        do { return try Platform(parsing: text) } catch {
            throw self.error(.malformedPlatform(text), at: stage.from.range)
        }
    }

    /// The last stage of that name before `index`; names in any case.
    func earlierStage(_ name: ByteString, before index: Int) -> Int? {
        stagesByName[name.lowercased]?.last { $0 < index }
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

    /// What BuildKit puts into every entry of the history; tools look for it.
    static let comment: ByteString = "buildkit.dockerfile.v0"

    /// Does something, or notes what is wrong with it.
    func noting(_ body: () throws -> Void) throws {
        do { try body() } catch { try mistakes.note(error) }
    }

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
