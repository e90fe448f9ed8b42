import Bytes
import Glibc

/// Sizes in memory's units, such as `64m` or `1.5 GiB`; all units are powers of 1024.
enum ByteSize {
    private static let units: [UInt8: Double] = [
        UInt8(ascii: "k"): 0x1p10, UInt8(ascii: "m"): 0x1p20, UInt8(ascii: "g"): 0x1p30, UInt8(ascii: "t"): 0x1p40,
        UInt8(ascii: "p"): 0x1p50,
    ]

    /// Bytes; nil if the text is no size or does not fit into 63 bits.
    static func bytes(_ text: ByteString) -> Int64? {
        let isNumberByte = { (byte: UInt8) in
            byte >= Byte.zero && byte <= Byte.nine || byte == Byte.dot || byte == Byte.space
        }
        guard let separator = text.bytes.lastIndex(where: isNumberByte) else { return nil }
        var number = text.bytes[...separator]
        if number.last == Byte.space { number.removeLast() }
        var suffix = text.bytes[(separator + 1)...].map { Ascii.lower($0) }[...]
        guard let size = decimal(number) else { return nil }
        var factor = 1.0
        if let first = suffix.first {
            if first != UInt8(ascii: "b") {
                guard let unit = units[first] else { return nil }
                factor = unit
                suffix.removeFirst()
            }
            guard suffix.isEmpty || suffix.elementsEqual("b".utf8) || factor > 1 && suffix.elementsEqual("ib".utf8)
            else { return nil }
        }
        let bytes = size * factor
        return bytes >= 0 && bytes < 0x1p63 ? Int64(bytes) : nil
    }

    /// The number, as Go writes floating-point numbers: with a sign, an exponent, in hexadecimal with `p`, and with `_`
    /// between digits; nil if it is none or not finite.
    private static func decimal(_ text: ArraySlice<UInt8>) -> Double? {
        var rest = text
        if rest.first == Byte.plus || rest.first == Byte.minus { rest.removeFirst() }
        let isHexadecimal = rest.count > 2 && rest.first == Byte.zero && Ascii.lower(rest[rest.startIndex + 1]) == x
        if isHexadecimal { rest = rest.dropFirst(2) }
        var digits = takeDigits(&rest, isHexadecimal: isHexadecimal, mayBeginWithUnderscore: isHexadecimal)
        if rest.first == Byte.dot {
            rest.removeFirst()
            digits += takeDigits(&rest, isHexadecimal: isHexadecimal)
        }
        guard digits > 0 else { return nil }
        if let first = rest.first, Ascii.lower(first) == UInt8(ascii: isHexadecimal ? "p" : "e") {
            rest.removeFirst()
            if rest.first == Byte.plus || rest.first == Byte.minus { rest.removeFirst() }
            guard takeDigits(&rest, isHexadecimal: false) > 0 else { return nil }
        } else if isHexadecimal {
            return nil
        }
        guard rest.isEmpty else { return nil }
        let number = strtod(String(decoding: text.filter { $0 != Byte.underscore }, as: UTF8.self), nil)
        return number.isFinite ? number : nil
    }

    private static let x = UInt8(ascii: "x")

    /// Takes digits with single underscores between them and says how many digits there were.
    private static func takeDigits(
        _ rest: inout ArraySlice<UInt8>,
        isHexadecimal: Bool,
        mayBeginWithUnderscore: Bool = false
    ) -> Int {
        let isDigit = { (byte: UInt8) in
            byte >= Byte.zero && byte <= Byte.nine || isHexadecimal && (0x61...0x66).contains(Ascii.lower(byte))
        }
        var count = 0
        while let byte = rest.first {
            if byte == Byte.underscore {
                guard count > 0 || mayBeginWithUnderscore, let next = rest.dropFirst().first, isDigit(next) else {
                    break
                }
            } else {
                guard isDigit(byte) else { break }
                count += 1
            }
            rest.removeFirst()
        }
        return count
    }
}
