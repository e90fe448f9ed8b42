internal import Bytes
internal import Glibc
internal import Reports

/// Standard output: where results go.
enum StandardOutput {
    /// Whether people look at it.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Cells of a line of the terminal; nil where it is none.
    static var columns: Int? {
        var size = winsize()
        guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes all of a text.
    ///
    /// - Returns: the error number, nil when all was written.
    static func write(_ text: String) -> Int32? { FileOutput.write(Array(text.utf8), to: STDOUT_FILENO) }

    /// Writes a result.
    ///
    /// - Throws: `FileWriteError` when not all could be written; a result that is lost is a failure.
    static func writeResult(_ text: String) throws(FileWriteError) {
        if let code = write(text) {
            throw FileWriteError(path: "standard output", code: code)
        }
    }
}
