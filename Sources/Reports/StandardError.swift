internal import Glibc

/// Standard error: what it is, and how text gets there.
package enum StandardError {
    /// Whether it is a terminal on which a cursor can be moved.
    package static var isTerminal: Bool {
        guard isatty(STDERR_FILENO) == 1 else { return false }
        guard let kind = getenv("TERM") else { return true }
        return strcmp(kind, "dumb") != 0
    }

    /// Whether colours are wanted: `NO_COLOR` is not set, or is empty (no-color.org).
    package static var wantsColour: Bool {
        guard let value = getenv("NO_COLOR") else { return true }
        return value[0] == 0
    }

    /// Writes all of a text.
    ///
    /// What cannot be written is lost: there is no other place to tell it.
    package static func write(_ text: String) { _ = FileOutput.write(Array(text.utf8), to: STDERR_FILENO) }

    /// The size of the terminal, asked anew each time, so that a resize needs no signal.
    package static func size() -> TerminalSize { TerminalSize(descriptor: STDERR_FILENO) ?? TerminalSize() }

    /// The kernel's monotonic clock.
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Rows and columns of a terminal, in character cells.
package struct TerminalSize: Sendable, Hashable {
    package var columns: Int
    package var rows: Int

    /// The size that terminals have had since the VT100.
    package init(columns: Int = 80, rows: Int = 24) {
        self.columns = columns
        self.rows = rows
    }

    /// Asks the terminal; nil if the descriptor is none, or one that says nothing.
    init?(descriptor: Int32) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        self.init(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}

/// Writing whole texts to descriptors that may take them in pieces.
package enum FileOutput {
    /// Writes all of the bytes.
    ///
    /// Blocks, also where the descriptor was made not to.
    ///
    /// - Returns: the error number of the write that failed; nil when all were written.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.write(descriptor, raw.baseAddress?.advanced(by: written), raw.count - written)
            }
            if count > 0 {
                written += count
            } else if count < 0, errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, -1)
            } else if count == 0 || errno != EINTR {
                return count == 0 ? EIO : errno
            }
        }
        return nil
    }
}
