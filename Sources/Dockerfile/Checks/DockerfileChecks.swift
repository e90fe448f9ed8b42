import Bytes

/// Looks for what is allowed in a Dockerfile and probably not meant.
///
/// ```swift
/// let result = DockerfileChecks.run(request)
/// for warning in result.warnings { print(warning.line) }
/// ```
package enum DockerfileChecks {
    /// Runs all checks that the request's configuration and purpose ask for.
    ///
    /// It takes time and memory in proportion to the file: expansions have a budget, and more than
    /// five thousand warnings are counted only.
    package static func run(_ request: CheckRequest) -> CheckResult {
        var walk = CheckWalk(request)
        return walk.run()
    }
}

/// One pass of the checks over a file.
struct CheckWalk {
    let request: CheckRequest
    let dockerfile: ParsedDockerfile
    /// The configuration of the whole file.
    let configuration: CheckConfiguration
    let budget = StageScope.Budget()
    let globals: GlobalArguments
    let uses: StageUses
    var collector: CheckCollector
    /// The scopes at the end of stages that are the base of a later one.
    private var scopes: [Int: StageScope] = [:]
    private var lastUseAsBase: [Int: Int] = [:]
    /// How many names may still be compared to find the one that was meant.
    private var comparisonsLeft = 50_000
    /// How many triggers of bases may still be looked at.
    private var triggersLeft = 100_000

    init(_ request: CheckRequest) {
        self.request = request
        dockerfile = request.dockerfile
        configuration = request.configuration
        globals = GlobalArguments(request, usesBuildArguments: true, budget: budget)
        uses = StageUses(request.dockerfile, globals: globals)
        collector = CheckCollector(source: request.dockerfile.source, purpose: request.purpose)
        for (stage, base) in uses.bases.enumerated() { if let base { lastUseAsBase[base] = stage } }
    }

    mutating func run() -> CheckResult {
        let reached = reachedStages
        checkFile()
        checkNames()
        checkSecrets()
        checkDefaultBases()
        for stage in dockerfile.stages {
            checkFrom(stage)
            if reached.contains(stage.index) { checkInstructions(of: stage) }
        }
        return CheckResult(
            warnings: collector.sorted,
            omittedCount: collector.omittedCount,
            failsBuild: configuration.failsBuild
        )
    }

    private var reachedStages: Set<Int> {
        let all = Set(dockerfile.stages.indices)
        if request.purpose == .check, request.target == nil { return all }
        return uses.target(request.target).map { uses.reached(from: $0) } ?? all
    }

    // MARK: Stages

    private mutating func checkInstructions(of stage: Stage) {
        var state = StageState(scope: takeScope(of: stage))
        if let name = stage.name, request.namedContexts.contains(name) {
            // A named context is the stage: none of its instructions run.
            state.scope.isBaseKnown = false
        } else {
            let triggers = state.scope.triggers
            state.scope.triggers = []
            for trigger in triggers.prefix(triggersLeft) {
                guard let instruction = try? DockerfileParser.parse(trigger: trigger, at: stage.from.range)
                else { continue }
                check(instruction, configuration, &state)
            }
            triggersLeft -= min(triggersLeft, triggers.count)
            noteLaterArguments(of: stage, &state)
            for instruction in stage.instructions {
                check(instruction, configuration.merging(instruction.comments), &state)
            }
        }
        if lastUseAsBase[stage.index] != nil { scopes[stage.index] = state.scope }
    }

    /// The scope in which a stage begins, with the triggers that run first.
    private mutating func takeScope(of stage: Stage) -> StageScope {
        guard let base = uses.bases[stage.index] else { return imageScope(of: stage) }
        // The last child takes the scope itself, so that a chain of stages copies nothing.
        let kept = lastUseAsBase[base] == stage.index ? scopes.removeValue(forKey: base) : scopes[base]
        guard let kept else { return unknownScope }
        let triggers = kept.triggers
        var scope = kept.inherited()
        scope.triggers = triggers
        return scope
    }

    private var unknownScope: StageScope {
        var scope = StageScope(values: ["PATH": StageScope.defaultPath], escape: dockerfile.escape, budget: budget)
        scope.isBaseKnown = false
        return scope
    }

    private func imageScope(of stage: Stage) -> StageScope {
        let word = uses.baseWords[stage.index]
        var scope = unknownScope
        if word.text == "scratch" {
            scope.isBaseKnown = true
            return scope
        }
        guard word.isValid, let base = request.base(word.text, stage.platform.map { globals.scope.expand($0).text })
        else { return scope }
        scope.isBaseKnown = true
        for (name, value) in base.environment { scope.set(name, to: value) }
        scope.hasShell = base.hasShell
        scope.triggers = base.triggers
        return scope
    }

    // MARK: Suggestions

    /// The name that was probably meant, as long as looking for it does not cost too much.
    mutating func nearest(to name: ByteString, among names: some Collection<ByteString>) -> ByteString? {
        guard names.count <= comparisonsLeft else { return nil }
        comparisonsLeft -= names.count
        return Suggestion.nearest(to: name, among: names.sorted().map(\.text), ignoresCase: false)
            .map { ByteString($0) }
    }
}
