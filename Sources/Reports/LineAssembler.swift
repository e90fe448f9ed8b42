/// Makes lines of a step's output, which comes in pieces that end anywhere.
///
/// A line ends at LF, CR LF, or a bare CR, with which programs draw a line over: each of its states is an own line.
/// Empty lines are kept, except those that a bare CR would make.
struct LineAssembler {
    /// A line without end is cut here, so that output without line feeds cannot fill the memory.
    private static let limit = 1 << 16

    private var pending: [UInt8] = []
    private var endedWithReturn = false

    /// Adds a piece.
    ///
    /// - Returns: the lines that are complete now, without their ends.
    mutating func take(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            if end > rest.startIndex { append(rest[..<end], to: &lines) }
            let isReturn = rest[end] == UInt8(ascii: "\r")
            if isReturn ? !pending.isEmpty : !endedWithReturn {
                lines.append(pending)
                pending = []
            }
            endedWithReturn = isReturn
            rest = rest[(end + 1)...]
        }
        if !rest.isEmpty { append(rest, to: &lines) }
        return lines
    }

    /// The last line, where it has no end; nil where there is none.
    mutating func finish() -> [UInt8]? {
        defer { pending = [] }
        return pending.isEmpty ? nil : pending
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>, to lines: inout [[UInt8]]) {
        endedWithReturn = false
        pending += bytes
        while pending.count > Self.limit {
            var cut = Self.limit
            // Not inside of a character: continuation bytes are 10xxxxxx, at most three of them.
            while cut > Self.limit - 3, pending[cut] & 0xC0 == 0x80 { cut -= 1 }
            lines.append(Array(pending[..<cut]))
            pending.removeFirst(cut)
        }
    }
}
