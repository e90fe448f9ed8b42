import Bytes

extension CheckWalk {
    /// COPY.
    mutating func checkCopy(_ copy: CopyInstruction, _ place: Place, _ state: inout StageState) {
        for word in [copy.chown, copy.chmod] { if let word { _ = expand(word, place, state) } }
        let sources = copy.sources.map { expand($0, place, state) }
        let destination = expand(copy.destination, place, state)
        expandContents(of: copy.inlineFiles, place, state)
        if let from = copy.from {
            checkForeign(from, place)
        } else {
            checkIgnored(sources, verb: "Copy", place)
            // What is left out may be what changes.
            if copy.excludes.isEmpty { noteContext(sources, place, &state) }
        }
        checkSecretFiles(sources, destination, hasInlineFiles: !copy.inlineFiles.isEmpty, place)
    }

    /// ADD.
    mutating func checkAdd(_ add: AddInstruction, _ place: Place, _ state: inout StageState) {
        for word in [add.chown, add.chmod, add.checksum] { if let word { _ = expand(word, place, state) } }
        let sources = add.sources.map { expand($0, place, state) }
        let destination = expand(add.destination, place, state)
        expandContents(of: add.inlineFiles, place, state)
        let local = sources.filter { !Self.isRemote($0.text) }
        checkIgnored(local, verb: "Add", place)
        if add.excludes.isEmpty { noteContext(local, place, &state) }
        checkSecretFiles(local, destination, hasInlineFiles: !add.inlineFiles.isEmpty, place)
    }

    private mutating func expandContents(of files: [InlineFile], _ place: Place, _ state: StageState) {
        for file in files where file.isExpanded {
            reportUndefined(state.scope.expandContent(file.content), place, state)
        }
    }

    /// Whether ADD downloads the source.
    private static func isRemote(_ source: ByteString) -> Bool {
        source.contains("://") || source.hasPrefix("git@") || source.hasPrefix("github.com/")
    }

    private mutating func checkIgnored(_ sources: [StageScope.Word], verb: String, _ place: Place) {
        guard let isIgnored = request.isIgnored, collector.runs(.copyIgnoredFile, place.configuration) else { return }
        for source in sources where source.isValid {
            let path = source.text.cleanedPath
            guard isIgnored(path) else { continue }
            collector.report(
                .copyIgnoredFile,
                at: place.range,
                place.configuration,
                marking: source.text,
                "Attempting to \(verb) file \"\(path.brief)\" that is excluded by .dockerignore"
            )
        }
    }

    /// An image after `--from` has to say its version as one after FROM.
    private mutating func checkForeign(_ name: ByteString, _ place: Place) {
        guard uses.byName[Ascii.lower(name)] == nil, Int(name.text) == nil else { return }
        checkImage(name, written: name, at: place.range, place.configuration)
    }

    private mutating func checkSecretFiles(
        _ sources: [StageScope.Word],
        _ destination: StageScope.Word,
        hasInlineFiles: Bool,
        _ place: Place
    ) {
        guard collector.runs(.secretFileCopied, place.configuration) else { return }
        let paths = sources.map(\.text) + (hasInlineFiles ? [destination.text] : [])
        for path in paths where SecretName.isSecretFile(path, copiedTo: destination.text) {
            collector.report(
                .secretFileCopied,
                at: place.range,
                place.configuration,
                marking: path,
                "\"\(path.brief)\" looks like a key or credentials, and stays readable in the layer"
            )
        }
    }

    private func noteContext(_ sources: [StageScope.Word], _ place: Place, _ state: inout StageState) {
        let isWhole = sources.contains { $0.isValid && [".", "/", "*"].contains($0.text.cleanedPath) }
        if isWhole, state.contextCopy == nil { state.contextCopy = (place.range, place.configuration) }
    }

    // MARK: RUN

    /// RUN.
    mutating func checkRun(_ run: RunInstruction, _ place: Place, _ state: inout StageState) {
        for mount in run.mounts {
            for option in mount.options {
                guard let value = option.value else { continue }
                let word = expand(value, place, state)
                if option.key == "from" { checkForeign(word.text, place) }
            }
        }
        guard request.purpose == .check else { return }
        let commands = Self.commands(of: run)
        if AptUpdate.standsAlone(in: commands), !keepsPackageLists(run, state) {
            collector.report(
                .aptUpdateAlone,
                at: place.range,
                place.configuration,
                marking: "update",
                "the package index is updated, and nothing that follows in the same step installs from it"
            )
        }
        for install in commands.compactMap(DependencyInstall.init) {
            let isFirst = state.installs.insert(install).inserted
            guard isFirst, let copy = state.contextCopy else { continue }
            collector.report(
                .contextCopiedBeforeInstall,
                at: copy.range,
                copy.configuration,
                "the whole context is copied before \(install.tool) installs dependencies in line \(place.range.first)"
            )
            state.contextCopy = nil
        }
    }

    /// Whether the lists of packages outlive the step on a cache mount.
    private func keepsPackageLists(_ run: RunInstruction, _ state: StageState) -> Bool {
        run.mounts.contains { mount in
            mount.options.contains { option in
                guard ["target", "dst", "destination"].contains(option.key), let value = option.value else {
                    return false
                }
                return state.scope.expand(value).text.hasPrefix("/var/lib/apt")
            }
        }
    }

    private static func commands(of run: RunInstruction) -> [[String]] {
        if case .exec(let words) = run.form {
            // `["sh", "-c", "…"]` is a shell form in disguise.
            guard words.count == 3, words[1].hasPrefix("-"), words[1].hasSuffix("c") else {
                return [words.map(\.text)]
            }
            return ShellCommands.read(words[2])
        }
        if let script = run.interpreterScript {
            let line = script.text.split(separator: Byte.lineFeed).first ?? ByteString()
            guard line.hasSuffix("sh") else { return [] }
        }
        return ShellCommands.read(run.shellText ?? ByteString())
    }
}
