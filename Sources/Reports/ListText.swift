package import Bytes

/// A list in the form that `--format` asks for, as docker understands it: `table`, `table TEMPLATE`, `json`, or a template
/// for each line.
package struct ListText: Sendable {
    private let template: GoTemplate
    private let isTable: Bool
    private let headers: [ByteString: GoValue]

    /// - Parameters:
    ///   - format: what was asked for; nil or empty is the table.
    ///   - table: the template of the table that is shown without any.
    ///   - headers: the columns' headings by the names of fields.
    ///   - words: templates that are known by one word, such as `raw`.
    /// - Throws: `TemplateError`.
    package init(
        format: ByteString?,
        table: ByteString,
        headers: [ByteString: String],
        words: [ByteString: ByteString] = [:]
    ) throws {
        var text = format ?? ""
        isTable = text.isEmpty || text.hasPrefix("table")
        if text.isEmpty || text == "table" {
            text = table
        } else if isTable {
            text = ByteString(Array(text.bytes.dropFirst("table".utf8.count)))
        } else if text == "json" {
            text = "{{json .}}"
        } else if let word = words[text] {
            text = word
        }
        template = try GoTemplate(ListText.unescaped(text))
        self.headers = headers.mapValues { .text($0) }
    }

    /// `\t` and `\n` in a format are a tab and a line's end; blanks around it do not count.
    private static func unescaped(_ text: ByteString) -> ByteString {
        var bytes = text.bytes[...]
        while bytes.first == 0x20 { bytes.removeFirst() }
        while bytes.last == 0x20 { bytes.removeLast() }
        var result: [UInt8] = []
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "\\"), let next = bytes.first,
                next == UInt8(ascii: "t") || next == UInt8(ascii: "n")
            {
                bytes.removeFirst()
                result.append(next == UInt8(ascii: "t") ? 0x09 : 0x0A)
            } else {
                result.append(byte)
            }
        }
        return ByteString(result)
    }

    /// The lines, each with its end.
    ///
    /// - Throws: `TemplateError`.
    package func text(of rows: [GoValue]) throws -> String {
        var lines: [UInt8] = []
        if isTable { lines = template.heading(for: .map(headers)).bytes + [0x0A] }
        for row in rows {
            lines += try template.text(for: row).bytes
            lines.append(0x0A)
        }
        return String(decoding: isTable ? ColumnText(lines).text : lines, as: UTF8.self)
    }

    /// Whether the form shows a field, or may show all of them.
    package func shows(_ field: ByteString) -> Bool { template.fields?.contains(field) ?? true }
}
