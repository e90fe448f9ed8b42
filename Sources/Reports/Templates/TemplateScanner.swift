internal import Bytes

/// A word of an action.
struct TemplateToken: Sendable {
    enum Kind: Hashable, Sendable {
        /// `.Name`, without the dot; a dot alone has no name.
        case field(ByteString)
        /// `$name`, with the sign.
        case variable(ByteString)
        case identifier(ByteString)
        case text(ByteString)
        case integer(Int64)
        /// One of `(`, `)`, `|`, `,`, `=` and `:=`.
        case mark(ByteString)
    }

    var kind: Kind
    /// Whether it touches the word before it.
    var isJoined: Bool
    /// Where it starts, and ends, in the template.
    var start: Int
    var end: Int
}

/// Splits a template into text and actions, and an action into words (Go's `text/template/parse`, lexer).
struct TemplateScanner {
    let bytes: [UInt8]
    private var position = 0

    enum Piece {
        case text(ByteString)
        case action([TemplateToken], start: Int)
    }

    init(_ template: ByteString) { bytes = template.bytes }

    func line(at position: Int) -> Int { 1 + bytes[..<min(position, bytes.count)].count { $0 == 0x0A } }

    func place(_ start: Int, _ end: Int) -> TemplatePlace {
        let lineStart = bytes[..<start].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return TemplatePlace(
            line: line(at: start),
            column: start - lineStart,
            text: ByteString(Array(bytes[start..<max(start, end)]))
        )
    }

    private func error(_ reason: String, at position: Int? = nil) -> TemplateError {
        TemplateError(line: line(at: position ?? self.position), reason)
    }

    /// All pieces, with white space trimmed where `{{-` and `-}}` ask for it; comments are left out.
    mutating func pieces() throws(TemplateError) -> [Piece] {
        var result: [Piece] = []
        var text: [UInt8] = []
        var trimsNext = false
        while position < bytes.count {
            if starts(with: "{{") {
                let start = position
                position += 2
                let trims = starts(with: "-") && position + 1 < bytes.count && isSpace(bytes[position + 1])
                if trims {
                    position += 1
                    while let last = text.last, isSpace(last) { text.removeLast() }
                }
                if !text.isEmpty { result.append(.text(ByteString(text))) }
                text = []
                if let tokens = try action() { result.append(.action(tokens, start: start)) }
                trimsNext = position >= 3 && bytes[position - 3] == UInt8(ascii: "-")
                if trimsNext { while position < bytes.count, isSpace(bytes[position]) { position += 1 } }
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        if !text.isEmpty { result.append(.text(ByteString(text))) }
        return result
    }

    private func starts(with mark: ByteString) -> Bool { bytes[position...].starts(with: mark.bytes) }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// The words up to `}}`, which is skipped; nil for a comment.
    private mutating func action() throws(TemplateError) -> [TemplateToken]? {
        var tokens: [TemplateToken] = []
        var isJoined = false
        while true {
            guard position < bytes.count else { throw error("unclosed action") }
            if starts(with: "}}") {
                position += 2
                return tokens
            }
            if starts(with: "-}}"), !isJoined {
                position += 3
                return tokens
            }
            if isSpace(bytes[position]) {
                isJoined = false
                position += 1
                continue
            }
            if tokens.isEmpty, starts(with: "/*") { return try comment() }
            tokens.append(try token(isJoined: isJoined))
            isJoined = true
        }
    }

    private mutating func comment() throws(TemplateError) -> [TemplateToken]? {
        while position < bytes.count, !starts(with: "*/") { position += 1 }
        guard position < bytes.count else { throw error("unclosed comment") }
        position += 2
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
        if starts(with: "-}}") { position += 1 }
        guard starts(with: "}}") else { throw error("comment ends before closing delimiter") }
        position += 2
        return nil
    }

    // MARK: Words

    private mutating func token(isJoined: Bool) throws(TemplateError) -> TemplateToken {
        let start = position
        let kind = try kind()
        return TemplateToken(kind: kind, isJoined: isJoined, start: start, end: position)
    }

    private mutating func kind() throws(TemplateError) -> TemplateToken.Kind {
        let byte = bytes[position]
        let isNegative = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
        switch byte {
        case UInt8(ascii: "."):
            position += 1
            return .field(name())
        case UInt8(ascii: "$"):
            position += 1
            return .variable("$" + name())
        case UInt8(ascii: "\""): return .text(try quoted())
        case UInt8(ascii: "`"): return .text(try raw())
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: ","), UInt8(ascii: "="):
            position += 1
            return .mark(ByteString([byte]))
        case UInt8(ascii: ":"):
            guard starts(with: ":=") else { throw error("expected :=") }
            position += 2
            return .mark(":=")
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case _ where isNegative && position + 1 < bytes.count && isDigit(bytes[position + 1]): return try number()
        default:
            let word = name()
            guard !word.isEmpty else {
                throw error("unexpected \"\(ByteString([byte]).escaped)\" in command")
            }
            return .identifier(word)
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private mutating func name() -> ByteString {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            let isLetter = (0x41...0x5A).contains(byte & 0xDF) && byte < 0x80
            guard isLetter || isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80 else { break }
            position += 1
        }
        return ByteString(Array(bytes[start..<position]))
    }

    private mutating func number() throws(TemplateError) -> TemplateToken.Kind {
        let start = position
        position += 1
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
        let rest = name()
        let text = ByteString(Array(bytes[start..<position])).text
        guard rest.isEmpty, position >= bytes.count || bytes[position] != UInt8(ascii: "."), let value = Int64(text)
        else { throw error("bad number syntax: \"\(text)\"") }
        return .integer(value)
    }

    private mutating func raw() throws(TemplateError) -> ByteString {
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "`")) else {
            throw error("unterminated raw quoted string")
        }
        position = end + 1
        return ByteString(Array(bytes[start..<end]))
    }

    /// A text in quotes with Go's escapes.
    private mutating func quoted() throws(TemplateError) -> ByteString {
        let start = position
        position += 1
        var result: [UInt8] = []
        while position < bytes.count, bytes[position] != 0x0A {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return ByteString(result)
            case UInt8(ascii: "\\"): result += try escape()
            default: result.append(byte)
            }
        }
        throw error("unterminated quoted string", at: start)
    }

    private mutating func escape() throws(TemplateError) -> [UInt8] {
        guard position < bytes.count else { throw error("unterminated quoted string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "a"): return [0x07]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "v"): return [0x0B]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [byte]
        case UInt8(ascii: "x"): return [UInt8(truncatingIfNeeded: try hex(digits: 2))]
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            guard let scalar = Unicode.Scalar(try hex(digits: byte == UInt8(ascii: "u") ? 4 : 8)) else {
                throw error("invalid syntax")
            }
            return Array(String(scalar).utf8)
        default: throw error("invalid syntax")
        }
    }

    private mutating func hex(digits: Int) throws(TemplateError) -> UInt32 {
        let text = ByteString(Array(bytes[position...].prefix(digits)))
        guard text.count == digits, let value = UInt32(text.text, radix: 16), text.bytes.first != UInt8(ascii: "+")
        else { throw error("invalid syntax") }
        position += digits
        return value
    }
}
