/// Rows of cells in columns as wide as their widest cell; the last column is as it comes.
struct AlignedColumns {
    enum Side {
        case left
        case right
    }

    private let sides: [Side]
    private var rows: [[String]] = []

    /// - Parameter sides: for each column the side at which its cells stand.
    init(_ sides: [Side]) { self.sides = sides }

    /// - Parameter cells: one for each column, without line feeds.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// A line for each row, without blanks at its end.
    var lines: [String] {
        let widths = sides.indices.map { column in rows.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - DisplayWidth.of(cell))
                let isLast = column == row.count - 1
                line += sides[column] == .right ? blanks + cell : cell + (isLast ? "" : blanks)
                if !isLast { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
