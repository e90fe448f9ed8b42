/// Reads RFC 8259 from bytes in one pass.
///
/// Stricter than most: names may not repeat in an object and the nesting is bounded, since two readers that disagree
/// about a document can be told different things by it.
package struct JSONParser {
    /// Deep enough for any document of ours, and far from the end of any thread's stack.
    package static let defaultMaximumDepth = 128

    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0
    private var depth = 0

    package init(_ bytes: [UInt8], maximumDepth: Int = defaultMaximumDepth) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// Reads the one value that is the whole document.
    package mutating func parseDocument() throws(JSONError) -> JSONValue {
        skipWhitespace()
        let value = try parseValue()
        skipWhitespace()
        guard position == bytes.count else { throw failure(.textAfterDocument) }
        return value
    }

    // MARK: Values

    private mutating func parseValue() throws(JSONError) -> JSONValue {
        guard position < bytes.count else { throw failure(.endOfInput) }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case let byte: throw failure(.unexpectedByte(byte))
        }
    }

    private mutating func parseObject() throws(JSONError) -> JSONObject {
        var object = JSONObject()
        try enter()
        if skip(UInt8(ascii: "}")) { return object }
        repeat {
            skipWhitespace()
            let start = position
            guard position < bytes.count else { throw failure(.endOfInput) }
            guard bytes[position] == UInt8(ascii: "\"") else { throw failure(.unexpectedByte(bytes[position])) }
            let name = try parseString()
            skipWhitespace()
            try require(UInt8(ascii: ":"))
            skipWhitespace()
            let value = try parseValue()
            guard object.insert(name, value) else {
                throw JSONError(problem: .duplicateName(name), offset: start)
            }
            skipWhitespace()
        } while skip(UInt8(ascii: ","))
        try require(UInt8(ascii: "}"))
        depth -= 1
        return object
    }

    private mutating func parseArray() throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        try enter()
        if skip(UInt8(ascii: "]")) { return elements }
        repeat {
            skipWhitespace()
            elements.append(try parseValue())
            skipWhitespace()
        } while skip(UInt8(ascii: ","))
        try require(UInt8(ascii: "]"))
        depth -= 1
        return elements
    }

    /// Steps over the opening bracket.
    ///
    /// An empty pair ends before it can hold anything, so it need not step back out.
    private mutating func enter() throws(JSONError) {
        guard depth < maximumDepth else { throw failure(.tooDeep(limit: maximumDepth)) }
        position += 1
        skipWhitespace()
        guard position < bytes.count else { throw failure(.endOfInput) }
        let isEmptyPair = bytes[position] == UInt8(ascii: "}") || bytes[position] == UInt8(ascii: "]")
        if !isEmptyPair { depth += 1 }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount { try require(word.utf8Start[index]) }
        return value
    }

    /// RFC 8259 §6: an optional minus, no leading zeros, digits on both sides of a point.
    private mutating func parseNumber() throws(JSONError) -> ByteString {
        let start = position
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try requireDigits() }
        if skip(UInt8(ascii: ".")) { try requireDigits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            try requireDigits()
        }
        return ByteString(Array(bytes[start..<position]))
    }

    private mutating func requireDigits() throws(JSONError) {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard position > start else { throw failure(.malformedNumber) }
    }

    // MARK: Bytes

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func require(_ byte: UInt8) throws(JSONError) {
        guard position < bytes.count else { throw failure(.endOfInput) }
        guard bytes[position] == byte else { throw failure(.unexpectedByte(bytes[position])) }
        position += 1
    }

    private func failure(_ problem: JSONError.Problem) -> JSONError { JSONError(problem: problem, offset: position) }
}

// MARK: Strings

extension JSONParser {
    /// Reads a string (RFC 8259 §7 and §8.1).
    ///
    /// A half of a surrogate pair that stands alone becomes U+FFFD, as Docker reads it.
    private mutating func parseString() throws(JSONError) -> ByteString {
        position += 1
        let start = position
        var result: [UInt8] = []
        var copied = start
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let plain = bytes[copied..<position]
                position += 1
                if copied == start { return ByteString(Array(plain)) }
                result += plain
                return ByteString(result)
            } else if byte == UInt8(ascii: "\\") {
                result += bytes[copied..<position]
                try parseEscape(into: &result)
                copied = position
            } else if byte < 0x20 {
                throw failure(.controlCharacterInString)
            } else if byte < 0x80 {
                position += 1
            } else {
                try skipMultibyteCharacter()
            }
        }
        throw failure(.endOfInput)
    }

    private mutating func parseEscape(into result: inout [UInt8]) throws(JSONError) {
        guard position + 1 < bytes.count else { throw failure(.endOfInput) }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(bytes[position + 1])
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"): return try parseUnicodeEscape(into: &result)
        default: throw failure(.malformedEscape)
        }
        position += 2
    }

    private mutating func parseUnicodeEscape(into result: inout [UInt8]) throws(JSONError) {
        guard var unit = hexUnit(at: position) else { throw failure(.malformedEscape) }
        position += 6
        if (0xD800..<0xDC00).contains(unit), let low = hexUnit(at: position), (0xDC00..<0xE000).contains(low) {
            unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            position += 6
        }
        let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
        result += UTF8.encode(scalar).map { Array($0) } ?? []
    }

    /// The value of an escape `\uXXXX` that starts at `start`, if one does.
    private func hexUnit(at start: Int) -> UInt32? {
        guard start + 6 <= bytes.count, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt32 = 0
        for byte in bytes[(start + 2)..<(start + 6)] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return unit
    }

    /// Steps over one character of two to four bytes, if it is well formed (RFC 3629 §4).
    private mutating func skipMultibyteCharacter() throws(JSONError) {
        let length = UTF8Character.length(in: bytes, at: position)
        guard length > 0 else { throw failure(.invalidUTF8) }
        position += length
    }
}
