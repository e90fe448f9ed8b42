import Bytes

/// Turns logical lines into instruction nodes.
struct NodeReader {
    private let source: SourceText
    private var lines: LineReader
    private(set) var warnings: [DockerfileWarning] = []
    /// How many more words the file may have.
    private var wordsLeft = DockerfileParser.wordLimit

    private static let equalsSign: ByteString = "="

    /// How deep ONBUILD may nest in itself; more than one is refused later anyway.
    private static let triggerDepthLimit = 8

    init(source: SourceText) {
        self.source = source
        self.lines = LineReader(source: source)
    }

    /// The escape character; known once the first node has been read.
    var escape: UInt8 { lines.escape }

    /// The next instruction with its heredocs; nil at the end.
    mutating func next() throws(DockerfileError) -> InstructionNode? {
        guard let line = try lines.nextLogicalLine() else { return nil }
        if line.hasEmptyLine {
            let start = ByteString(Array(line.bytes.prefix(80))).escaped
            let dots = line.bytes.count > 80 ? "…" : ""
            warnings.append(
                DockerfileWarning(
                    rule: "NoEmptyContinuation",
                    message: "Empty continuation line found in: \(start)\(dots)",
                    range: SourceRange(line: line.last)
                )
            )
        }
        var range = SourceRange(first: line.first, last: line.last)
        do throws(DockerfileError) {
            guard !line.bytes.contains(0) else { throw DockerfileError(.nulByte) }
            var node = try node(ByteString(line.bytes), depth: 0)
            try spend(node.words.count + node.flags.count)
            node.comments = line.comments
            if takesHeredocs(node), containsHeredocOperator(line.bytes) {
                for word in try HeredocWord.all(in: line.bytes) {
                    try spend(1)
                    node.heredocs.append(try body(of: word))
                }
                range.last = lines.lineNumber
            }
            node.range = range
            return node
        } catch {
            throw error.located(at: range, in: source)
        }
    }

    private func takesHeredocs(_ node: InstructionNode) -> Bool {
        switch node.name {
        case .run, .copy, .add: return !node.isJSON
        // One level down only: ONBUILD in ONBUILD is refused later.
        case .onbuild: return node.trigger.contains { $0.name?.takesHeredocs == true && !$0.isJSON }
        default: return false
        }
    }

    private func containsHeredocOperator(_ bytes: [UInt8]) -> Bool {
        guard var previous = bytes.first else { return false }
        for byte in bytes.dropFirst() {
            if byte == Byte.less, previous == Byte.less { return true }
            previous = byte
        }
        return false
    }

    private mutating func body(of word: HeredocWord) throws(DockerfileError) -> Heredoc {
        guard let content = lines.readHeredoc(until: word.name.bytes, strippingTabs: word.stripsTabs) else {
            throw DockerfileError(.unterminatedHeredoc(word.name))
        }
        return Heredoc(
            name: word.name,
            isExpanded: word.isExpanded,
            stripsTabs: word.stripsTabs,
            descriptor: word.descriptor,
            content: ByteString(content)
        )
    }

    /// Counts words, flags and heredocs; those of triggers count when they are split.
    ///
    /// - Throws: `tooManyWords`.
    private mutating func spend(_ words: Int) throws(DockerfileError) {
        wordsLeft -= words
        guard wordsLeft >= 0 else { throw DockerfileError(.tooManyWords(limit: DockerfileParser.wordLimit)) }
    }

    /// A node of one line, without heredocs and place.
    private mutating func node(_ line: ByteString, depth: Int) throws(DockerfileError) -> InstructionNode {
        let splitter = LineSplitter(line: line.bytes, escape: escape)
        let (keyword, flags, rest) = splitter.split(flagLimit: wordsLeft + 1)
        var result = InstructionNode(
            range: SourceRange(first: 0, last: 0),
            keyword: keyword,
            name: InstructionName(keyword),
            line: line,
            flags: flags,
            words: [],
            isJSON: false,
            trigger: [],
            heredocs: [],
            comments: []
        )
        guard let name = result.name else {
            // What nobody knows is kept with one empty word, for the check of meaning to refuse.
            result.words = [ByteString()]
            return result
        }
        switch name {
        case .env, .label:
            result.words = try pairs(of: name.rawValue, splitter, rest)
        case .arg:
            result.words = splitter.quotedWords(rest, limit: wordsLeft + 1)
        case .expose, .from:
            result.words = splitter.words(rest, limit: wordsLeft + 1)
        case .add, .copy, .volume:
            if try readJSON(line, rest, name, into: &result) { break }
            result.words = splitter.words(rest, limit: wordsLeft + 1)
        case .cmd, .entrypoint, .run, .shell:
            if !(try readJSON(line, rest, name, into: &result)), !rest.isEmpty { result.words = [text(line, rest)] }
        case .maintainer, .stopsignal, .user, .workdir:
            if !rest.isEmpty { result.words = [text(line, rest)] }
        case .healthcheck:
            try readHealthcheck(line, rest, into: &result)
        case .onbuild:
            guard !rest.isEmpty else { break }
            guard depth < Self.triggerDepthLimit else { throw DockerfileError(.notAllowedInOnbuild("ONBUILD")) }
            let trigger = try node(text(line, rest), depth: depth + 1)
            try spend(trigger.words.count + trigger.flags.count)
            result.trigger = [trigger]
        }
        return result
    }

    private func text(_ line: ByteString, _ range: Range<Int>) -> ByteString {
        ByteString(Array(line.bytes[range]))
    }

    private func readJSON(
        _ line: ByteString,
        _ range: Range<Int>,
        _ name: InstructionName,
        into node: inout InstructionNode
    ) throws(DockerfileError) -> Bool {
        switch JSONStrings.read(line.bytes, range, limit: wordsLeft + 1) {
        case .strings(let strings):
            node.words += strings
            node.isJSON = true
            return true
        case .notJSON: return false
        case .notStrings: throw DockerfileError(.notStringArray(instruction: name.rawValue))
        }
    }

    private func readHealthcheck(
        _ line: ByteString,
        _ rest: Range<Int>,
        into node: inout InstructionNode
    ) throws(DockerfileError) {
        guard !rest.isEmpty else { return }
        // BuildKit looks at bytes here: those of U+0085 and U+00A0 are blanks on their own, those of others are not.
        let isBlank = { (byte: UInt8) in Scalars.isSpace(byte) || byte == 0x85 || byte == 0xA0 }
        var end = rest.lowerBound
        while end < rest.upperBound, !isBlank(line.bytes[end]) { end += 1 }
        guard end > rest.lowerBound else { return }
        var start = end
        while start < rest.upperBound, isBlank(line.bytes[start]) { start += 1 }
        let command = start..<rest.upperBound
        node.words = [text(line, rest.lowerBound..<end)]
        let array = Scalars.trim(line.bytes, command)
        if !(try readJSON(line, array, .healthcheck, into: &node)), !command.isEmpty {
            node.words.append(text(line, command))
        }
    }

    /// Name, value and separator of each pair of ENV or LABEL; of the old form, the rest of the line is the value.
    private func pairs(
        of instruction: String,
        _ splitter: LineSplitter,
        _ rest: Range<Int>
    ) throws(DockerfileError) -> [ByteString] {
        let words = splitter.quotedWords(rest, limit: wordsLeft + 1)
        guard let first = words.first else { return [] }
        guard first.bytes.contains(Byte.equals) else {
            let bytes = splitter.line[rest]
            guard let end = bytes.firstIndex(where: LineSplitter.isBlank),
                let start = bytes[end...].firstIndex(where: { !LineSplitter.isBlank($0) })
            else { throw DockerfileError(.nameWithoutValue(instruction: instruction)) }
            return [ByteString(Array(bytes[..<end])), ByteString(Array(bytes[start...])), ByteString()]
        }
        var result: [ByteString] = []
        result.reserveCapacity(words.count * 3)
        for word in words {
            guard let separator = word.bytes.firstIndex(of: Byte.equals) else {
                throw DockerfileError(.missingEquals(instruction: instruction, word: word))
            }
            result.append(ByteString(Array(word.bytes[..<separator])))
            result.append(ByteString(Array(word.bytes[(separator + 1)...])))
            result.append(Self.equalsSign)
        }
        return result
    }
}
