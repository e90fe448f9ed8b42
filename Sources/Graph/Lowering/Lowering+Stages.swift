internal import Bytes
internal import Dockerfile
internal import OCI

// What BuildKit looks at in every stage, though the target may not need it.
extension Lowering {
    /// Whether a named context stands for that name, written in short or in full.
    func isReplaced(_ name: ByteString) -> Bool {
        let contexts = request.namedContexts
        if contexts.isEmpty || contexts.contains(name.lowercased) { return !contexts.isEmpty }
        guard let reference = try? Reference(name) else { return false }
        return contexts.contains { (try? Reference($0)) == reference }
    }

    /// Notes what is wrong with the names of stages, and with the FROM and `--from` of those that were not lowered: names
    /// that no image can have, platforms, variables, numbers, circles.
    func checkOtherStages() throws {
        try checkStageNames()
        let others = dockerfile.stages.filter { lowered[$0.index] == nil }
        for stage in others {
            mistakes.meetsUnknown = false
            try noting { try checkFrom(stage) }
            for instruction in stage.instructions { try noting { try checkOrigin(in: instruction) } }
        }
        guard !others.isEmpty else { return }
        try checkCircles(among: others.map(\.index))
    }

    /// Each name of a stage is looked for among the named contexts: it must be one that they can have.
    private func checkStageNames() throws {
        mistakes.meetsUnknown = false
        for stage in dockerfile.stages {
            guard let name = stage.name, name != Lowering.scratch, (try? Reference(name)) == nil else { continue }
            try mistakes.note(error(.malformedStageName(name), at: stage.from.range))
        }
    }

    private func checkFrom(_ stage: Stage) throws {
        let base = try expand(stage.base, of: stage.from, fromExpansion)
        guard !base.isEmpty else { throw error(.emptyBase(stage.base), at: stage.from.range) }
        _ = try platform(of: stage, fromExpansion)
        if earlierStage(base, before: stage.index) == nil { checkName(base, at: stage.from.range) }
    }

    private func checkOrigin(in instruction: Instruction) throws {
        for origin in instruction.origins {
            if origin.isCopy, let number = Int(origin.name.text) {
                guard dockerfile.stages.indices.contains(number) else {
                    throw error(.invalidStageIndex(origin.name), at: instruction.range)
                }
            } else if stagesByName[origin.name.lowercased] == nil {
                if origin.isCopy { try checkPlain(origin.name, instruction) }
                checkName(origin.name, at: instruction.range)
            }
        }
    }

    /// - Throws: `variableInFrom`, or what is wrong with the word.
    func checkPlain(_ from: ByteString, _ instruction: Instruction) throws {
        let plain = try located(instruction) { () throws(DockerfileError) in
            try Expansion(escape: dockerfile.escape) { _ in nil }.expandWord(from)
        }
        guard plain == from else { throw error(.variableInFrom(from), at: instruction.range) }
    }

    /// Notes a name that neither an image nor a context can have.
    private func checkName(_ name: ByteString, at range: SourceRange) {
        guard name != Lowering.scratch, !isReplaced(name), mistakes.input == nil, !mistakes.meetsUnknown else { return }
        do { _ = try Reference(name) } catch { noteMissing(name, error, range) }
    }

    // MARK: Circles

    /// One stage copies or mounts from another.
    private struct Use {
        var user: Int
        var origin: Int
        var instruction: Instruction
    }

    /// Notes the first circle of stages that copy or mount from each other, at the instruction that reads a later one.
    private func checkCircles(among others: [Int]) throws {
        var finished: Set<Int> = []
        for start in others where !finished.contains(start) {
            // Depth first with a stack of its own: the file decides how deep it goes.
            var path: [Use] = []
            var rest = [uses(by: start)]
            var places = [start: 0]
            while let top = rest.indices.last {
                guard let use = rest[top].popLast() else {
                    let stage = path.popLast()?.origin ?? start
                    finished.insert(stage)
                    places[stage] = nil
                    rest.removeLast()
                    continue
                }
                if let place = places[use.origin] {
                    let circle = path[place...] + [use]
                    guard let wrong = circle.first(where: { $0.origin >= $0.user }) else { return }
                    let name = dockerfile.stages[wrong.origin].name ?? ByteString("\(wrong.origin)")
                    let reason: GraphError.Reason =
                        wrong.origin == wrong.user ? .selfReference(name) : .laterStage(name)
                    return try mistakes.note(error(reason, at: wrong.instruction.range))
                }
                if !finished.contains(use.origin) {
                    path.append(use)
                    rest.append(uses(by: use.origin))
                    places[use.origin] = path.count
                }
            }
        }
    }

    private func uses(by stage: Int) -> [Use] {
        dockerfile.stages[stage].instructions.flatMap { instruction in
            instruction.origins.compactMap { origin in
                let number = origin.isCopy ? Int(origin.name.text) : nil
                guard let found = number ?? stagesByName[origin.name.lowercased]?.last,
                    dockerfile.stages.indices.contains(found)
                else { return nil }
                return Use(user: stage, origin: found, instruction: instruction)
            }
        }
    }
}

extension Stage {
    /// The ONBUILD triggers that the stage leaves.
    var triggers: [ByteString] {
        instructions.compactMap { instruction in
            guard case .onbuild(let onbuild) = instruction.kind else { return nil }
            return onbuild.expression
        }
    }
}

extension Instruction {
    /// What `--from` of COPY and `from=` of mounts name.
    fileprivate var origins: [(name: ByteString, isCopy: Bool)] {
        switch kind {
        case .copy(let copy): copy.from.map { [($0, true)] } ?? []
        case .run(let run): run.mounts.compactMap { mount in mount.from.map { ($0, false) } }
        default: []
        }
    }
}

extension MountFlag {
    /// What `from=` names; variables in it are refused before.
    fileprivate var from: ByteString? {
        options.last { $0.key == "from" }?.value.flatMap { $0.isEmpty ? nil : $0 }
    }
}
