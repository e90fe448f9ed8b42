import Bytes

/// Splits a logical line into the instruction's name, its flags and the rest.
struct LineSplitter {
    let line: [UInt8]
    let escape: UInt8

    /// The three parts, the rest trimmed; stops after `flagLimit` flags.
    func split(flagLimit: Int) -> (keyword: ByteString, flags: [ByteString], rest: Range<Int>) {
        let range = Scalars.trim(line, 0..<line.count)
        var end = range.lowerBound
        while end < range.upperBound, !Self.isBlank(line[end]) { end += 1 }
        let keyword = ByteString(Array(line[range.lowerBound..<end]))
        var start = end
        while start < range.upperBound, Self.isBlank(line[start]) { start += 1 }
        var flags: [ByteString] = []
        let rest = takeFlags(from: start, to: range.upperBound, limit: flagLimit, into: &flags)
        return (keyword, flags, Scalars.trim(line, rest..<range.upperBound))
    }

    /// Whether the byte separates words: blanks, but no line feed.
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == Byte.space || byte == Byte.tab || (Byte.verticalTab...Byte.carriageReturn).contains(byte)
    }

    /// Takes words that begin with `--`, quotes and escapes processed, and says where the rest begins.
    ///
    /// A word `--` ends them and vanishes. BuildKit looks at bytes here: only ASCII blanks stand between flags, and
    /// what stands behind another blank is an argument.
    private func takeFlags(
        from start: Int,
        to end: Int,
        limit: Int,
        into flags: inout [ByteString]
    ) -> Int {
        var position = start
        while flags.count < limit {
            while position < end, Scalars.isSpace(line[position]) { position += 1 }
            guard position + 1 < end, line[position] == Byte.minus, line[position + 1] == Byte.minus else {
                return position
            }
            var word: [UInt8] = []
            var quote: UInt8?
            while position < end {
                let byte = line[position]
                if let open = quote, byte == open {
                    quote = nil
                } else if quote == nil, isLatinBlank(at: byte == escape ? position + 1 : position, before: end) {
                    // BuildKit ends the flag at the second byte and reads the first as a letter.
                    word += Self.firstByteOfLatinBlank
                    position += byte == escape ? 3 : 2
                    break
                } else if byte == escape {
                    if position + 1 < end {
                        position += 1
                        word.append(line[position])
                    } else {
                        quote = nil
                    }
                } else if quote != nil {
                    word.append(byte)
                } else if byte == Byte.singleQuote || byte == Byte.doubleQuote {
                    quote = byte
                } else if Scalars.isSpace(byte) {
                    break
                } else {
                    word.append(byte)
                }
                position += 1
            }
            if word == [Byte.minus, Byte.minus] { return position }
            flags.append(ByteString(word))
        }
        return position
    }

    /// The letter Â, whose number is the first byte of U+0085 and U+00A0.
    private static let firstByteOfLatinBlank = Array("\u{C2}".utf8)

    /// Whether U+0085 or U+00A0 stands there, whose second byte is a blank for BuildKit's flags.
    private func isLatinBlank(at position: Int, before end: Int) -> Bool {
        position + 1 < end && line[position] == 0xC2 && (line[position + 1] == 0x85 || line[position + 1] == 0xA0)
    }

    /// Words separated by blanks, none of them empty; stops at `limit`.
    func words(_ range: Range<Int>, limit: Int) -> [ByteString] {
        var words: [ByteString] = []
        var position = range.lowerBound
        while words.count < limit {
            while position < range.upperBound, Self.isBlank(line[position]) { position += 1 }
            let start = position
            while position < range.upperBound, !Self.isBlank(line[position]) { position += 1 }
            guard position > start else { break }
            words.append(ByteString(Array(line[start..<position])))
        }
        return words
    }

    /// The words of ENV, LABEL and ARG: quotes and escapes keep white space together and stay; stops at `limit`.
    func quotedWords(_ range: Range<Int>, limit: Int) -> [ByteString] {
        var words: [ByteString] = []
        var start: Int?
        var quote: UInt8?
        var position = range.lowerBound
        let end = range.upperBound
        while position < end, words.count < limit {
            let byte = line[position]
            let space = quote == nil ? Scalars.spaceWidth(line, at: position) : 0
            if space > 0 {
                if let start { words.append(ByteString(Array(line[start..<position]))) }
                start = nil
                position += space
                continue
            }
            if byte == escape, quote != Byte.singleQuote {
                guard position + 1 < end else { break }
                if start == nil { start = position }
                position += 1 + Scalars.decode(line, at: position + 1).width
                continue
            }
            if start == nil { start = position }
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == Byte.singleQuote || byte == Byte.doubleQuote {
                quote = byte
            }
            position += 1
        }
        // An escape character at the very end vanishes.
        position = min(position, end)
        if let start, words.count < limit { words.append(ByteString(Array(line[start..<position]))) }
        return words
    }
}
