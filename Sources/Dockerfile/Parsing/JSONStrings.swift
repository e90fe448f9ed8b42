import Bytes
import Glibc

/// Reads the JSON array of an exec form, as strictly as Go's `encoding/json` does (RFC 8259).
///
/// Text that is not valid JSON is the shell form; an array with members that are no strings is an error.
struct JSONStrings {
    /// What some text is.
    enum Outcome: Equatable {
        case strings([ByteString])
        case notJSON
        case notStrings
    }

    private static let depthLimit = 10_000

    private let bytes: [UInt8]
    private var position: Int
    private let end: Int
    private let limit: Int
    private var hasOtherMembers = false
    /// A number too large for a double makes Go give up on the whole.
    private var hasHugeNumber = false

    private init(_ bytes: [UInt8], _ range: Range<Int>, limit: Int) {
        self.bytes = bytes
        self.position = range.lowerBound
        self.end = range.upperBound
        self.limit = limit
    }

    /// Reads the bytes of `range`, which are trimmed; of more than `limit` strings the first are returned.
    static func read(_ bytes: [UInt8], _ range: Range<Int>, limit: Int) -> Outcome {
        guard !range.isEmpty, bytes[range.lowerBound] == Byte.openBracket else { return .notJSON }
        var reader = JSONStrings(bytes, range, limit: limit)
        guard let strings = reader.array() else { return .notJSON }
        if reader.hasHugeNumber { return .notJSON }
        return reader.hasOtherMembers ? .notStrings : .strings(strings)
    }

    private var next: UInt8? { position < end ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next,
            byte == Byte.space || byte == Byte.tab || byte == Byte.lineFeed
                || byte == Byte.carriageReturn
        {
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// The whole text as an array; nil if it is not valid.
    private mutating func array() -> [ByteString]? {
        var strings: [ByteString] = []
        position += 1
        skipSpace()
        if !take(Byte.closeBracket) {
            repeat {
                skipSpace()
                if next == Byte.doubleQuote {
                    guard let string = string() else { return nil }
                    if strings.count < limit { strings.append(string) }
                } else {
                    hasOtherMembers = true
                    guard skipValue(depth: 1) else { return nil }
                }
                skipSpace()
            } while take(Byte.comma)
            guard take(Byte.closeBracket) else { return nil }
        }
        skipSpace()
        return position == end ? strings : nil
    }

    /// Reads a string with its quotes; nil if it is not valid.
    private mutating func string() -> ByteString? {
        position += 1
        var result: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case Byte.doubleQuote: return ByteString(result)
            case Byte.backslash:
                guard escapeSequence(into: &result) else { return nil }
            case 0..<0x20: return nil
            default: result.append(byte)
            }
        }
        return nil
    }

    private mutating func escapeSequence(into result: inout [UInt8]) -> Bool {
        guard let kind = next else { return false }
        position += 1
        switch kind {
        case Byte.doubleQuote, Byte.backslash, Byte.slash: result.append(kind)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(Byte.formFeed)
        case UInt8(ascii: "n"): result.append(Byte.lineFeed)
        case UInt8(ascii: "r"): result.append(Byte.carriageReturn)
        case UInt8(ascii: "t"): result.append(Byte.tab)
        case UInt8(ascii: "u"):
            guard let unit = hexUnit() else { return false }
            Scalars.append(completed(unit), to: &result)
        default: return false
        }
        return true
    }

    private mutating func hexUnit() -> UInt32? {
        guard position + 4 <= end else { return nil }
        var value: UInt32 = 0
        for byte in bytes[position..<(position + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }

    /// Joins a surrogate with the one that follows; one that is alone becomes U+FFFD.
    private mutating func completed(_ unit: UInt32) -> UInt32 {
        guard (0xD800...0xDFFF).contains(unit) else { return unit }
        guard unit < 0xDC00 else { return 0xFFFD }
        let before = position
        if take(Byte.backslash), take(UInt8(ascii: "u")), let low = hexUnit(), (0xDC00...0xDFFF).contains(low) {
            return 0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        }
        position = before
        return 0xFFFD
    }

    /// Skips a value that is not a string of the array; false if it is not valid.
    ///
    /// Depth is kept in an array, so that nesting cannot overflow the stack.
    private mutating func skipValue(depth outer: Int) -> Bool {
        var open: [UInt8] = []
        while true {
            skipSpace()
            guard let byte = next else { return false }
            switch byte {
            case Byte.openBracket, Byte.openBrace:
                guard open.count + outer < Self.depthLimit else { return false }
                position += 1
                skipSpace()
                let close = byte == Byte.openBracket ? Byte.closeBracket : Byte.closeBrace
                if !take(close) {
                    open.append(close)
                    if close == Byte.closeBrace, !skipKey() { return false }
                    continue
                }
            case Byte.doubleQuote:
                guard string() != nil else { return false }
            default:
                guard skipLiteral() || skipNumber() else { return false }
            }
            guard closeOrContinue(&open) else { return false }
            if open.isEmpty { return true }
        }
    }

    /// After a value: closes what ends here, or goes past the comma.
    private mutating func closeOrContinue(_ open: inout [UInt8]) -> Bool {
        while let close = open.last {
            skipSpace()
            if take(close) {
                open.removeLast()
            } else {
                guard take(Byte.comma) else { return false }
                return close == Byte.closeBrace ? skipKey() : true
            }
        }
        return true
    }

    private mutating func skipKey() -> Bool {
        skipSpace()
        guard next == Byte.doubleQuote, string() != nil else { return false }
        skipSpace()
        return take(Byte.colon)
    }

    private mutating func skipLiteral() -> Bool {
        for word in ["true", "false", "null"] where bytes[position..<end].starts(with: word.utf8) {
            position += word.utf8.count
            return true
        }
        return false
    }

    private mutating func skipNumber() -> Bool {
        let start = position
        _ = take(Byte.minus)
        if !take(Byte.zero), !skipDigits() { return false }
        if take(Byte.dot), !skipDigits() { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(Byte.plus) { _ = take(Byte.minus) }
            if !skipDigits() { return false }
        }
        let number = strtod(String(decoding: bytes[start..<position], as: UTF8.self), nil)
        if number.isInfinite { hasHugeNumber = true }
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while let byte = next, byte >= Byte.zero, byte <= Byte.nine { position += 1 }
        return position > start
    }
}
