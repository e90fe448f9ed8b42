import Bytes

/// Hands each stage the variables with which it begins: those of its base stage or image.
///
/// Stages have to come in their order; a scope is kept only while a later stage has the stage as its base.
struct StageScopes {
    let request: CheckRequest
    let budget: StageScope.Budget
    let globals: GlobalArguments
    let uses: StageUses
    private var kept: [Int: StageScope] = [:]
    private var lastUseAsBase: [Int: Int] = [:]
    /// How many triggers may still be read.
    private var triggersLeft = 20_000

    init(_ request: CheckRequest) {
        self.request = request
        budget = StageScope.Budget()
        globals = GlobalArguments(request, usesBuildArguments: true, budget: budget)
        uses = StageUses(request.dockerfile, globals: globals)
        for (stage, base) in uses.bases.enumerated() { if let base { lastUseAsBase[base] = stage } }
    }

    /// Whether a named context takes the stage's place, so that none of its instructions run.
    func isReplaced(_ stage: Stage) -> Bool { stage.name.map { request.namedContexts.contains($0) } ?? false }

    /// The scope of a stage after FROM, and the triggers of its base that run first.
    mutating func begin(_ stage: Stage) -> (scope: StageScope, triggers: [Instruction]) {
        var scope = isReplaced(stage) ? unknownScope : start(of: stage)
        let triggers = scope.triggers.prefix(triggersLeft)
        triggersLeft -= triggers.count
        scope.triggers = []
        let instructions = triggers.compactMap { trigger in
            try? DockerfileParser.parse(trigger: trigger, at: stage.from.range)
        }
        return (scope, instructions)
    }

    /// Takes the scope at the end of a stage.
    mutating func end(_ stage: Stage, _ scope: StageScope) {
        if lastUseAsBase[stage.index] != nil { kept[stage.index] = scope }
    }

    private mutating func start(of stage: Stage) -> StageScope {
        guard let base = uses.bases[stage.index] else { return imageScope(of: stage) }
        // The last child takes the scope itself, so that a chain of stages copies nothing.
        let isLast = lastUseAsBase[base] == stage.index
        guard let end = isLast ? kept.removeValue(forKey: base) : kept[base] else { return unknownScope }
        return end.inherited(isCopied: !isLast)
    }

    private var unknownScope: StageScope {
        var scope = emptyScope
        scope.isBaseKnown = false
        return scope
    }

    private var emptyScope: StageScope {
        StageScope(values: ["PATH": StageScope.defaultPath], escape: request.dockerfile.escape, budget: budget)
    }

    private func imageScope(of stage: Stage) -> StageScope {
        let word = uses.baseWords[stage.index]
        if word.text == "scratch" { return emptyScope }
        guard word.isValid, let base = request.base(word.text, stage.platform.map { globals.scope.expand($0).text })
        else { return unknownScope }
        var scope = emptyScope
        for (name, value) in base.environment { scope.set(name, to: value) }
        scope.hasShell = base.hasShell
        scope.triggers = base.triggers
        return scope
    }
}
