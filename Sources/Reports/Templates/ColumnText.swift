internal import Bytes

/// Lines whose cells, which tabs end, stand below each other (Go's `text/tabwriter`, as docker sets it).
///
/// A column is as wide as its widest cell and three blanks, and ten at least; what follows a line's last tab is in no
/// column. Lines next to each other that have a cell in a column share it.
struct ColumnText {
    private static let minimum = 10
    private static let padding = 3
    private static let tab: UInt8 = 0x09

    private let lines: [[ArraySlice<UInt8>]]
    private var widths: [[Int]]

    /// `text`: lines, each with its end.
    init(_ text: [UInt8]) {
        var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines.map { $0.split(separator: Self.tab, omittingEmptySubsequences: false) }
        widths = [[Int]](repeating: [], count: lines.count)
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
                width = max(width, Self.characters(of: lines[end][column]) + Self.padding)
                end += 1
            }
            for index in line..<end { widths[index].append(width) }
            align(line..<end, column: column + 1)
            line = end
        }
    }

    /// How many characters of UTF-8 begin in a cell.
    private static func characters(of cell: ArraySlice<UInt8>) -> Int {
        var count = 0
        for byte in cell where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// The lines, each with its end.
    var text: [UInt8] {
        var result: [UInt8] = []
        for (cells, widths) in zip(lines, widths) {
            for (cell, width) in zip(cells, widths) {
                result += cell
                result += repeatElement(0x20, count: max(0, width - Self.characters(of: cell)))
            }
            if let last = cells.last { result += last }
            result.append(0x0A)
        }
        return result
    }
}
