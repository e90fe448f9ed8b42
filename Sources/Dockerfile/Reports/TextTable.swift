/// Columns of text, each as wide as its widest cell; the last one ends where its text does.
enum TextTable {
    /// The rows as lines, with `gap` blanks between columns.
    static func text(_ rows: [[String]], gap: Int) -> String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.dropLast().enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        var text = ""
        for row in rows {
            for (column, cell) in row.enumerated() {
                text += cell
                guard column < row.count - 1 else { continue }
                text += String(repeating: " ", count: widths[column] - cell.count + gap)
            }
            text += "\n"
        }
        return text
    }
}
