import Bytes

extension CheckWalk {
    /// FROM lines have to name an image without any build argument, too.
    mutating func checkDefaultBases() {
        guard collector.runs(.invalidDefaultArgInFrom, configuration) else { return }
        let defaults = GlobalArguments(request, usesBuildArguments: false, budget: scopes.budget)
        // Where a default cannot be expanded, the build says so.
        guard defaults.isValid else { return }
        for stage in dockerfile.stages {
            let word = defaults.scope.expand(stage.base)
            guard word.isValid else { return }
            // A stage's name is checked as if it were an image's, as BuildKit does.
            guard !request.isImageName(word.text) else { continue }
            collector.report(
                .invalidDefaultArgInFrom,
                at: stage.from.range,
                configuration.merging(stage.from.comments),
                marking: stage.base,
                "Default value for ARG \(stage.base.brief) results in empty or invalid base image name"
            )
        }
    }

    /// What FROM says.
    mutating func checkFrom(_ stage: Stage) {
        let range = stage.from.range
        let configuration = configuration.merging(stage.from.comments)
        let base = uses.baseWords[stage.index]
        reportUndeclared(base, at: range, configuration)
        if let platform = stage.platform { checkPlatform(platform, of: stage, configuration) }
        if uses.bases[stage.index] == nil, base.isValid, base.undefined.isEmpty {
            checkImage(base.text, written: stage.base, at: range, configuration)
        }
        checkUse(of: stage, configuration)
        guard let mismatch = mismatch(of: stage, base: base) else { return }
        collector.report(
            .invalidBaseImagePlatform,
            at: range,
            configuration,
            marking: stage.base,
            "Base image \(base.text.brief) was pulled with platform \"\(mismatch.actual)\", "
                + "expected \"\(mismatch.expected)\" for current build"
        )
    }

    private func mismatch(of stage: Stage, base: StageScope.Word) -> (actual: String, expected: String)? {
        guard base.isValid, uses.bases[stage.index] == nil, base.text != "scratch" else { return nil }
        return request.base(base.text, stage.platform.map { globals.scope.expand($0).text })?.platformMismatch
    }

    private mutating func reportUndeclared(
        _ word: StageScope.Word,
        at range: SourceRange,
        _ configuration: CheckConfiguration
    ) {
        for name in word.undefined where !globals.declares(name) {
            let known = Set(globals.values.keys).union(globals.arguments.keys)
            let meant = nearest(to: name, among: known)
            collector.report(
                .undefinedArgInFrom,
                at: range,
                configuration,
                marking: name,
                "FROM argument '\(name.brief)' is not declared" + Self.suggestion(meant)
            )
        }
    }

    /// The end of a message that names what was meant.
    static func suggestion(_ name: ByteString?, sign: String = "") -> String {
        name.map { " (did you mean \(sign)\($0.brief)?)" } ?? ""
    }

    private mutating func checkPlatform(
        _ platform: ByteString,
        of stage: Stage,
        _ configuration: CheckConfiguration
    ) {
        let range = stage.from.range
        let word = globals.scope.expand(platform)
        reportUndeclared(word, at: range, configuration)
        guard word.isValid else { return }
        if word.used == ["TARGETPLATFORM"], word.undefined.isEmpty, word.text == globals.values["TARGETPLATFORM"] {
            collector.report(
                .redundantTargetPlatform,
                at: range,
                configuration,
                marking: platform,
                "Setting platform to predefined \(platform.brief) in FROM is redundant as this is the default behavior"
            )
        }
        guard word.used.isEmpty, word.undefined.isEmpty, let parts = request.platform(word.text) else { return }
        let name = stage.name ?? ByteString()
        guard !name.contains(parts.os), !name.contains(parts.architecture) else { return }
        collector.report(
            .fromPlatformFlagConstDisallowed,
            at: range,
            configuration,
            marking: platform,
            "FROM --platform flag should not use constant value \"\(word.text.brief)\""
        )
    }

    /// An image has to say which version it is.
    mutating func checkImage(
        _ name: ByteString,
        written: ByteString,
        at range: SourceRange,
        _ configuration: CheckConfiguration
    ) {
        guard name != "scratch", !request.namedContexts.contains(Ascii.lower(name)), request.isImageName(name),
            !name.bytes.contains(UInt8(ascii: "@"))
        else { return }
        let last = name.split(separator: Byte.slash).last ?? name
        let tag = last.bytes.firstIndex(of: Byte.colon).map { ByteString(Array(last.bytes[($0 + 1)...])) }
        guard tag == nil || tag == "latest" else { return }
        collector.report(
            .unpinnedBaseImage,
            at: range,
            configuration,
            marking: written,
            tag == nil
                ? "\(name.brief) has neither a tag nor a digest"
                : "\(name.brief) moves with every release, name a version or a digest"
        )
    }

    /// Words in the names of stages that are built by their name.
    private static let targetWords: Set<ByteString> = [
        "test", "tests", "lint", "dev", "devel", "development", "debug", "ci", "prod", "production", "release",
        "validate", "validation", "check", "update", "vendor", "fix", "analyze", "coverage", "bench", "integration",
        "docs", "shell", "export", "binary", "binaries", "artifact", "artifacts",
    ]

    private static func isTarget(_ name: ByteString) -> Bool {
        let words = name.bytes.split { !(0x61...0x7A).contains(Ascii.lower($0)) }
        return words.contains { targetWords.contains(ByteString(Array($0))) }
    }

    /// A stage is there for the build's result, for another stage, or as a target that is described as one.
    private mutating func checkUse(of stage: Stage, _ configuration: CheckConfiguration) {
        let isResult = stage.index == dockerfile.stages.count - 1 || uses.target(request.target) == stage.index
        guard !isResult, !uses.used.contains(stage.index), stage.source.documentation == nil else { return }
        if let name = stage.name {
            guard uses.byName[name] == stage.index, !uses.mayBecome(name), !Self.isTarget(name) else { return }
        }
        let title = stage.name?.brief ?? "\(stage.index)"
        collector.report(
            .unusedStage,
            at: stage.from.range,
            configuration,
            marking: stage.source.nameAsWritten,
            "nothing uses stage \(title)"
                + (stage.name == nil ? "" : "; if it is a target, write `# \(title) what it is for` above it")
        )
    }
}

extension ByteString {
    /// Whether `part` stands somewhere in the text.
    func contains(_ part: ByteString) -> Bool {
        guard count >= part.count else { return false }
        return (0...(count - part.count)).contains { bytes[$0...].starts(with: part.bytes) }
    }
}
