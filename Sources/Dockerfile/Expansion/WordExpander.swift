import Bytes

/// One pass over a word: quotes, escapes and variables.
///
/// Recursion happens for `${a:-…}` and its kin only and is counted, so that no input overflows the stack.
struct WordExpander {
    let input: [UInt8]
    let expansion: Expansion
    var position = 0
    /// Whether escape characters stay in the result; patterns ask for it inside their braces.
    var keepsEscapes: Bool
    /// The word being collected for the list; all levels share it and each begins by emptying it.
    private var buffer: [UInt8] = []
    private var depth = 0
    /// Which words are kept; all if it is nil.
    var selectsWord: (([UInt8]) -> Bool)?
    private var produced = 0
    var result = Expansion.Result()

    init(input: [UInt8], expansion: Expansion) {
        self.input = input
        self.expansion = expansion
        self.keepsEscapes = expansion.options.contains(.keepsEscapes)
    }

    /// Expands the whole input.
    mutating func run() throws(DockerfileError) -> Expansion.Result {
        let (text, words) = try expandLevel(until: nil, keepingEscapes: keepsEscapes)
        result.text = ByteString(text)
        result.words = words
        return result
    }

    /// The byte at the position; nil at the end.
    var next: UInt8? { position < input.count ? input[position] : nil }

    /// Words as they are collected on one level.
    private struct WordList {
        var words: [ByteString] = []
        var isInWord = false
    }

    /// Expands up to `stop`, which is consumed, or to the end of the input.
    mutating func expandLevel(
        until stop: UInt8?,
        keepingEscapes keeps: Bool
    ) throws(DockerfileError) -> (text: [UInt8], words: [ByteString]) {
        depth += 1
        guard depth <= Expansion.depthLimit else { throw DockerfileError(.expansionTooDeep(Expansion.depthLimit)) }
        let outer = keepsEscapes
        keepsEscapes = keeps
        defer {
            keepsEscapes = outer
            depth -= 1
        }
        buffer.removeAll(keepingCapacity: true)
        var list = WordList()
        var text: [UInt8] = []

        while let byte = next {
            if byte == stop {
                position += 1
                flush(&list)
                return (text, list.words)
            }
            switch byte {
            case Byte.dollar:
                let value = try expandDollar()
                text += value
                addSplitting(value, to: &list)
            case Byte.singleQuote where !expansion.options.contains(.ignoresQuotes):
                let value = try singleQuoted()
                text += value
                addRaw(value, to: &list)
            case Byte.doubleQuote where !expansion.options.contains(.ignoresQuotes):
                let value = try doubleQuoted()
                text += value
                addRaw(value, to: &list)
            case Byte.less:
                let value = heredocOperator()
                text += value
                addRaw(value, to: &list)
            case expansion.escape:
                position += 1
                if keepsEscapes {
                    text.append(byte)
                    addRaw([byte], to: &list)
                }
                guard position < input.count else { break }
                let width = Scalars.decode(input, at: position).width
                let escaped = Array(input[position..<(position + width)])
                position += width
                text += escaped
                addRaw(escaped, to: &list)
            default:
                addPlainRun(until: stop, to: &list, text: &text)
            }
        }
        if let stop { throw DockerfileError(.unexpectedEnd(missing: Character(Unicode.Scalar(stop)))) }
        flush(&list)
        return (text, list.words)
    }

    /// Takes the bytes up to the next that means something.
    private mutating func addPlainRun(until stop: UInt8?, to list: inout WordList, text: inout [UInt8]) {
        while let byte = next, byte != stop {
            switch byte {
            case Byte.dollar, Byte.less, expansion.escape: return
            case Byte.singleQuote, Byte.doubleQuote:
                if !expansion.options.contains(.ignoresQuotes) { return }
            default: break
            }
            let space = Scalars.spaceWidth(input, at: position)
            if space > 0 {
                text += input[position..<(position + space)]
                position += space
                endWord(&list)
            } else {
                text.append(byte)
                buffer.append(byte)
                list.isInWord = true
                position += 1
            }
        }
    }

    private mutating func endWord(_ list: inout WordList) {
        guard list.isInWord, !buffer.isEmpty else { return }
        flush(&list)
        list.isInWord = false
    }

    private mutating func flush(_ list: inout WordList) {
        if !buffer.isEmpty, selectsWord?(buffer) ?? true { list.words.append(ByteString(buffer)) }
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func addRaw(_ value: [UInt8], to list: inout WordList) {
        buffer += value
        list.isInWord = true
    }

    private mutating func addSplitting(_ value: [UInt8], to list: inout WordList) {
        var offset = 0
        while offset < value.count {
            let space = Scalars.spaceWidth(value, at: offset)
            if space > 0 {
                endWord(&list)
                offset += space
            } else {
                buffer.append(value[offset])
                list.isInWord = true
                offset += 1
            }
        }
    }

    /// `'…'`: everything up to the next single quote as it is.
    private mutating func singleQuoted() throws(DockerfileError) -> [UInt8] {
        let start = position + 1
        var end = start
        while end < input.count, input[end] != Byte.singleQuote { end += 1 }
        guard end < input.count else { throw DockerfileError(.unterminatedQuote("'")) }
        position = end + 1
        return expansion.options.contains(.keepsQuotes)
            ? Array(input[(start - 1)...end]) : Array(input[start..<end])
    }

    /// `"…"`: variables are expanded; the escape character escapes itself, `"` and `$`.
    private mutating func doubleQuoted() throws(DockerfileError) -> [UInt8] {
        let keepsQuotes = expansion.options.contains(.keepsQuotes)
        position += 1
        var text: [UInt8] = keepsQuotes ? [Byte.doubleQuote] : []
        while let byte = next {
            switch byte {
            case Byte.doubleQuote:
                position += 1
                if keepsQuotes { text.append(byte) }
                return text
            case Byte.dollar:
                text += try expandDollar()
            case expansion.escape:
                position += 1
                if keepsEscapes { text.append(byte) }
                guard let escaped = next else { break }
                if escaped == Byte.doubleQuote || escaped == Byte.dollar || escaped == expansion.escape {
                    position += 1
                    text.append(escaped)
                } else {
                    text.append(byte)
                }
            default:
                text.append(byte)
                position += 1
            }
        }
        throw DockerfileError(.unterminatedQuote("\""))
    }

    /// `<<` and the blanks after it belong to the word that follows, so that `<< EOF` is one word.
    private mutating func heredocOperator() -> [UInt8] {
        let start = position
        position += 1
        guard next == Byte.less else { return [Byte.less] }
        position += 1
        while next == Byte.space || next == Byte.tab || next == Byte.carriageReturn { position += 1 }
        return Array(input[start..<position])
    }

    /// The value of a variable, noted among those used or undefined.
    ///
    /// - Throws: `expansionTooLarge` when the values of this word have come to more than the limit.
    mutating func value(of name: ByteString) throws(DockerfileError) -> ByteString? {
        guard let value = expansion.lookup(name) else {
            result.undefined.insert(name)
            return nil
        }
        result.used.insert(name)
        try count(value.count)
        return value
    }

    /// Counts bytes that the expansion has made.
    mutating func count(_ bytes: Int) throws(DockerfileError) {
        produced += bytes
        guard produced <= expansion.limit else { throw DockerfileError(.expansionTooLarge(limit: expansion.limit)) }
    }

    /// How many more bytes the expansion may make.
    var remaining: Int { expansion.limit - produced }
}
