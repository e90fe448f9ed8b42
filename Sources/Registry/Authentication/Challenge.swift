/// One way to log in that a registry offers in a `WWW-Authenticate` header (RFC 9110 §11.6.1).
struct Challenge: Hashable, Sendable {
    /// In lower case: `bearer`, `basic`.
    let scheme: String
    /// By name in lower case; of two with one name the first counts.
    let parameters: [String: String]

    /// All challenges of all header lines; what is not well formed ends its line.
    static func parse(_ lines: [String]) -> [Challenge] {
        lines.prefix(16).flatMap { line in
            var reader = ChallengeReader(Array(line.utf8.prefix(16 << 10)))
            return reader.challenges()
        }
    }
}

/// Reads one header line: a list in which commas stand both between challenges and between their parameters.
private struct ChallengeReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func challenges() -> [Challenge] {
        var result: [Challenge] = []
        while true {
            skip { $0 == UInt8(ascii: ",") || ChallengeReader.isSpace($0) }
            guard let scheme = token() else { return result }
            result.append(Challenge(scheme: scheme.lowercased(), parameters: parameters()))
        }
    }

    /// Parameters until the end, or until a word that no `=` follows: the next scheme.
    private mutating func parameters() -> [String: String] {
        var result: [String: String] = [:]
        while true {
            let start = position
            skip { $0 == UInt8(ascii: ",") || ChallengeReader.isSpace($0) }
            guard let name = token() else { return result }
            skip(ChallengeReader.isSpace)
            guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
                position = start
                return result
            }
            position += 1
            skip(ChallengeReader.isSpace)
            guard let value = quoted() ?? token() else { return result }
            let key = name.lowercased()
            if result[key] == nil { result[key] = value }
        }
    }

    private mutating func token() -> String? {
        let start = position
        skip { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
                || "!#$%&'*+-.^_`|~/:".utf8.contains(byte)
        }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private mutating func quoted() -> String? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        position += 1
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
            text.append(bytes[position])
            position += 1
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
        while position < bytes.count, isSkipped(bytes[position]) { position += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
