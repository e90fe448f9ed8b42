/// Where characters of UTF-8 text begin and end (RFC 3629 §4).
package enum UTF8Character {
    /// How many bytes the character at `position` has; 0 where no well-formed character starts there.
    ///
    /// Forms longer than needed, surrogates and values above U+10FFFF are not well formed.
    package static func length(in bytes: [UInt8], at position: Int) -> Int {
        guard position < bytes.count else { return 0 }
        let first = bytes[position]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: return 0
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { return 0 }
        for index in 2..<max(length, 2) where !(0x80...0xBF).contains(bytes[position + index]) { return 0 }
        return length
    }
}
