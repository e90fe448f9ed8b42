/// What stands before the `@` of a URL's host may be a password, and a build argument may have brought it: no message has
/// it.
enum URLSecrets {
    /// The text with an ellipsis for the user of everything that looks like a URL, also of a misspelt one.
    static func hidden(in text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")), text.contains(":/") else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            result.append(bytes[position])
            position += 1
            guard result.suffix(2).elementsEqual(":/".utf8) else { continue }
            while position < bytes.count, bytes[position] == UInt8(ascii: "/") {
                result.append(bytes[position])
                position += 1
            }
            let end = bytes[position...].firstIndex { $0 <= 0x20 || "/?#\"\'`".utf8.contains($0) } ?? bytes.count
            guard let mark = bytes[position..<end].lastIndex(of: UInt8(ascii: "@")), mark > position else { continue }
            result += Array("…".utf8)
            position = mark
        }
        return String(decoding: result, as: UTF8.self)
    }
}
