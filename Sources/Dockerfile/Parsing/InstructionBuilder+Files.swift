import Bytes

extension InstructionBuilder {
    /// FROM.
    func from() throws(DockerfileError) -> (InstructionKind, usedFlags: [String]) {
        let words = node.words
        var stageName: ByteString?
        if words.count == 3, Ascii.lower(words[1]) == "as" {
            let lower = Ascii.lower(words[2])
            guard Self.isStageName(lower) else { throw DockerfileError(.invalidStageName(words[2])) }
            stageName = lower
        } else if words.count != 1 {
            throw wrongCount(.oneOrThree(given: words.count))
        }
        let flags = try flags(["platform": .text])
        let from = FromInstruction(
            base: words[0],
            name: stageName,
            nameAsWritten: stageName == nil ? nil : words[2],
            asKeyword: stageName == nil ? nil : words[1],
            platform: flags.text("platform"),
            documentation: stageName.flatMap { documentation(of: $0) }
        )
        return (.from(from), flags.used)
    }

    /// A small letter, then small letters, digits, `-`, `_` and `.`.
    private static func isStageName(_ name: ByteString) -> Bool {
        guard let first = name.bytes.first, (0x61...0x7A).contains(first) else { return false }
        return name.bytes.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (Byte.zero...Byte.nine).contains(byte) || byte == Byte.minus
                || byte == Byte.underscore || byte == Byte.dot
        }
    }

    /// COPY.
    func copy() throws(DockerfileError) -> (InstructionKind, usedFlags: [String]) {
        try requireDestination()
        let flags = try flags([
            "chown": .text, "from": .text, "chmod": .text, "link": .boolean, "exclude": .list, "parents": .boolean,
        ])
        let (sources, inlineFiles, destination) = try sourcesAndDestination()
        let copy = CopyInstruction(
            sources: sources,
            inlineFiles: inlineFiles,
            destination: destination,
            from: flags.text("from"),
            chown: flags.text("chown"),
            chmod: flags.text("chmod"),
            isLinked: flags.boolean("link") ?? false,
            keepsParents: flags.boolean("parents") ?? false,
            excludes: flags.list("exclude")
        )
        return (.copy(copy), flags.used)
    }

    /// ADD.
    func add() throws(DockerfileError) -> (InstructionKind, usedFlags: [String]) {
        try requireDestination()
        let flags = try flags([
            "chown": .text, "chmod": .text, "link": .boolean, "keep-git-dir": .boolean, "checksum": .text,
            "unpack": .boolean, "exclude": .list,
        ])
        let (sources, inlineFiles, destination) = try sourcesAndDestination()
        let add = AddInstruction(
            sources: sources,
            inlineFiles: inlineFiles,
            destination: destination,
            chown: flags.text("chown"),
            chmod: flags.text("chmod"),
            isLinked: flags.boolean("link") ?? false,
            excludes: flags.list("exclude"),
            checksum: flags.text("checksum"),
            keepsGitDirectory: flags.boolean("keep-git-dir"),
            unpacks: flags.boolean("unpack")
        )
        return (.add(add), flags.used)
    }

    private func requireDestination() throws(DockerfileError) {
        guard node.words.count >= 2 else { throw wrongCount(.sourcesAndDestination(given: node.words.count)) }
    }

    /// Splits words into sources and destination; a source that names a heredoc is that file.
    private func sourcesAndDestination() throws(DockerfileError) -> (
        sources: [ByteString], inlineFiles: [InlineFile], destination: ByteString
    ) {
        let destination = node.words[node.words.count - 1]
        if Self.heredoc(destination) != nil {
            throw DockerfileError(.heredocAsDestination(instruction: name.rawValue))
        }
        var sources: [ByteString] = []
        var inlineFiles: [InlineFile] = []
        for word in node.words.dropLast() {
            guard let heredoc = Self.heredoc(word) else {
                sources.append(word)
                continue
            }
            // Of two heredocs of one name the later one counts for both.
            let body = node.heredocs.last { $0.name == heredoc.name }
            let content = Heredoc(
                name: heredoc.name,
                isExpanded: heredoc.isExpanded,
                stripsTabs: heredoc.stripsTabs,
                descriptor: heredoc.descriptor,
                content: body?.content ?? ByteString()
            )
            inlineFiles.append(
                InlineFile(name: heredoc.name, content: content.text, isExpanded: heredoc.isExpanded)
            )
        }
        return (sources, inlineFiles, destination)
    }

    /// The word as the beginning of a heredoc; a word with an open quote is none.
    private static func heredoc(_ word: ByteString) -> HeredocWord? {
        guard word.bytes.contains(Byte.less) else { return nil }
        return (try? HeredocWord.read(word)) ?? nil
    }
}
