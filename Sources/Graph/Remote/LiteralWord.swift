internal import Bytes

/// Source words that mean one path, whatever characters are in it.
enum LiteralWord {
    /// The path, or a pattern that matches it alone where it has characters of patterns.
    static func of(_ path: ByteString) -> ByteString {
        // Whatever has no wildcard is followed as a path, its backslashes included.
        guard path.bytes.contains(where: { "*?[".utf8.contains($0) }) else { return path }
        return path.split(separator: UInt8(ascii: "/")).map(pattern).joined(separator: "/")
    }

    private static func pattern(_ name: ByteString) -> ByteString {
        guard name.bytes.contains(where: { "*?[".utf8.contains($0) }) else { return name }
        var pattern: [UInt8] = []
        for byte in name.bytes {
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["):
                pattern += [UInt8(ascii: "["), byte, UInt8(ascii: "]")]
            case UInt8(ascii: "\\"): pattern += [byte, byte]
            default: pattern.append(byte)
            }
        }
        return ByteString(pattern)
    }
}
