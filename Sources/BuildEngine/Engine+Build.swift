internal import Bytes
internal import Contexts
internal import Dockerfile
internal import Execution
internal import Export
package import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Registry
internal import Solver
internal import Store
internal import Synchronization
internal import Trees

extension Engine {
    /// Builds an image.
    ///
    /// - Parameter request: what to build and what to do with it.
    /// - Returns: what the image is.
    /// - Throws: `BuildFailure`, or `CancellationError` when the task was cancelled.
    public func build(_ request: BuildRequest) async throws -> BuildResult {
        try await build(request) { _ in }
    }

    /// Builds an image and tells what happens on the way.
    package func build(_ request: BuildRequest, events: @escaping EventSink) async throws -> BuildResult {
        // Everything below may block: it runs on threads of its own, off the cooperative pool.
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            var dockerfile: ParsedDockerfile?
            do {
                return try await Engine.withRegistry(options.reaching(request), events) { client in
                    let build = Build(engine: self, request: request, client: client, events: events)
                    return try await build.run(&dockerfile)
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                // What failed may have filled the disk: the next build must find room.
                _ = try? store.emptyTrash()
                throw BuildFailure(error, in: dockerfile?.source)
            }
        }
    }
}

extension Engine.Options {
    /// With the registries that outputs call insecure: `registry.insecure=true`.
    fileprivate func reaching(_ request: BuildRequest) -> Engine.Options {
        var options = self
        for case .image(let image) in request.outputs where image.isInsecure {
            options.insecureRegistries.formUnion((request.names + image.names).map(\.domain))
        }
        return options
    }
}

/// One build, from the request to the result.
private struct Build {
    let engine: Engine
    let request: BuildRequest
    let client: RegistryClient
    let events: EventSink

    var store: StateRoot { engine.store }

    func run(_ dockerfile: inout ParsedDockerfile?) async throws -> BuildResult {
        guard CurrentUser.isRoot else { throw BuildFailure.needsRoot }
        for note in store.notes { events(.note(note)) }
        let files = try InputFiles(request)
        let parsed: ParsedDockerfile
        do { parsed = try await request.parse(files.dockerfile) } catch {
            // What the checks find above it may be why.
            tell(request.findings(before: BuildRequest.mistakes(error), in: files.dockerfile, purpose: .build), events)
            throw error
        }
        dockerfile = parsed
        try ImageExport.checkOutputs(of: request, events)
        // Told before anything is looked up.
        _ = try CheckConfiguration(of: parsed, buildArguments: request.buildArguments)
        let images = BaseImages(
            store: store,
            client: client,
            policy: request.pullsAlways ? .always : .missing,
            events: events
        )
        let inputs = try files.inputs(
            store: store,
            images: images,
            files: RemoteFiles(store: store, client: client)
        )
        let secrets = try SecretFiles.read(request.secrets)
        let agents = try AgentFiles.read(request.agents, environment: engine.options.environment)
        var lowering = request.lowering(of: parsed)
        let catalog = DeviceCatalog(environment: engine.options.environment)
        lowering.devices.registry = { catalog.registry }
        let lowered: LoweringResult
        do { lowered = try await Lowering.lower(lowering, images: inputs) } catch {
            // What the checks find may be why.
            tell(try? findings(lowering, nil, ignoring: files.ignoreRules), events)
            throw error
        }
        // From here on it is a number, or not there.
        var resolved = request
        resolved.buildArguments["SOURCE_DATE_EPOCH"] = lowered.epoch.map { ByteString(String($0)) }
        let counter = StepCounter(lowered.graph)
        let upkeep = engine.upkeep
        let sink: EventSink = { [events] event in
            counter.count(event)
            if case .started = event { upkeep.begin() }
            events(event)
        }
        for warning in lowered.warnings { sink(.warning(warning.text, warning.range)) }
        let found = try findings(lowering, lowered, ignoring: files.ignoreRules)
        tell(found, sink)
        try check(found, of: parsed)
        sink(.planned(lowered.graph.vertices))

        let deltas = DeltaTable(store: store)
        let executor = LocalExecutor(
            store: store,
            inputs: inputs,
            deltas: deltas,
            options: .init(
                checksTrees: engine.options.checksTrees,
                packedCopies: try resolved.packedCopies(of: lowered.graph),
                environment: engine.options.environment
            ),
            secrets: secrets,
            agents: agents,
            events: sink
        )
        let results = StoredResults(store: store, deltas: deltas)
        let solver = BuildSolver(graph: lowered.graph, executor: executor, results: results, events: sink)
        let outcomes: [VertexID: Outcome]
        do { outcomes = try await solver.solve() } catch let failure as StepFailure {
            sink(.failed(failure.vertex.id, message: BuildFailure(failure, in: nil).message))
            throw failure
        }
        try Task.checkCancellation()
        let image = ImageExport(
            graph: lowered.graph,
            outcomes: outcomes,
            inputs: inputs,
            deltas: deltas,
            executor: executor,
            client: client,
            store: store,
            request: resolved,
            events: sink
        )
        let exported = try await image.run()
        try store.finish()
        return BuildResult(
            manifest: exported?.manifest,
            configDigest: exported?.config,
            names: request.storedNames,
            stepsRun: counter.counts.run,
            stepsCached: counter.counts.cached,
            warnings: counter.warnings.map { ByteString($0.text) },
            warningRecords: WarningRecord.json(counter.warnings.map(found.record(of:)), source: parsed.source)
        )
    }
}

extension Build {
    /// What the checks find; without a result of lowering base images are not known.
    private func findings(
        _ lowering: LoweringRequest,
        _ lowered: LoweringResult?,
        ignoring rules: IgnoreRules?
    ) throws -> CheckResult {
        let checks = try CheckRequest(lowering, purpose: .build, ignoreRules: rules) { name, platform in
            lowered?.bases[LoweringResult.BaseName(name: name, platform: platform)]
        }
        return DockerfileChecks.run(checks)
    }

    private func tell(_ found: CheckResult?, _ sink: EventSink) {
        guard let found else { return }
        for warning in found.warnings { sink(.warning(warning.line, warning.range)) }
        if found.omittedCount > 0 { sink(.warning("\(found.omittedCount) more warnings are not shown", nil)) }
    }

    /// - Throws: `BuildFailure` where the Dockerfile says that what was found is to fail the build.
    private func check(_ found: CheckResult, of dockerfile: ParsedDockerfile) throws {
        guard let violation = found.violation else { return }
        throw BuildFailure(
            message: violation,
            remedy: "mend it, skip the rule with # check=skip=NAME, or leave out error=true",
            exitCode: 1,
            source: dockerfile.source,
            range: found.warnings.first?.range
        )
    }
}

extension CheckResult {
    /// A warning of the build with its rule, if it is one of these.
    fileprivate func record(of warning: (text: String, range: SourceRange?)) -> WarningRecord {
        let name = warning.text.prefix { $0 != ":" }
        let rule = warnings.first { $0.rule.name == name && $0.line == warning.text }?.rule
        return WarningRecord(text: warning.text, range: warning.range, rule: rule)
    }
}

/// Counts what ran and what an earlier result answered.
private final class StepCounter: Sendable {
    private struct State {
        var run = 0
        var cached = 0
        var warnings: [(text: String, range: SourceRange?)] = []
    }

    /// Those that bring something in are no steps.
    private let sources: Set<VertexID>
    private let state = Mutex(State())

    init(_ graph: BuildGraph) {
        sources = Set(
            graph.vertices.compactMap { vertex in
                if case .source = vertex.operation { vertex.id } else { nil }
            }
        )
    }

    var counts: (run: Int, cached: Int) { state.withLock { ($0.run, $0.cached) } }
    var warnings: [(text: String, range: SourceRange?)] { state.withLock { $0.warnings } }

    func count(_ event: BuildEvent) {
        state.withLock { state in
            switch event {
            case .finished(let id, _): if !sources.contains(id) { state.run += 1 }
            case .cached: state.cached += 1
            case .warning(let text, let range): state.warnings.append((text, range))
            default: break
            }
        }
    }
}
