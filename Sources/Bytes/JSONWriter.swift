/// Writes JSON as Go's `encoding/json` does, so that documents look like those of the other engines.
///
/// The output depends on the value alone. `<`, `>`, `&`, U+2028 and U+2029 are written as escapes, and bytes that are
/// not UTF-8 as `\ufffd`, since RFC 8259 §8.1 has no way to hold them: an environment entry in another encoding is
/// kept inside the engine, but not by a document.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// Spaces for each level, nil for all on one line.
    private let indentation: Int?
    private let escapesHTML: Bool
    private var level = 0

    package init(indentation: Int? = nil, escapesHTML: Bool = true) {
        self.indentation = indentation
        self.escapesHTML = escapesHTML
    }

    package mutating func write(_ value: JSONValue) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let isTrue): bytes += (isTrue ? "true" : "false").utf8
        case .number(let text): bytes += text.bytes
        case .string(let text): write(text)
        case .array(let elements):
            writeItems(elements, between: ("[", "]")) { writer, element in writer.write(element) }
        case .object(let object): write(object)
        }
    }

    package mutating func write(_ object: JSONObject) {
        writeItems(object.members, between: ("{", "}")) { writer, member in
            writer.write(member.name)
            writer.bytes.append(UInt8(ascii: ":"))
            if writer.indentation != nil { writer.bytes.append(UInt8(ascii: " ")) }
            writer.write(member.value)
        }
    }

    private mutating func writeItems<Item>(
        _ items: [Item],
        between brackets: (Unicode.Scalar, Unicode.Scalar),
        write: (inout JSONWriter, Item) -> Void
    ) {
        bytes.append(UInt8(ascii: brackets.0))
        level += 1
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine()
            write(&self, item)
        }
        level -= 1
        if !items.isEmpty { breakLine() }
        bytes.append(UInt8(ascii: brackets.1))
    }

    private mutating func breakLine() {
        guard let indentation else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes += repeatElement(UInt8(ascii: " "), count: indentation * level)
    }

    // MARK: Strings

    private mutating func write(_ string: ByteString) {
        let text = string.bytes
        bytes.append(UInt8(ascii: "\""))
        var position = 0
        var copied = 0
        while position < text.count {
            let (length, escape) = character(in: text, at: position)
            if let escape {
                bytes += text[copied..<position]
                bytes += escape
                copied = position + length
            }
            position += length
        }
        bytes += text[copied...]
        bytes.append(UInt8(ascii: "\""))
    }

    /// How many bytes the next character has, and what is written instead of it where it cannot stand as it is.
    private func character(in text: [UInt8], at position: Int) -> (length: Int, escape: [UInt8]?) {
        switch text[position] {
        case UInt8(ascii: "\""): return (1, Array("\\\"".utf8))
        case UInt8(ascii: "\\"): return (1, Array("\\\\".utf8))
        case 0x08: return (1, Array("\\b".utf8))
        case 0x0C: return (1, Array("\\f".utf8))
        case 0x0A: return (1, Array("\\n".utf8))
        case 0x0D: return (1, Array("\\r".utf8))
        case 0x09: return (1, Array("\\t".utf8))
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
            return (1, escapesHTML ? Self.unicodeEscape(text[position]) : nil)
        case 0x00..<0x20: return (1, Self.unicodeEscape(text[position]))
        case 0x20..<0x80: return (1, nil)
        default: return multibyteCharacter(in: text, at: position)
        }
    }

    private func multibyteCharacter(in text: [UInt8], at position: Int) -> (length: Int, escape: [UInt8]?) {
        let length = UTF8Character.length(in: text, at: position)
        guard length > 0 else { return (1, Array("\\ufffd".utf8)) }
        // U+2028 and U+2029 are E2 80 A8 and E2 80 A9: line ends to JavaScript, which Go keeps in mind.
        if length == 3, text[position] == 0xE2, text[position + 1] == 0x80, text[position + 2] & 0xFE == 0xA8 {
            return (3, Array((text[position + 2] == 0xA8 ? "\\u2028" : "\\u2029").utf8))
        }
        return (length, nil)
    }

    private static func unicodeEscape(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
