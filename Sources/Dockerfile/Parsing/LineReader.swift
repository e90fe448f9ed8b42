import Bytes

/// Joins the lines of a Dockerfile to logical lines and hands out the lines of heredocs.
struct LineReader {
    /// A logical line: continuations joined, comments and empty lines in between left out.
    struct LogicalLine {
        /// The text without the line ending, leading white space of its first line removed.
        var bytes: [UInt8]
        /// Its first line, 1-based.
        var first: Int
        /// Its last line without heredocs.
        var last: Int
        /// Whether an empty line stood inside a continuation.
        var hasEmptyLine = false
        /// The comments right above.
        var comments: [ByteString] = []
    }

    let source: SourceText
    private let bytes: [UInt8]
    /// How many physical lines have been read.
    private(set) var lineNumber = 0
    private var directives = DirectiveScanner()
    private var comments: [ByteString] = []

    init(source: SourceText) {
        self.source = source
        self.bytes = source.content.bytes
    }

    /// The escape character; known once the first logical line has been read.
    var escape: UInt8 { directives.escape }

    /// The next line that is neither comment nor empty, with its continuations; nil at the end.
    ///
    /// - Throws: for a directive that is wrong or repeated.
    mutating func nextLogicalLine() throws(DockerfileError) -> LogicalLine? {
        while let whole = nextPhysicalLine() {
            let range = skipSpace(trimLineEnd(whole))
            let isComment = !range.isEmpty && bytes[range.lowerBound] == Byte.hash
            if !directives.isDone {
                let isDirective = try directiveFound(in: range)
                if isDirective { continue }
            }
            if isComment {
                noteComment(whole)
                continue
            }
            if range.isEmpty { continue }
            return joined(from: range)
        }
        return nil
    }

    /// The lines up to one that is only `terminator`, which is consumed; nil if there is no such line.
    ///
    /// Line endings stay, so that CR is part of the body; tabs before the terminator are skipped if asked.
    mutating func readHeredoc(until terminator: [UInt8], strippingTabs: Bool) -> ArraySlice<UInt8>? {
        guard let first = nextPhysicalLine() else { return nil }
        var line = first
        while true {
            var visible = trimLineEnd(line)
            while strippingTabs, !visible.isEmpty, bytes[visible.lowerBound] == Byte.tab { visible.removeFirst() }
            if visible.count == terminator.count, bytes[visible].elementsEqual(terminator) {
                return bytes[first.lowerBound..<line.lowerBound]
            }
            guard let following = nextPhysicalLine() else { return nil }
            line = following
        }
    }

    private mutating func nextPhysicalLine() -> Range<Int>? {
        guard lineNumber < source.lineCount else { return nil }
        var start = source.lineStarts[lineNumber]
        let end = lineNumber + 1 < source.lineCount ? source.lineStarts[lineNumber + 1] : bytes.count
        if lineNumber == 0, end - start >= 3, bytes[start] == 0xEF, bytes[start + 1] == 0xBB, bytes[start + 2] == 0xBF {
            start += 3
        }
        lineNumber += 1
        return start..<end
    }

    private mutating func directiveFound(in range: Range<Int>) throws(DockerfileError) -> Bool {
        do throws(DockerfileError) {
            return try directives.read(bytes[range])
        } catch {
            throw error.located(at: SourceRange(line: lineNumber), in: source)
        }
    }

    /// Notes a comment's text: all but the line's first byte, so that an indented comment keeps its `#`, as BuildKit
    /// has it.
    private mutating func noteComment(_ range: Range<Int>) {
        let text = Scalars.trim(bytes, (range.lowerBound + 1)..<range.upperBound)
        if text.isEmpty {
            comments = []
        } else {
            comments.append(ByteString(Array(bytes[text])))
        }
    }

    private mutating func joined(from first: Range<Int>) -> LogicalLine {
        var line = LogicalLine(bytes: [], first: lineNumber, last: lineNumber, comments: comments)
        comments = []
        var (part, continues) = withoutContinuation(first)
        line.bytes = Array(bytes[part])
        while continues, let whole = nextPhysicalLine() {
            let range = trimLineEnd(whole)
            let visible = skipSpace(range)
            if visible.isEmpty {
                line.hasEmptyLine = true
                continue
            }
            if bytes[visible.lowerBound] == Byte.hash { continue }
            (part, continues) = withoutContinuation(range)
            line.bytes += bytes[part]
        }
        line.last = lineNumber
        return line
    }

    /// The line without an escape character at its end, if that continues it: blanks may follow it, and no
    /// other escape character may stand before it.
    private func withoutContinuation(_ range: Range<Int>) -> (part: Range<Int>, continues: Bool) {
        var end = range.upperBound
        while end > range.lowerBound, bytes[end - 1] == Byte.space || bytes[end - 1] == Byte.tab { end -= 1 }
        guard end > range.lowerBound, bytes[end - 1] == escape else { return (range, false) }
        if end - 1 > range.lowerBound, bytes[end - 2] == escape { return (range, false) }
        return (range.lowerBound..<(end - 1), true)
    }

    private func trimLineEnd(_ range: Range<Int>) -> Range<Int> {
        var end = range.upperBound
        while end > range.lowerBound, bytes[end - 1] == Byte.lineFeed || bytes[end - 1] == Byte.carriageReturn {
            end -= 1
        }
        return range.lowerBound..<end
    }

    private func skipSpace(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        while start < range.upperBound {
            let width = Scalars.spaceWidth(bytes, at: start)
            if width == 0 { break }
            start += width
        }
        return min(start, range.upperBound)..<range.upperBound
    }
}
