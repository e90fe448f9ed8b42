import Bytes

/// Sorts instructions into stages and collects mistakes that do not follow from each other.
struct StageAssembler {
    private let source: SourceText
    private let errorLimit: Int
    private var errors: [DockerfileError] = []
    /// The first mistake above the limit, and how many there are.
    private var untold: (first: DockerfileError, count: Int)?
    private var metaArguments: [Instruction] = []
    private var stages: [Stage] = []
    private var current: (from: Instruction, source: FromInstruction)?
    private var instructions: [Instruction] = []
    /// Whether a FROM has been seen, even a wrong one, or its lack has been told.
    private var hasFrom = false
    private var isEmpty = true
    /// Whether a mistake is about where stages begin or what all of them share.
    private var hasUnclearStages = false
    private var hasMistakes = false

    init(source: SourceText, errorLimit: Int) {
        self.source = source
        self.errorLimit = errorLimit
    }

    /// Takes the next instruction.
    mutating func add(_ node: InstructionNode) {
        isEmpty = false
        if node.name == .from { hasFrom = true }
        do throws(DockerfileError) {
            let instruction = try InstructionBuilder.instruction(of: node)
            switch instruction.kind {
            case .from(let from):
                closeStage()
                current = (instruction, from)
            case .arg where !hasFrom:
                metaArguments.append(instruction)
            default:
                guard hasFrom else {
                    hasFrom = true
                    throw DockerfileError(.instructionBeforeFrom(instruction.keyword))
                }
                instructions.append(instruction)
            }
        } catch {
            if case .unknownInstruction(_, suggestion: "FROM") = error.reason {
                hasFrom = true
                hasUnclearStages = true
            }
            if node.name == .from { hasUnclearStages = true }
            note(error.located(at: node.range, in: source))
        }
    }

    /// Takes a mistake.
    mutating func note(_ error: DockerfileError) {
        isEmpty = false
        hasMistakes = true
        if current == nil { hasUnclearStages = true }
        if errors.count < errorLimit {
            errors.append(error)
        } else {
            untold = (untold?.first ?? error, (untold?.count ?? 0) + 1)
        }
    }

    /// The mistakes, with a last one that counts those above the limit.
    private var told: [DockerfileError] {
        guard let untold else { return errors }
        let range = untold.first.range.map { SourceRange(line: $0.first) }
        return errors + [DockerfileError(.moreMistakes(untold.count), range: range, source: source)]
    }

    /// A mistake behind which nothing can be read, with those before it.
    func throwing(_ last: DockerfileError) -> DockerfileError { DockerfileError(told + [last]) ?? last }

    /// Everything that was taken, without what has a mistake.
    ///
    /// - Throws: the first mistake with the others where it is unclear what the stages are, or that there is no stage.
    mutating func finish() throws(DockerfileError)
        -> (metaArguments: [Instruction], stages: [Stage], mistakes: [DockerfileError])
    {
        closeStage()
        if hasUnclearStages, let error = DockerfileError(told) { throw error }
        guard !stages.isEmpty else { throw DockerfileError(isEmpty ? .noInstructions : .noStages, source: source) }
        return (metaArguments, stages, told)
    }

    private mutating func closeStage() {
        if let current {
            stages.append(
                Stage(
                    index: stages.count,
                    from: current.from,
                    source: current.source,
                    instructions: instructions,
                    hasMistakes: hasMistakes
                )
            )
        }
        hasMistakes = false
        current = nil
        instructions = []
    }
}
