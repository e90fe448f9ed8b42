import Bytes

/// Places and texts in the form of BuildKit's documents (`solver/pb`, `Location` and `SourceInfo`).
enum SourceLocation {
    /// How many lines a document lists one by one.
    static let lineLimit = 20_000

    /// The lines, each as a range of its own as BuildKit has them.
    static func json(_ range: SourceRange) -> JSONValue {
        var limit = lineLimit
        return json(range, limit: &limit)
    }

    /// The lines, each as a range of its own; one range for all if there are more than `limit`, which is counted down.
    static func json(_ range: SourceRange, limit: inout Int) -> JSONValue {
        let count = range.last - range.first + 1
        let isShort = count <= limit
        if isShort { limit -= count }
        let lines = isShort ? (range.first...range.last).map { ($0, $0) } : [(range.first, range.last)]
        let ranges = lines.map { first, last -> JSONValue in
            ["start": ["line": .integer(first)], "end": ["line": .integer(last)]]
        }
        return ["ranges": .array(ranges)]
    }

    /// A Dockerfile; BuildKit knows it by the last part of its name.
    static func info(of source: SourceText) -> JSONValue {
        let name = source.name.split(separator: "/").last.map(String.init) ?? source.name
        return ["filename": .string(name), "data": base64(source.content), "language": "Dockerfile"]
    }

    /// A text as JSON holds bytes: in Base64 (RFC 4648, section 4).
    static func base64(_ text: ByteString) -> JSONValue {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = text.bytes
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let rest = min(3, bytes.count - start)
            var group = UInt32(bytes[start]) << 16
            if rest > 1 { group |= UInt32(bytes[start + 1]) << 8 }
            if rest > 2 { group |= UInt32(bytes[start + 2]) }
            for digit in 0..<4 {
                let isPadding = digit > rest
                let index = Int(group >> UInt32(18 - 6 * digit) & 0x3F)
                result.append(isPadding ? Byte.equals : alphabet[index])
            }
        }
        return .string(ByteString(result))
    }
}
