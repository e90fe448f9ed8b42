import Bytes
import Glibc
import Linux
import Testing

@Suite("The prompt for passwords")
struct PasswordPromptTests {
    @Test(
        "a line is taken as it is typed, nothing of it is shown, and the terminal gets its echo back",
        arguments: [
            ("s3cret\r", "s3cret"), ("wrong\u{15}right\n", "right"), ("aé\u{7F}b\n", "ab"), ("\n", ""),
            ("ab\u{4}", "ab"),
        ]
    )
    func line(typed: String, expected: String) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            let terminal = try Terminal()
            let answer = try prompt(on: terminal)
            #expect(!terminal.hasEcho)
            try terminal.controller.write(Array(typed.utf8))
            #expect(try await answer.value == ByteString(expected))
            #expect(terminal.hasEcho)
            #expect(terminal.seen == "Password: \r\n")
        }
    }

    @Test("a line longer than the terminal's own limit comes whole, one over ours is an error")
    func longLines() async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            for count in [20_000, PasswordPrompt.limit + 1] {
                let terminal = try Terminal()
                let answer = try prompt(on: terminal)
                // By pieces of its own: the terminal takes no more than a few thousand bytes ahead of its reader.
                for start in stride(from: 0, to: count, by: 1000) {
                    try terminal.controller.write([UInt8](repeating: 0x78, count: min(1000, count - start)))
                }
                if count > PasswordPrompt.limit {
                    let wanted = PasswordPromptError.tooLong(limit: PasswordPrompt.limit)
                    await #expect(throws: wanted) { try await answer.value }
                } else {
                    try terminal.controller.write([0x0A])
                    #expect(try await answer.value.count == count)
                }
            }
        }
    }

    @Test("^C, ^D in an empty line and a cancelled task end it and give the terminal its echo back")
    func interrupted() async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            for key in ["\u{3}", "\u{4}", nil] {
                let terminal = try Terminal()
                let answer = try prompt(on: terminal)
                if let key { try terminal.controller.write(Array(key.utf8)) } else { answer.cancel() }
                await #expect(throws: CancellationError.self) { try await answer.value }
                #expect(terminal.hasEcho)
            }
        }
    }

    @Test("without a terminal it says what to do instead", arguments: ["/dev/null", "/no/such/terminal"])
    func noTerminal(device: String) async throws {
        let error = await #expect(throws: PasswordPromptError.self) {
            try await PasswordPrompt(device: ByteString(device)).read("? ")
        }
        #expect(error?.remedy?.contains("--password-stdin") == true)
    }
}

/// Asks on a terminal, and waits until the question is there.
private func prompt(on terminal: Terminal) throws -> Task<ByteString, any Error> {
    let prompt = PasswordPrompt(device: terminal.device)
    // On threads of its own: other tests may hold all of the cooperative pool while this one waits.
    let answer = Task(executorPreference: BlockingThreads.shared) { try await prompt.read("Password: ") }
    #expect(try terminal.read(until: "Password: "))
    return answer
}

/// A pseudo-terminal: what a person would see and type is read from and written to the controller.
private final class Terminal {
    let controller: Linux.Descriptor
    let device: ByteString
    /// Kept open, so that the controller sees no hang-up between two users of the device.
    private let keeper: Linux.Descriptor
    private(set) var seen = ""

    init() throws {
        controller = try Directory.open(hostPath: "/dev").open("ptmx", flags: O_RDWR | O_NOCTTY)
        // TIOCSPTLCK and TIOCGPTN of ioctl_tty(2): unlockpt(3) and ptsname(3), which the Glibc module hides.
        var unlocked: CInt = 0
        var index: CInt = 0
        guard ioctl(controller.number, 0x4004_5431, &unlocked) == 0,
            ioctl(controller.number, 0x8004_5430, &index) == 0
        else { throw SystemError.last("ioctl") }
        device = ByteString("/dev/pts/\(index)")
        let kept = try device.withCPath { open($0, O_RDWR | O_NOCTTY | O_CLOEXEC) }
        guard kept >= 0 else { throw SystemError.last("open", device) }
        keeper = Linux.Descriptor(owning: kept)
    }

    /// Reads until this has been shown.
    func read(until text: String) throws -> Bool {
        while !seen.hasSuffix(text) { if !(try readMore(timeout: 20_000)) { return false } }
        return true
    }

    /// Whether what is typed is shown; takes up what has been shown so far.
    var hasEcho: Bool {
        while (try? readMore(timeout: 0)) == true {}
        var settings = termios()
        return tcgetattr(keeper.number, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }

    private func readMore(timeout: CInt) throws -> Bool {
        var entry = pollfd(fd: controller.number, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, timeout) == 1 else { return false }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try buffer.withUnsafeMutableBytes { try controller.read(into: $0) }
        seen += String(decoding: buffer[..<count], as: UTF8.self)
        return count > 0
    }
}
