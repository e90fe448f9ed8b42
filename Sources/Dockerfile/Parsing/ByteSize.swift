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

    private static func decimal(_ digits: ArraySlice<UInt8>) -> Double? {
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= Byte.zero && $0 <= Byte.nine || $0 == Byte.dot }),
            digits.count(where: { $0 == Byte.dot }) <= 1, digits.contains(where: { $0 != Byte.dot })
        else { return nil }
        return strtod(String(decoding: digits, as: UTF8.self), nil)
    }
}
