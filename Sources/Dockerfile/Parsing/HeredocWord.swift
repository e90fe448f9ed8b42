import Bytes

/// A word that begins a heredoc: digits, `<<`, perhaps `-`, and a name that may be quoted.
struct HeredocWord {
    let name: ByteString
    let isExpanded: Bool
    let stripsTabs: Bool
    let descriptor: Int

    /// Reads a word; nil if it begins no heredoc.
    ///
    /// - Throws: if the name has a quote that is not closed.
    static func read(_ word: ByteString) throws(DockerfileError) -> HeredocWord? {
        let bytes = word.bytes
        var position = 0
        var descriptor = 0
        while position < bytes.count, bytes[position] >= Byte.zero, bytes[position] <= Byte.nine {
            descriptor = min(descriptor * 10 + Int(bytes[position] - Byte.zero), Int(UInt32.max))
            position += 1
        }
        guard bytes[position...].starts(with: [Byte.less, Byte.less]) else { return nil }
        position += 2
        let stripsTabs = position < bytes.count && bytes[position] == Byte.minus
        if stripsTabs { position += 1 }
        while position < bytes.count, Scalars.isSpace(bytes[position]), bytes[position] != Byte.verticalTab {
            position += 1
        }
        let rest = ByteString(Array(bytes[position...]))
        guard !rest.isEmpty, !rest.bytes.contains(Byte.less) else { return nil }

        // The word with and without its quotes: if they differ in quotes, some part is quoted.
        let words = try lexer(options: .keepsUnset).expandWords(rest)
        guard words.count == 1 else { return nil }
        let raw = try lexer(options: [.keepsUnset, .keepsQuotes]).expandWords(rest)
        guard raw.count == 1 else { return nil }
        return HeredocWord(
            name: words[0],
            isExpanded: quoteCount(words[0]) == quoteCount(raw[0]),
            stripsTabs: stripsTabs,
            descriptor: descriptor
        )
    }

    /// The heredocs that a logical line begins, in order.
    ///
    /// - Throws: if a name has a quote that is not closed.
    static func all(in line: [UInt8]) throws(DockerfileError) -> [HeredocWord] {
        let lexer = lexer(options: [.keepsQuotes, .keepsEscapes, .keepsUnset])
        // A line that cannot be read as words has no heredocs; the shell will say what is wrong with it.
        var expander = WordExpander(input: line, expansion: lexer)
        expander.selectsWord = { $0.contains(Byte.less) }
        guard let words = try? expander.run().words else { return [] }
        var heredocs: [HeredocWord] = []
        for word in words {
            if let heredoc = try read(word) { heredocs.append(heredoc) }
        }
        return heredocs
    }

    /// Heredocs are read with `\` as escape character, whatever the directive says.
    private static func lexer(options: Expansion.Options) -> Expansion {
        Expansion(escape: Byte.backslash, options: options) { _ in nil }
    }

    private static func quoteCount(_ word: ByteString) -> Int {
        word.bytes.count { $0 == Byte.singleQuote || $0 == Byte.doubleQuote }
    }
}
