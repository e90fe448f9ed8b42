/// Reading UTF-8 in byte arrays, and what the grammar calls white space, letters and digits.
///
/// Bytes that are not UTF-8 are taken one at a time and stay what they are.
enum Scalars {
    /// The first value above Unicode; an invalid byte `b` is read as `invalidBase + b`.
    static let invalidBase: UInt32 = 0x11_0000

    /// The scalar at `offset` and how many bytes it takes.
    static func decode(_ bytes: borrowing [UInt8], at offset: Int) -> (value: UInt32, width: Int) {
        let first = bytes[offset]
        if first < 0x80 { return (UInt32(first), 1) }
        let invalid = (invalidBase + UInt32(first), 1)
        let width: Int
        var value: UInt32
        let least: UInt32
        switch first {
        case 0xC2...0xDF: (width, value, least) = (2, UInt32(first & 0x1F), 0x80)
        case 0xE0...0xEF: (width, value, least) = (3, UInt32(first & 0x0F), 0x800)
        case 0xF0...0xF4: (width, value, least) = (4, UInt32(first & 0x07), 0x1_0000)
        default: return invalid
        }
        guard offset + width <= bytes.count else { return invalid }
        for next in bytes[(offset + 1)..<(offset + width)] {
            guard next & 0xC0 == 0x80 else { return invalid }
            value = value << 6 | UInt32(next & 0x3F)
        }
        let isSurrogate = (0xD800...0xDFFF).contains(value)
        return value >= least && value <= 0x10_FFFF && !isSurrogate ? (value, width) : invalid
    }

    /// The whole array as scalars.
    static func decode(_ bytes: [UInt8]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(bytes.count)
        var offset = 0
        while offset < bytes.count {
            let (value, width) = decode(bytes, at: offset)
            result.append(value)
            offset += width
        }
        return result
    }

    /// Appends a scalar as UTF-8, or the byte that was invalid.
    static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        switch value {
        case 0..<0x80:
            bytes.append(UInt8(value))
        case 0x80..<0x800:
            bytes.append(0xC0 | UInt8(value >> 6))
            bytes.append(0x80 | UInt8(value & 0x3F))
        case 0x800..<0x1_0000:
            bytes.append(0xE0 | UInt8(value >> 12))
            bytes.append(0x80 | UInt8(value >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(value & 0x3F))
        case 0x1_0000..<invalidBase:
            bytes.append(0xF0 | UInt8(value >> 18))
            bytes.append(0x80 | UInt8(value >> 12 & 0x3F))
            bytes.append(0x80 | UInt8(value >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(value & 0x3F))
        default:
            bytes.append(UInt8(truncatingIfNeeded: value))
        }
    }

    /// How many bytes of white space begin at `offset`, 0 for none: Unicode's `White_Space` as Go has it.
    static func spaceWidth(_ bytes: borrowing [UInt8], at offset: Int) -> Int {
        let first = bytes[offset]
        if first < 0x80 { return isSpace(first) ? 1 : 0 }
        guard first == 0xC2 || (0xE1...0xE3).contains(first) else { return 0 }
        let (value, width) = decode(bytes, at: offset)
        switch value {
        case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: return width
        default: return 0
        }
    }

    /// Whether an ASCII byte is white space, line feeds included.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == Byte.space || (Byte.tab...Byte.carriageReturn).contains(byte)
    }

    /// The part of `range` without white space at both ends.
    static func trim(_ bytes: borrowing [UInt8], _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end {
            let width = spaceWidth(bytes, at: start)
            if width == 0 { break }
            start += width
        }
        while end > start {
            let width = trailingSpaceWidth(bytes, before: end)
            if width == 0 || end - width < start { break }
            end -= width
        }
        return start..<end
    }

    /// How many bytes of white space end before `end`.
    private static func trailingSpaceWidth(_ bytes: borrowing [UInt8], before end: Int) -> Int {
        let last = bytes[end - 1]
        if last < 0x80 { return isSpace(last) ? 1 : 0 }
        for width in 2...3 where end >= width && spaceWidth(bytes, at: end - width) == width { return width }
        return 0
    }

    /// Whether a variable's name may hold the scalar as a letter.
    static func isLetter(_ value: UInt32) -> Bool {
        if value < 0x80 {
            let lower = value | 0x20
            return lower >= 0x61 && lower <= 0x7A
        }
        switch Unicode.Scalar(value)?.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }

    /// Whether the scalar is a decimal digit of any script.
    static func isDigit(_ value: UInt32) -> Bool {
        if value < 0x80 { return value >= 0x30 && value <= 0x39 }
        return Unicode.Scalar(value)?.properties.generalCategory == .decimalNumber
    }
}
