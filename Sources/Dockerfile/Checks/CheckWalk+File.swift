import Bytes

extension CheckWalk {
    /// What the parser tolerated, and names of checks that do not exist.
    mutating func checkFile() {
        for warning in dockerfile.warnings where warning.rule == CheckRule.noEmptyContinuation.name {
            collector.report(.noEmptyContinuation, at: warning.range, configuration, "Empty continuation line")
        }
        let isFromFile = request.buildArguments[CheckConfiguration.argumentName] == nil
        let line = isFromFile ? dockerfile.directives.check?.line : nil
        for name in configuration.names where CheckRule.named(name) == nil {
            let names = CheckRule.all.map(\.name)
            let meant =
                names.first { $0.lowercased() == name.lowercased() }
                ?? Suggestion.nearest(to: ByteString(name), among: names, ignoresCase: true)
            collector.report(
                .unknownCheckName,
                at: SourceRange(line: line ?? 1),
                configuration,
                marking: ByteString(name),
                "there is no check \(ByteString(name).brief)" + (meant.map { " (did you mean \($0)?)" } ?? "")
            )
        }
    }

    /// Letter case and names: everything that is seen without knowing what runs.
    mutating func checkNames() {
        for instruction in dockerfile.metaArguments { checkDescription(instruction) }
        var names: Set<ByteString> = []
        let isLower = hasLowerMajority
        for stage in dockerfile.stages {
            checkStageName(stage, &names)
            checkCase(of: stage.from, isLower: isLower)
            checkDescription(stage.from)
            for instruction in stage.instructions {
                checkCase(of: instruction, isLower: isLower)
                checkDescription(instruction)
                if case .maintainer = instruction.kind {
                    collector.report(
                        .maintainerDeprecated,
                        at: instruction.range,
                        configuration.merging(instruction.comments),
                        "Maintainer instruction is deprecated in favor of using label"
                    )
                }
            }
        }
    }

    private mutating func checkStageName(_ stage: Stage, _ seen: inout Set<ByteString>) {
        let from = stage.from
        guard let name = stage.name, let written = stage.source.nameAsWritten else { return }
        let configuration = configuration.merging(from.comments)
        if written != name {
            collector.report(
                .stageNameCasing,
                at: from.range,
                configuration,
                marking: written,
                "Stage name '\(written.brief)' should be lowercase"
            )
        }
        if let keyword = stage.source.asKeyword {
            let from = from.keywordAsWritten
            let (isUpper, isLower) = (!Ascii.hasLower(from), !Ascii.hasUpper(from))
            if isLower && Ascii.hasUpper(keyword) || isUpper && Ascii.hasLower(keyword) {
                collector.report(
                    .fromAsCasing,
                    at: stage.from.range,
                    configuration,
                    marking: keyword,
                    "'\(keyword.brief)' and '\(from.brief)' keywords' casing do not match"
                )
            }
        }
        if name == "scratch" || name == "context" {
            collector.report(
                .reservedStageName,
                at: from.range,
                configuration,
                marking: written,
                "Stage name should not use the same name as reserved stage \"\(name.brief)\""
            )
        }
        if !seen.insert(name).inserted {
            collector.report(
                .duplicateStageName,
                at: from.range,
                configuration,
                marking: written,
                "Duplicate stage name \"\(name.brief)\", stage names should be unique"
            )
        }
    }

    /// Whether more instructions are written in small letters than in capitals.
    private var hasLowerMajority: Bool {
        var balance = 0
        for stage in dockerfile.stages {
            balance += Self.weight(of: stage.from.keywordAsWritten)
            for instruction in stage.instructions { balance += Self.weight(of: instruction.keywordAsWritten) }
        }
        return balance > 0
    }

    private static func weight(of word: ByteString) -> Int {
        if !Ascii.hasUpper(word) { return 1 }
        return Ascii.hasLower(word) ? 0 : -1
    }

    private mutating func checkCase(of instruction: Instruction, isLower: Bool) {
        let word = instruction.keywordAsWritten
        guard isLower ? Ascii.hasUpper(word) : Ascii.hasLower(word) else { return }
        collector.report(
            .consistentInstructionCasing,
            at: instruction.range,
            configuration.merging(instruction.comments),
            marking: word,
            "Command '\(word.brief)' should match the case of the command majority (\(isLower ? "lower" : "upper")case)"
        )
    }

    /// The last comment above ARG and FROM … AS has to begin with a name that is defined there.
    private mutating func checkDescription(_ instruction: Instruction) {
        guard let comment = instruction.comments.last else { return }
        let names: [ByteString]
        switch instruction.kind {
        case .from(let from): names = from.name.map { [$0] } ?? []
        case .arg(let declarations): names = declarations.map(\.name)
        default: return
        }
        let word = ByteString(Array(comment.bytes.prefix { $0 != Byte.space }))
        guard let first = names.first, !names.contains(word) else { return }
        let example = names.count == 1 ? first.brief : "<arg_key>"
        collector.report(
            .invalidDefinitionDescription,
            at: instruction.range,
            configuration.merging(instruction.comments),
            "Comment for \(instruction.keyword) should follow the format: `# \(example) <description>`"
        )
    }

    /// Keys and tokens that are written into the file.
    mutating func checkSecrets() {
        guard collector.runs(.secretInDockerfile, configuration) else { return }
        for instruction in dockerfile.metaArguments { checkSecret(instruction) }
        for stage in dockerfile.stages {
            checkSecret(stage.from)
            for instruction in stage.instructions { checkSecret(instruction) }
        }
    }

    private mutating func checkSecret(_ instruction: Instruction) {
        var found = SecretText.find(in: instruction.original.bytes)
        if found == nil {
            found = Self.heredocContents(of: instruction.kind).lazy.compactMap { SecretText.find(in: $0.bytes) }.first
        }
        // A password may be one that everybody is to know: what is not sure fails no build.
        guard let found, found != .password || request.purpose == .check else { return }
        collector.report(
            .secretInDockerfile,
            at: instruction.range,
            configuration.merging(instruction.comments),
            "\(instruction.keyword) holds what looks like \(found.description)"
        )
    }

    private static func heredocContents(of kind: InstructionKind) -> [ByteString] {
        switch kind {
        case .run(let run): run.heredocs.map(\.content)
        case .copy(let copy): copy.inlineFiles.map(\.content)
        case .add(let add): add.inlineFiles.map(\.content)
        default: []
        }
    }
}
