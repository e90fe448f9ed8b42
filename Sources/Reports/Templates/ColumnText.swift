internal import Bytes

/// Lines whose cells, which tabs end, stand below each other (Go's `text/tabwriter`, as docker sets it).
///
/// A column is as wide as its widest cell and three blanks, and ten at least; what follows a line's last tab is in no
/// column. Lines next to each other that have a cell in a column share it.
struct ColumnText {
    private static let minimum = 10
    private static let padding = 3

    private let lines: [[String]]
    private var widths: [[Int]]

    init(_ lines: [String]) {
        self.lines = lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
        widths = self.lines.map { _ in [] }
        align(0..<lines.count, column: 0)
    }

    private mutating func align(_ block: Range<Int>, column: Int) {
        var line = block.lowerBound
        while line < block.upperBound {
            guard lines[line].count > column + 1 else {
                line += 1
                continue
            }
            var end = line
            var width = Self.minimum
            while end < block.upperBound, lines[end].count > column + 1 {
                width = max(width, lines[end][column].unicodeScalars.count + Self.padding)
                end += 1
            }
            for index in line..<end { widths[index].append(width) }
            align(line..<end, column: column + 1)
            line = end
        }
    }

    /// The lines, each with its end.
    var text: String {
        zip(lines, widths).map { cells, widths in
            zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.unicodeScalars.count))
            }.joined() + (cells.last ?? "") + "\n"
        }.joined()
    }
}
