internal import Bytes
internal import CLinux
internal import Glibc

/// One run of a helper process, on one thread: starts it, feeds and reads it by `poll(2)`, and sees to its end.
final class HelperRun {
    private let request: HelperProcess
    private var output: [UInt8] = []
    private var diagnostics: [UInt8] = []
    private var written = 0
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    /// Our ends of its streams; nil once they are closed.
    private var input: Descriptor?
    private var outputReader: Descriptor?
    private var diagnosticsReader: Descriptor?

    init(_ request: HelperProcess) { self.request = request }

    /// Runs it to its end, or until `interruption` or a limit ends it.
    func run(until interruption: Interruption) throws -> HelperProcess.Outcome {
        try Task.checkCancellation()
        let pid: pid_t
        do { pid = try start() } catch let error as SystemError {
            throw HelperProcessError.notStarted(request.program, error)
        }
        do {
            let process = sbi_open_process(pid)
            guard process >= 0 else { throw SystemError.last("pidfd_open") }
            let descriptor = Descriptor(owning: process)
            try exchange(with: descriptor, until: interruption)
        } catch {
            kill(-pid, SIGKILL)
            // It may have left its group; a process that nobody waited for keeps its number.
            kill(pid, SIGKILL)
            _ = reap(pid)
            guard let error = error as? SystemError else { throw error }
            throw HelperProcessError.failed(request.program, error)
        }
        return HelperProcess.Outcome(ending: reap(pid), output: output, diagnostics: diagnostics)
    }

    // MARK: Start

    private func start() throws -> pid_t {
        let (childInput, input) = try Descriptor.pipe()
        let (outputReader, childOutput) = try Descriptor.pipe()
        let (diagnosticsReader, childDiagnostics) = try Descriptor.pipe()
        for end in [input, outputReader, diagnosticsReader] { try end.setNonblocking() }
        (self.input, self.outputReader, self.diagnosticsReader) = (input, outputReader, diagnosticsReader)
        let streams = [childInput.number, childOutput.number, childDiagnostics.number]
        let pid = try withExtendedLifetime((childInput, childOutput, childDiagnostics)) { try spawn(streams) }
        if request.input.isEmpty { self.input = nil }
        return pid
    }

    /// Starts it with these descriptors as its streams.
    func spawn(_ streams: [CInt]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in streams.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, CInt(target))
        }
        // Ours close by themselves; those that this process was started with need not.
        sbi_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var ignored = sigset_t()
        sigemptyset(&ignored)
        sigaddset(&ignored, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &ignored)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let words = [request.program] + request.arguments
        let settings = request.environment.map { $0.key + "=" + $0.value }
        var pid: pid_t = 0
        let code = try withCTexts(words) { words in
            try withCTexts(settings) { settings in
                try request.program.withCPath { posix_spawn(&pid, $0, &actions, &attributes, words, settings) }
            }
        }
        guard code == 0 else {
            let error = SystemError(code: code, call: "posix_spawn", path: request.program)
            throw HelperProcessError.notStarted(request.program, error)
        }
        return pid
    }

    /// The texts as C wants an argument vector: NUL at the end of each, nil at the end of all.
    private func withCTexts<Value>(
        _ texts: [ByteString],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws -> Value
    ) throws -> Value {
        var pointers: [UnsafeMutablePointer<CChar>?] = []
        defer { for pointer in pointers { free(pointer) } }
        for text in texts { pointers.append(try text.withCPath { strdup($0) }) }
        pointers.append(nil)
        return try pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                preconditionFailure("an array with an element has an address")
            }
            return try body(base)
        }
    }

    // MARK: Exchange

    private func exchange(with process: Descriptor, until interruption: Interruption) throws {
        let deadline = ContinuousClock.now + request.timeout
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw HelperProcessError.timedOut(request.program, request.timeout) }
            let numbers = [process.number, interruption.number, input?.number, outputReader?.number]
            var entries = (numbers + [diagnosticsReader?.number]).map { pollfd(fd: $0 ?? -1, events: 0, revents: 0) }
            for index in entries.indices { entries[index].events = Int16(index == 2 ? POLLOUT : POLLIN) }
            try retrying("poll") { poll(&entries, nfds_t(entries.count), left.pollTimeout) }
            if entries[1].revents != 0 { throw CancellationError() }
            if entries[2].revents != 0 { try writeInput() }
            if entries[3].revents != 0 { try readOutput() }
            if entries[4].revents != 0 { try readDiagnostics() }
            if entries[0].revents != 0 { return try readRest() }
        }
    }

    private func writeInput() throws {
        guard let input else { return }
        let count = withoutBrokenPipeSignal {
            request.input.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                return write(input.number, rest.baseAddress, rest.count)
            }
        }
        if count >= 0 {
            written += count
            if written == request.input.count { self.input = nil }
        } else if errno == EPIPE {
            // It does not want to read all of it: its answer tells whether that is an error.
            self.input = nil
        } else if errno != EAGAIN && errno != EINTR {
            throw SystemError.last("write")
        }
    }

    private func readOutput() throws {
        guard let count = try read(from: outputReader) else { return }
        if count == 0 { outputReader = nil }
        guard output.count + count <= request.outputLimit else {
            throw HelperProcessError.tooMuchOutput(request.program, limit: request.outputLimit)
        }
        output += buffer[..<count]
    }

    private func readDiagnostics() throws {
        guard let count = try read(from: diagnosticsReader) else { return }
        if count == 0 { diagnosticsReader = nil }
        diagnostics += buffer[..<min(count, HelperProcess.diagnosticsLimit - diagnostics.count)]
    }

    /// What was in the pipes when it ended; a descendant that has them open is not waited for.
    private func readRest() throws {
        while outputReader != nil {
            let before = output.count
            try readOutput()
            if output.count == before { break }
        }
        while diagnosticsReader != nil {
            let before = diagnostics.count
            try readDiagnostics()
            if diagnostics.count == before { break }
        }
    }

    /// - Returns: how many bytes are in the buffer, 0 at the end, nil if there are none now.
    private func read(from descriptor: Descriptor?) throws -> Int? {
        guard let descriptor else { return nil }
        do throws(SystemError) {
            var failure: SystemError?
            let count = buffer.withUnsafeMutableBytes { raw in
                do throws(SystemError) { return try descriptor.read(into: raw) } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            return count
        } catch {
            if error.code == EAGAIN { return nil }
            throw error
        }
    }

    /// A process that ignores SIGPIPE loses nothing by this, and another is not killed by it.
    private func withoutBrokenPipeSignal(_ write: () -> Int) -> Int {
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        let result = write()
        let code = errno
        if result < 0, code == EPIPE, sigismember(&before, SIGPIPE) == 0 {
            var now = timespec(tv_sec: 0, tv_nsec: 0)
            _ = sigtimedwait(&pipe, nil, &now)
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        errno = code
        return result
    }

    // MARK: End

    private func reap(_ pid: pid_t) -> HelperProcess.Ending {
        var status: CInt = 0
        var result: pid_t
        repeat { result = waitpid(pid, &status, 0) } while result < 0 && errno == EINTR
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
    }
}

extension Duration {
    /// As `poll(2)` takes it: whole milliseconds, rounded up, and at most a day.
    var pollTimeout: CInt {
        let (seconds, attoseconds) = components
        guard seconds < 86_400 else { return 86_400_000 }
        return CInt(seconds) * 1000 + CInt((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
