import Bytes

/// Letter case of ASCII, which is all that keywords, flags and option names know.
enum Ascii {
    /// The byte, with A–Z made small.
    static func lower(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// The text with A–Z made small.
    static func lower(_ text: ByteString) -> ByteString {
        ByteString(text.bytes.map { lower($0) })
    }

    /// Whether the text has any of A–Z.
    static func hasUpper(_ text: ByteString) -> Bool {
        text.bytes.contains { $0 >= 0x41 && $0 <= 0x5A }
    }

    /// Whether the text has any of a–z.
    static func hasLower(_ text: ByteString) -> Bool {
        text.bytes.contains { $0 >= 0x61 && $0 <= 0x7A }
    }

    /// The text with a–z made large.
    static func upper(_ text: ByteString) -> ByteString {
        ByteString(text.bytes.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 })
    }
}
