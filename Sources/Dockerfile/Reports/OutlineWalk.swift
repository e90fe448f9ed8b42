import Bytes

/// One pass over the stages for what they take.
struct OutlineWalk {
    /// What one stage takes.
    struct StageOutline {
        /// The arguments before the first FROM by name.
        let globals: [ByteString: GlobalArguments.Argument]
        /// The stage's own by name, which hide those.
        var own: [ByteString: GlobalArguments.Argument] = [:]
        /// The names that the stage uses.
        var used: Set<ByteString> = []
        var secrets: [DockerfileOutline.Mount] = []
        var agents: [DockerfileOutline.Mount] = []
        var caches: [DockerfileOutline.Mount] = []

        /// The arguments that are used, and those that their defaults use.
        var listedArguments: [DockerfileOutline.Argument] {
            var listed: Set<ByteString> = []
            var open = Array(used)
            var result: [DockerfileOutline.Argument] = []
            while let name = open.popLast() {
                guard listed.insert(name).inserted, let argument = own[name] ?? globals[name] else { continue }
                open += argument.uses
                result.append(
                    DockerfileOutline.Argument(
                        name: name,
                        description: argument.declaration.documentation,
                        value: argument.value,
                        range: argument.range
                    )
                )
            }
            return result
        }
    }

    private let request: CheckRequest
    private var scopes: StageScopes
    private var stages: [Int: StageOutline] = [:]

    init(_ request: CheckRequest) {
        self.request = request
        scopes = StageScopes(request)
    }

    /// The number of the target stage; nil if there is none of the name.
    var target: Int? { scopes.uses.target(request.target) }

    /// Reads all stages that the target stands on.
    mutating func run(to target: Int) {
        let reached = scopes.uses.reached(from: target)
        for stage in request.dockerfile.stages where reached.contains(stage.index) {
            var outline = StageOutline(globals: scopes.globals.arguments)
            outline.used = scopes.uses.baseWords[stage.index].used
            if let platform = stage.platform { outline.used.formUnion(scopes.globals.scope.expand(platform).used) }
            var (scope, triggers) = scopes.begin(stage)
            if !scopes.isReplaced(stage) {
                for instruction in triggers + stage.instructions { read(instruction, &scope, &outline) }
            }
            scopes.end(stage, scope)
            stages[stage.index] = outline
        }
    }

    private func read(_ instruction: Instruction, _ scope: inout StageScope, _ outline: inout StageOutline) {
        switch instruction.kind {
        case .arg(let declarations):
            for declaration in declarations { read(declaration, at: instruction.range, &scope, &outline) }
        case .env(let pairs):
            let values = pairs.map { (scope.expand($0.name).text, scope.expand($0.value).text) }
            for (name, value) in values { scope.set(name, to: value) }
        case .run(let run):
            for flag in run.mounts { read(flag, at: instruction.range, scope, &outline) }
        case .onbuild(let onbuild): scope.triggers.append(onbuild.expression)
        default: break
        }
    }

    private func read(
        _ declaration: ArgumentDeclaration,
        at range: SourceRange,
        _ scope: inout StageScope,
        _ outline: inout StageOutline
    ) {
        let name = declaration.name
        let given = request.buildArguments[name]
        let own = given ?? declaration.defaultValue.map { scope.expand($0).text }
        let global = scopes.globals.values[name]
        scope.declare(name, value: own ?? global)
        outline.used.insert(name)
        // ARG NAME alone brings in what stands before the first FROM; the place of that is told.
        guard own != nil || global == nil else { return }
        outline.own[name] = GlobalArguments.Argument(declaration: declaration, range: range, value: own, uses: [])
    }

    private func read(
        _ flag: MountFlag,
        at range: SourceRange,
        _ scope: StageScope,
        _ outline: inout StageOutline
    ) {
        let expand = { (word: ByteString) throws(DockerfileError) -> ByteString in scope.expand(word).text }
        guard let mount = try? flag.resolved(expanding: expand) else { return }
        let add = { (list: inout [DockerfileOutline.Mount], name: ByteString) in
            list.append(DockerfileOutline.Mount(name: name, isRequired: mount.isRequired, range: range))
        }
        let target = mount.target ?? ByteString()
        let id = mount.id ?? ByteString()
        switch mount.type {
        case .secret:
            let source = mount.source.flatMap { $0.isEmpty ? nil : $0 }
            add(&outline.secrets, source ?? (id.isEmpty ? SourcePath.name(target) : id))
        case .ssh: add(&outline.agents, id.isEmpty ? "default" : id)
        case .cache: add(&outline.caches, id.isEmpty ? target.cleanedPath : id)
        case .bind, .tmpfs: break
        }
    }

    /// What a stage and all it stands on take, each name once, by line; the stage's own come before its base's, and
    /// those before the ones of stages it copies from.
    func collect<Element>(
        _ list: KeyPath<StageOutline, [Element]>,
        from stage: Int,
        name: KeyPath<Element, ByteString>,
        range: KeyPath<Element, SourceRange>
    ) -> [Element] {
        var seen: Set<ByteString> = []
        var visited: Set<Int> = []
        var result: [Element] = []
        var open = [stage]
        while let next = open.popLast() {
            guard visited.insert(next).inserted, let outline = stages[next] else { continue }
            result += outline[keyPath: list].filter { seen.insert($0[keyPath: name]).inserted }
            open += scopes.uses.sources[next].sorted(by: >)
            if let base = scopes.uses.bases[next] { open.append(base) }
        }
        return result.sorted {
            ($0[keyPath: range].first, $0[keyPath: name]) < ($1[keyPath: range].first, $1[keyPath: name])
        }
    }
}
