import Bytes

/// Gives a node its meaning: checks flags and arguments and makes an `Instruction` of it.
struct InstructionBuilder {
    let node: InstructionNode
    let name: InstructionName

    /// What the node says.
    ///
    /// - Throws: without a place; the caller knows it.
    static func instruction(of node: InstructionNode) throws(DockerfileError) -> Instruction {
        guard let name = node.name else {
            let suggestion = Suggestion.nearest(
                to: node.keyword,
                among: InstructionName.allNames,
                ignoresCase: true
            )
            throw DockerfileError(.unknownInstruction(node.keyword, suggestion: suggestion))
        }
        let (kind, usedFlags) = try InstructionBuilder(node: node, name: name).build()
        let trimmed = Scalars.trim(node.line.bytes, 0..<node.line.count)
        let original = trimmed.count == node.line.count ? node.line : ByteString(Array(node.line.bytes[trimmed]))
        return Instruction(
            range: node.range,
            keyword: name.rawValue,
            keywordAsWritten: node.keyword,
            original: original,
            comments: node.comments,
            usedFlags: usedFlags,
            kind: kind
        )
    }

    private func build() throws(DockerfileError) -> (InstructionKind, usedFlags: [String]) {
        switch name {
        case .from: return try from()
        case .run: return try run()
        case .copy: return try copy()
        case .add: return try add()
        case .healthcheck: return try healthcheck()
        // BuildKit takes any flag here and ignores it.
        case .arg: return (.arg(try arguments()), [])
        case .stopsignal: return (.stopsignal(try onlyWord()), [])
        default:
            let kind = try plain()
            _ = try flags([:])
            return (kind, [])
        }
    }

    /// The kinds that take no flags.
    private func plain() throws(DockerfileError) -> InstructionKind {
        switch name {
        case .env: return .env(try pairs())
        case .label: return .label(try pairs())
        case .workdir: return .workdir(try onlyWord())
        case .user: return .user(try onlyWord())
        case .maintainer: return .maintainer(try onlyWord())
        case .cmd: return .cmd(form(node.words))
        case .entrypoint: return .entrypoint(form(node.words))
        case .expose: return .expose(try words().sorted())
        case .volume: return .volume(try volumes())
        case .shell: return .shell(try shell())
        default: return .onbuild(try onbuild())
        }
    }

    /// Reads the node's flags.
    func flags(_ known: KeyValuePairs<String, FlagSet.Kind>) throws(DockerfileError) -> FlagSet {
        try FlagSet(node.flags, known: known, instruction: name.rawValue)
    }

    /// Words as a command in one of its two forms.
    func form(_ words: [ByteString]) -> CommandForm {
        node.isJSON ? .exec(words) : .shell(words.joined(separator: " "))
    }

    func wrongCount(_ count: DockerfileError.ArgumentCount) -> DockerfileError {
        DockerfileError(.wrongArgumentCount(instruction: name.rawValue, count))
    }

    private func words() throws(DockerfileError) -> [ByteString] {
        guard !node.words.isEmpty else { throw wrongCount(.atLeastOne) }
        return node.words
    }

    private func onlyWord() throws(DockerfileError) -> ByteString {
        guard node.words.count == 1 else { throw wrongCount(.exactlyOne) }
        return node.words[0]
    }

    private func pairs() throws(DockerfileError) -> [KeyValue] {
        let words = try words()
        var result: [KeyValue] = []
        result.reserveCapacity(words.count / 3)
        for index in stride(from: 0, to: words.count - 2, by: 3) {
            guard !words[index].isEmpty else { throw DockerfileError(.blankName(instruction: name.rawValue)) }
            result.append(
                KeyValue(name: words[index], value: words[index + 1], isLegacyForm: words[index + 2].isEmpty)
            )
        }
        return result
    }

    private func arguments() throws(DockerfileError) -> [ArgumentDeclaration] {
        var result: [ArgumentDeclaration] = []
        for word in try words() {
            guard let separator = word.bytes.firstIndex(of: Byte.equals) else {
                result.append(
                    ArgumentDeclaration(name: word, defaultValue: nil, documentation: documentation(of: word))
                )
                continue
            }
            guard separator > 0 else { throw DockerfileError(.blankName(instruction: name.rawValue)) }
            let name = ByteString(Array(word.bytes[..<separator]))
            result.append(
                ArgumentDeclaration(
                    name: name,
                    defaultValue: ByteString(Array(word.bytes[(separator + 1)...])),
                    documentation: documentation(of: name)
                )
            )
        }
        return result
    }

    /// What the first comment above that begins with the name says.
    func documentation(of name: ByteString) -> ByteString? {
        guard !name.isEmpty else { return nil }
        let start = name + " "
        guard let comment = node.comments.first(where: { $0.hasPrefix(start) }) else { return nil }
        return ByteString(Array(comment.bytes[start.count...]))
    }

    private func volumes() throws(DockerfileError) -> [ByteString] {
        var result: [ByteString] = []
        for word in try words() {
            let trimmed = ByteString(Array(word.bytes[Scalars.trim(word.bytes, 0..<word.count)]))
            guard !trimmed.isEmpty else { throw DockerfileError(.emptyVolume) }
            result.append(trimmed)
        }
        return result
    }

    private func shell() throws(DockerfileError) -> [ByteString] {
        let words = try words()
        guard node.isJSON else { throw DockerfileError(.notJSON(instruction: name.rawValue)) }
        return words
    }

    private func onbuild() throws(DockerfileError) -> OnbuildInstruction {
        guard var trigger = node.trigger.first else { throw wrongCount(.atLeastOne) }
        let inner = trigger.name
        if let inner, !inner.isAllowedAsTrigger { throw DockerfileError(.notAllowedInOnbuild(inner.rawValue)) }
        let keyword = inner?.rawValue ?? Ascii.upper(trigger.keyword).text
        var expression = triggerText()
        for heredoc in node.heredocs {
            expression += "\n"
            expression += heredoc.content
            expression += heredoc.name
        }
        trigger.range = node.range
        trigger.heredocs = node.heredocs
        return OnbuildInstruction(
            expression: expression,
            keyword: keyword,
            instruction: try? Self.instruction(of: trigger)
        )
    }

    /// The line without its first word ONBUILD and the blanks around that.
    private func triggerText() -> ByteString {
        var bytes = node.line.bytes[...]
        let isBlank = { (byte: UInt8) in Scalars.isSpace(byte) && byte != Byte.verticalTab }
        bytes = bytes.drop(while: isBlank)
        guard Ascii.upper(ByteString(Array(bytes.prefix(name.rawValue.utf8.count)))) == ByteString(name.rawValue) else {
            return node.line
        }
        return ByteString(Array(bytes.dropFirst(name.rawValue.utf8.count).drop(while: isBlank)))
    }
}

extension InstructionName {
    /// Whether ONBUILD may hold the instruction.
    var isAllowedAsTrigger: Bool { self != .onbuild && self != .from && self != .maintainer }
}
