package import Bytes
internal import Glibc

/// Asks on the terminal for a line that is not shown while it is typed.
///
/// The terminal's own line editing is switched off with its echo, since it cuts lines at 4,095 bytes and tokens are
/// longer: backspace and ^U work here too, ^C ends the prompt as a cancelled task does, and nothing a key does can leave
/// the terminal without its echo. A signal from elsewhere must cancel the task, which gives the terminal its state back.
package struct PasswordPrompt: Sendable {
    /// The longest line, in bytes.
    package static let limit = 64 << 10

    private let device: ByteString

    /// Will ask on this terminal: by default the one that the process belongs to, whatever its streams are.
    package init(device: ByteString = "/dev/tty") { self.device = device }

    /// Shows `text` and reads a line, without its end.
    ///
    /// - Throws: `PasswordPromptError` where there is no terminal or the line is too long; `CancellationError` at ^C, at
    ///   ^D in an empty line, and when the task is cancelled.
    @concurrent
    package func read(_ text: ByteString) async throws -> ByteString {
        let interruption = try Interruption()
        return try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await withTaskCancellationHandler {
                do {
                    return try ask(text, until: interruption)
                } catch let error as SystemError {
                    throw PasswordPromptError.noTerminal(error)
                }
            } onCancel: {
                interruption.raise()
            }
        }
    }

    private func ask(_ text: ByteString, until interruption: Interruption) throws -> ByteString {
        let number = try device.withCPath { open($0, O_RDWR | O_CLOEXEC | O_NOCTTY) }
        guard number >= 0 else { throw SystemError.last("open", device) }
        let terminal = Descriptor(owning: number)
        var before = termios()
        guard tcgetattr(number, &before) == 0 else { throw SystemError.last("tcgetattr", device) }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | ISIG | IEXTEN)
        silent.setReadsByByte()
        // What was typed before was typed for something else: it is thrown away.
        guard tcsetattr(number, TCSAFLUSH, &silent) == 0 else { throw SystemError.last("tcsetattr", device) }
        defer {
            tcsetattr(number, TCSAFLUSH, &before)
            try? terminal.write(Array("\n".utf8))
        }
        try terminal.write(text.bytes)
        return try readLine(from: terminal, until: interruption)
    }

    private func readLine(from terminal: Descriptor, until interruption: Interruption) throws -> ByteString {
        var line = PasswordLine()
        while true {
            var entries = [terminal.number, interruption.number].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            try retrying("poll") { poll(&entries, nfds_t(entries.count), -1) }
            if entries[1].revents != 0 { throw CancellationError() }
            var byte: UInt8 = 0
            var failure: SystemError?
            let count = withUnsafeMutableBytes(of: &byte) { raw in
                do throws(SystemError) { return try terminal.read(into: raw) } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            guard count == 1 else { throw CancellationError() }
            switch line.take(byte) {
            case .goesOn: continue
            case .isDone: return ByteString(line.bytes)
            case .isCancelled: throw CancellationError()
            case .isTooLong: throw PasswordPromptError.tooLong(limit: Self.limit)
            }
        }
    }
}

/// A line as it is typed, key by key.
private struct PasswordLine {
    enum State { case goesOn, isDone, isCancelled, isTooLong }

    private(set) var bytes: [UInt8] = []

    mutating func take(_ byte: UInt8) -> State {
        switch byte {
        case 0x0A, 0x0D: return .isDone
        case 0x03: return .isCancelled
        case 0x04: return bytes.isEmpty ? .isCancelled : .isDone
        case 0x08, 0x7F:
            // A character of several bytes goes as a whole.
            while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
        case 0x15: bytes.removeAll()
        case 0x00, 0x1A, 0x1C: break
        default: bytes.append(byte)
        }
        return bytes.count > PasswordPrompt.limit ? .isTooLong : .goesOn
    }
}

extension termios {
    /// `read(2)` returns as soon as there is one byte (VMIN 1, VTIME 0).
    fileprivate mutating func setReadsByByte() {
        withUnsafeMutableBytes(of: &c_cc) { keys in
            keys[Int(VMIN)] = 1
            keys[Int(VTIME)] = 0
        }
    }
}

/// Why a password could not be asked for.
package enum PasswordPromptError: DescribedError, Sendable, Hashable {
    /// The terminal is not there, is none, or went away.
    case noTerminal(SystemError)
    case tooLong(limit: Int)

    package var message: String {
        switch self {
        case .noTerminal(let error): "there is no terminal to ask for a password on: \(error.reason)"
        case .tooLong(let limit): "the password has more than \(limit) bytes"
        }
    }

    package var remedy: String? {
        switch self {
        case .noTerminal: "give the password on standard input with --password-stdin"
        case .tooLong: nil
        }
    }
}
