import Bytes

/// Some lines of a Dockerfile around a range, as docker shows them: numbered, with `>>>` at the lines meant.
package struct SourceExcerpt: Sendable, Hashable {
    /// The text the lines are of.
    package let source: SourceText
    /// The lines meant, and the column for the caret.
    package let range: SourceRange

    /// How many lines of a long range are shown at its beginning.
    private static let lineLimit = 24
    /// How many characters of a line are shown.
    private static let widthLimit = 240

    package init(source: SourceText, range: SourceRange) {
        self.source = source
        self.range = range
    }

    /// The file's name and line, with the column if one is marked, then `body`; empty if the range is not in the text.
    package var text: String {
        let body = body
        return body.isEmpty ? "" : "\(source.name):\(range.place)\n" + body
    }

    /// The lines between rulers, control characters escaped; empty if the range is not in the text.
    package var body: String {
        guard range.first >= 1, range.first <= source.lineCount else { return "" }
        let lastMeant = min(range.last, source.lineCount)
        let (first, last) = shownLines(lastMeant: lastMeant)
        let ruler = String(repeating: "-", count: 20) + "\n"
        var result = ruler
        for number in first...last {
            if number - range.first >= Self.lineLimit, number < lastMeant {
                if number - range.first == Self.lineLimit { result += "     | >>> …\n" }
                continue
            }
            let isMeant = number >= range.first && number <= lastMeant
            result += " \(Self.padded(number)) | \(isMeant ? ">>>" : "   ") \(Self.shown(source.line(number)))\n"
            if let mark = range.mark, mark.line == number { result += caretLine(mark) }
        }
        return result + ruler
    }

    /// Some context: four lines in all around a single line, two around several.
    private func shownLines(lastMeant: Int) -> (first: Int, last: Int) {
        var (first, last) = (range.first, lastMeant)
        let context = first == last ? 4 : 2
        var added = 0
        while added < context, first > 1 || last < source.lineCount {
            if first > 1 {
                first -= 1
                added += 1
            }
            if last < source.lineCount {
                last += 1
                added += 1
            }
            added += 1
        }
        return (first, last)
    }

    private func caretLine(_ mark: SourceRange.Mark) -> String {
        let line = source.line(mark.line).bytes
        let before = line.prefix(mark.column - 1)
        let meant = line.dropFirst(mark.column - 1).prefix(mark.length)
        let indent = Self.escaped(ByteString(Array(before)))
        guard indent.count <= Self.widthLimit else { return "" }
        let blanks = String(indent.map { $0 == "\t" ? "\t" : " " })
        let carets = max(1, min(Self.escaped(ByteString(Array(meant))).count, Self.widthLimit - indent.count))
        return "     |     \(blanks)\(String(repeating: "^", count: carets))\n"
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: " ", count: max(0, 3 - digits.count)) + digits
    }

    private static func shown(_ line: ByteString) -> String {
        guard line.count > widthLimit else { return escaped(line) }
        let text = escaped(ByteString(Array(line.bytes.prefix(widthLimit * 4))))
        return text.count > widthLimit ? String(text.prefix(widthLimit - 1)) + "…" : text
    }

    /// The line safe for a terminal, its tabs kept.
    private static func escaped(_ line: ByteString) -> String {
        line.split(separator: Byte.tab).map(\.escaped).joined(separator: "\t")
    }
}
