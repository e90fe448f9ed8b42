package import Bytes
internal import CLinux
internal import Glibc
internal import Synchronization

/// A small program of the host that stays while it is needed, and ends when its standard input does.
///
/// So it ends with this object, and with this process however that ends. It is started as a ``HelperProcess`` is: three
/// streams, no other descriptor, a process group of its own. What it writes to its standard error is dropped.
package final class CompanionProcess: Sendable {
    private let name: ByteString
    private let id: pid_t
    private let process: Descriptor
    private let output: Descriptor
    // Goes before the process is waited for.
    private let input: Mutex<Descriptor?>

    /// Its time after the end of its input, in milliseconds.
    private static let patience: CInt = 2000

    /// Starts it; the request's input, limits and time do not count.
    ///
    /// - Throws: `HelperProcessError`.
    package init(_ request: HelperProcess) throws {
        name = request.program
        do {
            let (childInput, input) = try Descriptor.pipe()
            let (output, childOutput) = try Descriptor.pipe()
            let errors = try Descriptor.open(hostPath: "/dev/null")
            try output.setNonblocking()
            let streams = [childInput.number, childOutput.number, errors.number]
            let id = try withExtendedLifetime((childInput, childOutput, errors)) {
                try HelperRun(request).spawn(streams)
            }
            let process = sbi_open_process(id)
            guard process >= 0 else {
                let error = SystemError.last("pidfd_open")
                kill(id, SIGKILL)
                CompanionProcess.reap(id)
                throw error
            }
            self.id = id
            self.process = Descriptor(owning: process)
            self.output = output
            self.input = Mutex(input)
        } catch let error as SystemError {
            throw HelperProcessError.notStarted(request.program, error)
        }
    }

    /// The next line that it writes, without its end; nil if it writes no more, or more than `limit` bytes without one.
    ///
    /// - Throws: `HelperProcessError.timedOut`.
    package func readLine(limit: Int = 4096, within time: Duration = .seconds(10)) throws -> ByteString? {
        let deadline = ContinuousClock.now + time
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < limit {
            let count = Glibc.read(output.number, &byte, 1)
            if count == 1 {
                if byte == 0x0A { return ByteString(line) }
                line.append(byte)
            } else if count < 0, errno == EAGAIN || errno == EINTR {
                let left = ContinuousClock.now.duration(to: deadline)
                guard left > .zero else { throw HelperProcessError.timedOut(name, time) }
                var entry = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
                poll(&entry, 1, left.pollTimeout)
            } else {
                return nil
            }
        }
        return nil
    }

    deinit {
        input.withLock { $0 = nil }
        var ended = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
        var result: CInt
        repeat { result = poll(&ended, 1, CompanionProcess.patience) } while result < 0 && errno == EINTR
        if result <= 0 { kill(-id, SIGKILL) }
        CompanionProcess.reap(id)
    }

    private static func reap(_ id: pid_t) {
        var status: CInt = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
    }
}
