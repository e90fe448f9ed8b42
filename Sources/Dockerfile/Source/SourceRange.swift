/// The lines that something takes in a Dockerfile, and the column of what is wrong if that is known.
package struct SourceRange: Sendable, Hashable {
    /// The first line, 1-based.
    package var first: Int

    /// The last line, 1-based and inclusive; heredoc bodies and their terminators belong to their instruction.
    package var last: Int

    /// A place inside the range for a caret, where one is known.
    package var mark: Mark?

    /// A run of bytes in one line.
    package struct Mark: Sendable, Hashable {
        /// The line, 1-based.
        package var line: Int
        /// The first byte's column, 1-based.
        package var column: Int
        /// How many bytes are meant, at least 1.
        package var length: Int

        /// Marks `length` bytes from `column` on.
        package init(line: Int, column: Int, length: Int = 1) {
            self.line = line
            self.column = column
            self.length = length
        }
    }

    /// The lines from `first` to `last`.
    package init(first: Int, last: Int, mark: Mark? = nil) {
        self.first = first
        self.last = max(first, last)
        self.mark = mark
    }

    /// One line.
    package init(line: Int) {
        self.init(first: line, last: line)
    }

    /// Line and column of the mark, or the first line alone: `3:7`, `3`.
    var place: String { mark.map { "\($0.line):\($0.column)" } ?? "\(first)" }
}
