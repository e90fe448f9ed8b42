internal import Bytes
internal import Dockerfile
internal import OCI

/// Lowers the instructions of one stage, in order.
struct StageBuilder {
    let lowering: Lowering
    let stage: Stage
    var state: StageState
    /// How many steps of the stage have a number, and how many there are: `[build 2/5]`.
    private var stepIndex = 0
    private var stepTotal = 0
    var isTrigger = false

    /// Starts a stage; `countsBase` says whether FROM is a step of it, as it is for an image.
    init(lowering: Lowering, stage: Stage, state: StageState, countsBase: Bool) {
        self.lowering = lowering
        self.stage = stage
        self.state = state
        stepTotal = (countsBase ? 1 : 0) + StageBuilder.steps(in: stage.instructions)
    }

    // MARK: Step names

    private static func steps(in instructions: [Instruction]) -> Int {
        instructions.count { instruction in
            switch instruction.kind {
            case .run, .copy, .add, .workdir: true
            default: false
            }
        }
    }

    /// Names the vertex of the stage's base image after this stage, if no other stage has.
    mutating func nameBase(_ vertex: VertexID) {
        guard case .source(.image(let image)) = lowering.vertices[vertex.index].operation else { return }
        let name = stepName("FROM \(image.name.escaped)")
        if !lowering.vertices[vertex.index].name.hasPrefix("[") { lowering.vertices[vertex.index].name = name }
    }

    mutating func stepName(_ text: String) -> String {
        guard stepTotal > 0 else { return text }
        stepIndex += 1
        let label = lowering.dockerfile.stages.count == 1 ? "" : (stage.name?.escaped ?? "stage-\(stage.index)") + " "
        let number = String(stepIndex)
        let padding = String(repeating: " ", count: max(0, String(stepTotal).count - number.count))
        return "[\(label)\(padding)\(number)/\(stepTotal)] \(isTrigger ? "ONBUILD " : "")\(text)"
    }

    /// The instruction's text with the variables of the stage, for people.
    func displayText(_ instruction: Instruction, options: Expansion.Options = []) -> String {
        let expanded = try? expansion(options).expandWord(instruction.original)
        // Only for people: not worth a failure where it would take much.
        let isFree = expanded.map { lowering.budget.takesName(of: $0.count) } ?? true
        let text = ((isFree ? expanded : nil) ?? instruction.original).escaped
        let blank = text.firstIndex(of: " ") ?? text.endIndex
        return text[..<blank].uppercased() + text[blank...]
    }

    // MARK: Words

    func expansion(_ options: Expansion.Options = []) -> Expansion {
        let environment = state.environment
        let lowering = lowering
        let (isKnown, doubtful) = (state.isKnown, state.doubtfulNames)
        return Expansion(escape: lowering.dockerfile.escape, options: options) { name in
            lowering.usedArguments.insert(name)
            let value = environment[name]
            if !isKnown && value == nil || doubtful.contains(name) { lowering.mistakes.meetsUnknown = true }
            return value
        }
    }

    func expand(_ word: ByteString, of instruction: Instruction) throws -> ByteString {
        do { return try lowering.expand(word, of: instruction, expansion()) } catch var error as DockerfileError {
            if case .requiredVariable(let name, isEmpty: false, _) = error.reason {
                error.nearest = name.nearest(among: state.environment.values.names.sorted())
            }
            throw error
        }
    }

    // MARK: Instructions

    /// The state at the end of the stage.
    var finished: StageState {
        var state = state
        state.config.config.env = state.configEnvironment.entries
        return state
    }

    /// Sets what every stage starts with: PATH, and the variables of the base's ENV.
    mutating func prepareEnvironment() {
        var environment = ProcessEnvironment(keeping: state.config.config.env)
        if !state.isKnown {
            if environment["PATH"] ?? StageBuilder.defaultPath == StageBuilder.defaultPath {
                state.doubtfulNames.insert("PATH")
            }
        }
        if environment["PATH"] == nil, state.platform.os != "windows" { environment["PATH"] = StageBuilder.defaultPath }
        state.configEnvironment = environment
        for entry in environment.entries { state.environment.set(entry) }
        if !state.config.config.workingDir.isEmpty {
            state.config.config.workingDir = workingDirectory(state.config.config.workingDir)
        }
    }

    /// Does the same above a stage, which has its ENV already: it wins over the stage's ARGs again.
    mutating func resumeEnvironment() {
        for name in Set(state.arguments.map(\.name)) {
            if let value = state.configEnvironment[name] {
                state.environment[name] = value
            } else if !state.isKnown {
                // So may that of its base.
                state.doubtfulNames.insert(name)
            }
        }
        if !state.isKnown, state.configEnvironment["PATH"] == StageBuilder.defaultPath {
            state.doubtfulNames.insert("PATH")
        }
    }

    private static let defaultPath: ByteString = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Goes on as if any variable might have been set otherwise: for a stage of which not all can be read.
    mutating func forgetVariables() {
        state.isKnown = false
        state.doubtfulNames.formUnion(state.environment.values.names)
    }

    /// Runs the triggers that an image or stage left for those built from it, with the place of FROM.
    mutating func runTriggers(_ triggers: [ByteString]) async throws {
        guard !triggers.isEmpty else { return }
        lowering.budget.spend(triggers: triggers.count)
        try lowering.checkBudget(at: stage.from.range)
        var instructions: [Instruction] = []
        for trigger in triggers {
            instructions.append(
                try lowering.located(stage.from) { () throws(DockerfileError) in
                    try DockerfileParser.parse(trigger: trigger, at: stage.from.range)
                }
            )
        }
        stepTotal += StageBuilder.steps(in: instructions)
        isTrigger = true
        try await lower(instructions)
        isTrigger = false
    }

    mutating func lower(_ instructions: [Instruction]) async throws {
        for instruction in instructions {
            lowering.mistakes.meetsUnknown = false
            do { try await lower(instruction) } catch {
                try lowering.mistakes.note(error)
                lowering.mistakes.meetsUnknown = true
                if case .workdir = instruction.kind { state.isKnown = false }
            }
            noteDoubts(of: instruction)
            // What an instruction puts into the history counts, too.
            try lowering.checkBudget(at: instruction.range)
        }
    }

    /// Says of the variables that an instruction sets whether their values are known now.
    private mutating func noteDoubts(of instruction: Instruction) {
        if lowering.mistakes.meetsUnknown {
            state.doubtfulNames.formUnion(instruction.kind.variableNames)
        } else if !state.doubtfulNames.isEmpty {
            state.doubtfulNames.subtract(instruction.kind.valuedNames)
        }
    }

    private mutating func lower(_ instruction: Instruction) async throws {
        switch instruction.kind {
        case .from: break
        case .run(let run): try await lowerRun(run, instruction)
        case .copy(let copy): try await lowerCopy(copy, instruction)
        case .add(let add): try lowerAdd(add, instruction)
        case .workdir(let path): try lowerWorkdir(path, instruction)
        case .env(let pairs): try lowerEnv(pairs, instruction)
        case .arg(let declarations): try lowerArg(declarations, instruction)
        case .label(let pairs): try lowerLabel(pairs, instruction)
        case .user(let user): try lowerUser(user, instruction)
        case .cmd(let form): lowerCmd(form)
        case .entrypoint(let form): lowerEntrypoint(form)
        case .expose(let ports): try lowerExpose(ports, instruction)
        case .volume(let paths): try lowerVolume(paths, instruction)
        case .stopsignal(let signal): try lowerStopsignal(signal, instruction)
        case .shell(let words):
            state.config.config.shell = words
            addHistory("SHELL " + GoText.list(words))
        case .healthcheck(let check): lowerHealthcheck(check)
        case .onbuild(let onbuild): state.triggers.append(onbuild.expression)
        case .maintainer(let name):
            state.config.author = name
            addHistory("MAINTAINER " + name)
        }
    }

    /// One entry of the history; `# buildkit` marks those whose step ran in a sandbox or copied.
    mutating func addHistory(_ text: ByteString, hasLayer: Bool = false) {
        lowering.budget.spend(bytes: text.count)
        state.config.history.append(
            HistoryEntry(createdBy: text, comment: Lowering.comment, isEmptyLayer: !hasLayer)
        )
    }

    /// Adds a vertex on top of the stage's tree.
    mutating func addStep(
        _ operation: Operation,
        otherInputs: [VertexID] = [],
        name: String,
        _ instruction: Instruction
    ) {
        let parent = state.chain[state.chain.count - 1]
        let vertex = lowering.addVertex(
            operation,
            inputs: [parent] + otherInputs,
            name: name,
            range: instruction.range
        )
        state.chain.append(vertex)
    }

    /// What WORKDIR sets: an absolute path stays as it is written, a relative one is joined to the one before and cleaned.
    func workingDirectory(_ path: ByteString) -> ByteString {
        let isWindows = state.platform.os == "windows"
        return path.hasPrefix("/") && !isWindows ? path : absolutePath(isWindows ? path.withoutDrive : path)
    }

    /// The working directory as it was set; `/` where none was.
    var currentDirectory: ByteString {
        let working = state.config.config.workingDir
        return working.isEmpty ? "/" : working
    }

    /// A path made absolute by WORKDIR, cleaned; `..` stops at the root.
    func absolutePath(_ path: ByteString) -> ByteString {
        if !state.isKnown, !path.hasPrefix("/") { lowering.mistakes.meetsUnknown = true }
        let whole = path.hasPrefix("/") ? path : currentDirectory + "/" + path
        var parts: [ByteString] = []
        for part in whole.split(separator: UInt8(ascii: "/")) where !part.isEmpty && part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}

extension ByteString {
    /// A path of Windows with slashes, and without the letter of the one drive that an image has.
    var withoutDrive: ByteString {
        let slashed = ByteString(bytes.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 })
        return slashed.lowercased.hasPrefix("c:") ? ByteString(Array(slashed.bytes.dropFirst(2))) : slashed
    }
}
