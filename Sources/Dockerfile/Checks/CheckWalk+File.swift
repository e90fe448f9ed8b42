import Bytes

extension CheckWalk {
    /// What the parser tolerated, and names of checks that do not exist.
    mutating func checkFile() {
        for warning in dockerfile.warnings where warning.rule == CheckRule.noEmptyContinuation.name {
            collector.report(.noEmptyContinuation, at: warning.range, configuration, warning.message)
        }
        let isFromFile = request.buildArguments[CheckConfiguration.argumentName] == nil
        let line = isFromFile ? dockerfile.directives.check?.line : nil
        for name in configuration.names where CheckRule.named(name) == nil {
            let meant = Suggestion.nearest(
                to: ByteString(name),
                among: CheckRule.all.map(\.name),
                ignoresCase: true
            )
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
                        "MAINTAINER is deprecated, use LABEL org.opencontainers.image.authors"
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
                "stage name \(written.brief) should be in small letters"
            )
        }
        if let keyword = stage.source.asKeyword {
            let from = from.keywordAsWritten
            let isLower = Ascii.lower(from) == from
            let isUpper = Ascii.upper(from) == from
            if isLower && Ascii.lower(keyword) != keyword || isUpper && Ascii.upper(keyword) != keyword {
                collector.report(
                    .fromAsCasing,
                    at: stage.from.range,
                    configuration,
                    marking: keyword,
                    "\(keyword.brief) does not match the letter case of \(from.brief)"
                )
            }
        }
        if name == "scratch" || name == "context" {
            collector.report(
                .reservedStageName,
                at: from.range,
                configuration,
                marking: written,
                "\(name.brief) is reserved and should not be a stage's name"
            )
        }
        if !seen.insert(name).inserted {
            collector.report(
                .duplicateStageName,
                at: from.range,
                configuration,
                marking: written,
                "another stage is called \(name.brief), too"
            )
        }
    }

    /// Whether more instructions are written in small letters than in capitals.
    private var hasLowerMajority: Bool {
        var balance = 0
        for stage in dockerfile.stages {
            for word in [stage.from.keywordAsWritten] + stage.instructions.map(\.keywordAsWritten) {
                if Ascii.lower(word) == word { balance += 1 } else if Ascii.upper(word) == word { balance -= 1 }
            }
        }
        return balance > 0
    }

    private mutating func checkCase(of instruction: Instruction, isLower: Bool) {
        let word = instruction.keywordAsWritten
        guard (isLower ? Ascii.lower(word) : Ascii.upper(word)) != word else { return }
        collector.report(
            .consistentInstructionCasing,
            at: instruction.range,
            configuration.merging(instruction.comments),
            marking: word,
            "\(word.brief) should be in \(isLower ? "small letters" : "capitals") as most instructions here are"
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
        let example = names.count == 1 ? first.brief : "NAME"
        collector.report(
            .invalidDefinitionDescription,
            at: instruction.range,
            configuration.merging(instruction.comments),
            "a comment that describes \(instruction.keyword) has the form `# \(example) text`"
        )
    }

    /// Keys and tokens that are written into the file.
    mutating func checkSecrets() {
        guard collector.runs(.secretInDockerfile, configuration) else { return }
        let stages = dockerfile.stages.flatMap { [$0.from] + $0.instructions }
        for instruction in dockerfile.metaArguments + stages {
            let texts = [instruction.original] + Self.heredocContents(of: instruction.kind)
            guard let secret = texts.lazy.compactMap({ SecretText.find(in: $0.bytes) }).first else { continue }
            collector.report(
                .secretInDockerfile,
                at: instruction.range,
                configuration.merging(instruction.comments),
                "\(instruction.keyword) holds what looks like \(secret.description)"
            )
        }
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
