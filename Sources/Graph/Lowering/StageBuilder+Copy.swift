internal import Bytes
internal import Dockerfile
internal import OCI
internal import Trees

extension StageBuilder {
    mutating func lowerCopy(_ copy: CopyInstruction, _ instruction: Instruction) async throws {
        let input: VertexID?
        if let from = copy.from {
            input = try await tree(named: from, instruction)
        } else {
            input = copy.sources.isEmpty ? nil : lowering.localSource(.buildContext)
        }
        try addCopy(
            "COPY",
            FileWords(
                sources: copy.sources,
                inlineFiles: copy.inlineFiles,
                destination: copy.destination,
                chown: copy.chown,
                chmod: copy.chmod,
                isLinked: copy.isLinked,
                keepsParents: copy.keepsParents,
                excludes: copy.excludes
            ),
            from: input,
            instruction
        )
    }

    mutating func lowerAdd(_ add: AddInstruction, _ instruction: Instruction) throws {
        try addCopy(
            "ADD",
            FileWords(
                sources: add.sources,
                inlineFiles: add.inlineFiles,
                destination: add.destination,
                chown: add.chown,
                chmod: add.chmod,
                isLinked: add.isLinked,
                excludes: add.excludes,
                unpacks: add.unpacks ?? true,
                remote: RemoteWords(
                    checksum: add.checksum,
                    unpacks: add.unpacks ?? false,
                    keepsGitDirectory: add.keepsGitDirectory
                )
            ),
            from: nil,
            instruction
        )
    }

    /// What COPY and ADD have in common, as written.
    struct FileWords {
        var sources: [ByteString]
        var inlineFiles: [InlineFile]
        var destination: ByteString
        var chown: ByteString?
        var chmod: ByteString?
        var isLinked = false
        var keepsParents = false
        var excludes: [ByteString] = []
        var unpacks = false
        /// What counts for sources that are elsewhere; nil where there may be none.
        var remote: RemoteWords?
    }

    /// `input`: what paths are of; nil for the build context.
    private mutating func addCopy(
        _ keyword: ByteString,
        _ words: FileWords,
        from input: VertexID?,
        _ instruction: Instruction
    ) throws {
        let chown = try words.chown.map { try expand($0, of: instruction) }.flatMap { $0.isEmpty ? nil : $0 }
        let chmod = try words.chmod.map { try expand($0, of: instruction) }.flatMap { $0.isEmpty ? nil : $0 }
        var mode: ModeChange?
        if let chmod {
            guard let change = ModeChange(chmod) else {
                throw lowering.error(.malformedMode(chmod), at: instruction.range)
            }
            mode = change
        }
        try check(words.excludes, instruction)
        var history = keyword
        if words.keepsParents { history += " --parents" }
        if let chown { history += " --chown=" + chown }
        if let chmod { history += " --chmod=" + chmod }
        let given = try expand(words.destination, of: instruction)
        let destination = destinationPath(given)
        let sources = try words.sources.map { try expand($0, of: instruction) }
        let checksum = try words.remote?.checksum.flatMap { try expandChecksum($0, of: sources, instruction) }
        var inputs = input.map { [$0] } ?? []
        func number(of vertex: VertexID) -> Int {
            if let known = inputs.firstIndex(of: vertex) { return known + 1 }
            inputs.append(vertex)
            return inputs.count
        }
        var actions: [FileAction] = []
        func add(_ origin: CopyAction.Origin, unpacks: Bool, takesCommitTime: Bool = false) {
            actions.append(
                .copy(
                    CopyAction(
                        origin: origin,
                        destination: destination,
                        owner: chown,
                        mode: mode,
                        unpacksArchives: unpacks,
                        excludes: words.excludes,
                        keepsParents: words.keepsParents,
                        // As in BuildKit, whose linked copies cannot change modes of directories that are there.
                        isLinked: words.isLinked && mode == nil,
                        takesCommitTime: takesCommitTime
                    )
                )
            )
        }
        for source in sources {
            history += " " + source
            if let remote = try remoteSource(source, checksum: checksum, words.remote, instruction) {
                let origin = CopyAction.Origin.input(number(of: remote.vertex), path: remote.word)
                add(origin, unpacks: remote.unpacks, takesCommitTime: remote.takesCommitTime)
                continue
            }
            if words.keepsParents, TreeRead.cut(source).pattern.isEmpty { warnAboutNoPattern(source, instruction) }
            let vertex = input ?? lowering.localSource(.buildContext)
            add(.input(number(of: vertex), path: source), unpacks: words.unpacks)
        }
        for file in words.inlineFiles {
            try checkFileName(file.name, instruction)
            history += " <<" + file.name
            var content = file.content
            if file.isExpanded {
                content = try lowering.expand(content, of: instruction, heredocExpansion)
            }
            add(.inline(name: file.name, content: content), unpacks: false)
        }
        history += " " + given + " # buildkit"
        if actions.count > 1, !words.keepsParents, !destination.hasSuffix("/") {
            warnAboutSeveral(words, destination, instruction)
        }
        let name = stepName(StageBuilder.withoutPasswords(displayText(instruction), of: sources))
        addStep(.file(actions), otherInputs: inputs, name: name, instruction)
        addHistory(history, hasLayer: true)
    }

    private func check(_ excludes: [ByteString], _ instruction: Instruction) throws {
        do throws(MalformedPattern) { _ = try IgnoreRules(patterns: excludes) } catch {
            throw lowering.error(.malformedExclude(error.pattern, error.reason), at: instruction.range)
        }
    }

    /// BuildKit takes a word without a pattern for one that matches nothing.
    private func warnAboutNoPattern(_ word: ByteString, _ instruction: Instruction) {
        let text =
            "COPY --parents \(word.escaped) copies nothing: it names no file below where it starts; "
            + "leave --parents out to copy all of it"
        lowering.warnings.append(.init(text: text, range: instruction.range))
    }

    /// Heredoc content is expanded with `\` as the escape, whatever the file's, and its quotes are text.
    private var heredocExpansion: Expansion {
        let environment = state.environment
        return Expansion(options: [.ignoresQuotes], limit: 64 << 20) { environment[$0] }
    }

    private func warnAboutSeveral(_ words: FileWords, _ destination: ByteString, _ instruction: Instruction) {
        let lost = (words.sources + words.inlineFiles.map(\.name)).dropLast().map(\.escaped).joined(separator: ", ")
        let text =
            "several sources go to \(destination.escaped), which has no slash at its end: unless it is a directory, "
            + "only the last one stays, and these are lost: \(lost)"
        lowering.warnings.append(.init(text: text, range: instruction.range))
    }

    /// Absolute and clean, with the slash at the end that says it is a directory.
    private func destinationPath(_ path: ByteString) -> ByteString {
        let path = state.platform.os == "windows" ? path.withoutDrive : path
        let absolute = absolutePath(path)
        let isDirectory = path.isEmpty || path == "." || path.hasSuffix("/") || path.hasSuffix("/.")
        return isDirectory && absolute != "/" ? absolute + "/" : absolute
    }

    /// The vertex that `--from` reads: an earlier stage by name or, for COPY, by number; a named context; or an image.
    ///
    /// Of several stages of that name the last in the file is meant, wherever this one stands.
    func tree(
        named from: ByteString,
        takesNumbers: Bool = true,
        _ instruction: Instruction
    ) async throws -> VertexID {
        try lowering.checkPlain(from, instruction)
        var found = lowering.stagesByName[from.lowercased]?.last.flatMap { $0 < stage.index ? $0 : nil }
        if takesNumbers, let number = Int(from.text) {
            guard (0..<stage.index).contains(number) else {
                throw lowering.error(.invalidStageIndex(from), at: instruction.range)
            }
            found = number
        }
        if let found {
            let state = try await lowering.stage(found)
            return state.chain[state.chain.count - 1]
        }
        let wanted = from.lowercased
        if !lowering.isReplaced(wanted) {
            if stage.name == wanted { throw lowering.error(.selfReference(from), at: instruction.range) }
            if lowering.dockerfile.stages.contains(where: { $0.name == wanted }) {
                throw lowering.error(.laterStage(from), at: instruction.range)
            }
        }
        return try await lowering.named(from, as: lowering.platform, at: instruction.range).tree
    }

    mutating func lowerWorkdir(_ word: ByteString, _ instruction: Instruction) throws {
        let expanded = try expand(word, of: instruction)
        // Nothing leaves it as it is.
        let path = expanded.isEmpty ? currentDirectory : workingDirectory(expanded)
        let name = displayText(instruction)
        state.config.config.workingDir = path
        if path == "/" { return addHistory("WORKDIR /") }
        let user = state.config.config.user
        let action = MakeDirectoryAction(path: absolutePath(path), owner: user.isEmpty ? nil : user)
        addStep(.file([.makeDirectory(action)]), name: stepName(name), instruction)
        addHistory("WORKDIR " + path, hasLayer: true)
    }
}
