package import Bytes

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

    /// Looks through the part of a file before its first mistake, by those rules that look at one instruction alone.
    ///
    /// - Parameters:
    ///   - mistakes: those of the file.
    ///   - source: the file.
    ///   - purpose: who asks.
    ///   - buildArguments: those of the build, of which one may be the configuration.
    /// - Returns: nothing if that part is no file either, or its configuration cannot be read.
    package static func run(
        before mistakes: [any LocatedError],
        in source: SourceText,
        purpose: CheckRequest.Purpose,
        buildArguments: [ByteString: ByteString]
    ) -> CheckResult {
        let lines = mistakes.compactMap(\.range?.first)
        guard let line = lines.min(), line > 1, line <= source.lineCount else { return CheckResult() }
        let text = ByteString(Array(source.content.bytes[..<source.lineStarts[line - 1]]))
        guard let file = try? DockerfileParser.parse(SourceText(name: source.name, content: text)),
            let configuration = try? CheckConfiguration(of: file, buildArguments: buildArguments)
        else { return CheckResult() }
        let request = CheckRequest(
            dockerfile: file,
            configuration: configuration,
            purpose: purpose,
            buildArguments: buildArguments,
            platformArguments: [],
            isImageName: { _ in true },
            platform: { _ in nil }
        )
        var walk = CheckWalk(request)
        return walk.runOnInstructionsAlone()
    }
}

/// One pass of the checks over a file.
struct CheckWalk {
    let request: CheckRequest
    let dockerfile: ParsedDockerfile
    /// The configuration of the whole file.
    let configuration: CheckConfiguration
    let globals: GlobalArguments
    let uses: StageUses
    var collector: CheckCollector
    var scopes: StageScopes
    /// How many names may still be compared to find the one that was meant.
    private var comparisonsLeft = 20_000

    init(_ request: CheckRequest) {
        self.request = request
        dockerfile = request.dockerfile
        configuration = request.configuration
        scopes = StageScopes(request)
        globals = scopes.globals
        uses = scopes.uses
        collector = CheckCollector(source: request.dockerfile.source, purpose: request.purpose)
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
        var result = CheckResult()
        result.warnings = collector.sorted
        result.omittedCount = collector.omittedCount
        result.failsBuild = configuration.failsBuild
        return result
    }

    /// What can be said of each instruction without knowing those after it.
    mutating func runOnInstructionsAlone() -> CheckResult {
        let rules: Set<CheckRule> = [
            .stageNameCasing, .fromAsCasing, .noEmptyContinuation, .maintainerDeprecated, .invalidDefinitionDescription,
            .secretInDockerfile, .unknownCheckName,
        ]
        checkFile()
        checkNames()
        checkSecrets()
        var result = CheckResult()
        result.warnings = collector.sorted.filter { rules.contains($0.rule) }
        result.failsBuild = configuration.failsBuild
        return result
    }

    private var reachedStages: Set<Int> {
        let all = Set(dockerfile.stages.indices)
        if request.purpose == .check, request.target == nil { return all }
        return uses.target(request.target).map { uses.reached(from: $0) } ?? all
    }

    // MARK: Stages

    private mutating func checkInstructions(of stage: Stage) {
        let (scope, triggers) = scopes.begin(stage)
        // The scope is handed over, not shared, or its first change would copy all variables.
        var state = StageState(scope: consume scope)
        if !scopes.isReplaced(stage) {
            noteLaterArguments(of: stage, &state)
            for trigger in triggers { check(trigger, configuration, &state) }
            for instruction in stage.instructions {
                check(instruction, configuration.merging(instruction.comments), &state)
            }
        }
        scopes.end(stage, state.scope)
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
