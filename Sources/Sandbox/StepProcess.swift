internal import Bytes
internal import CLinux
internal import Glibc
internal import Linux

/// A step's outer process, from its start to its end.
///
/// If this goes before that was waited for, all the step is killed.
struct StepProcess: ~Copyable {
    /// How it went: the status, or what failed before the program was executed.
    enum End {
        case status(ExitStatus)
        case failure(ChildReport)
    }

    private let process: Descriptor
    private let output: Descriptor
    private let error: Descriptor
    private let report: Descriptor
    private var hasEnded = false

    var pidfd: CInt { process.number }

    init(starting step: Step) throws(SandboxError) {
        let output = try doing("making a pipe") { () throws(SystemError) in try Pipe(size: 1 << 20) }
        let error = try doing("making a pipe") { () throws(SystemError) in try Pipe(size: 1 << 20) }
        let report = try doing("making a pipe") { () throws(SystemError) in try Pipe() }
        let prepared = try PreparedStep(
            step,
            output: output.writer.number,
            error: error.writer.number,
            report: report.writer.number
        )
        var started = sbi_process()
        var failedCall: UnsafePointer<CChar>?
        let code = prepared.withRaw { sbi_spawn($0, &started, &failedCall) }
        withExtendedLifetime((step, output, error, report)) {}
        guard code == 0 else {
            let call = failedCall.map { String(cString: $0) } ?? "clone3"
            throw .unavailable(SystemError(code: code, call: call))
        }
        process = Descriptor(owning: started.pidfd)
        self.output = output.reader
        self.error = error.reader
        self.report = report.reader
        // The write ends close here with the pipes: from now on only the step has them.
    }

    /// Hands over what the process writes until it has ended and its pipes are at their end; a pipe that somebody else
    /// holds open is read for one more second.
    consuming func wait(output deliver: (OutputStream, UnsafeRawBufferPointer) -> Void) throws(SandboxError) -> End {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var sources = [process, output, error, report].map {
            pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0)
        }
        var status: Int32?
        var deadline: Int64 = 0
        var failure: ChildReport?
        while status == nil || sources.contains(where: { $0.fd >= 0 }) {
            var patience: Int32 = -1
            if status != nil {
                patience = Int32(clamping: deadline - now())
                if patience <= 0 { break }
            }
            guard poll(&sources, nfds_t(sources.count), patience) >= 0 else {
                if errno == EINTR { continue }
                throw .system(SystemError.last("poll"), doing: "waiting for the step")
            }
            if sources[1].revents != 0, !forward(output, .standardOutput, buffer, deliver) { sources[1].fd = -1 }
            if sources[2].revents != 0, !forward(error, .standardError, buffer, deliver) { sources[2].fd = -1 }
            if sources[3].revents != 0 {
                if let found = ChildReport(readFrom: report) { failure = found }
                sources[3].fd = -1
            }
            if sources[0].revents != 0 {
                var ended: Int32 = 0
                let code = sbi_wait(process.number, &ended)
                guard code == 0 else {
                    throw .system(SystemError(code: code, call: "waitid"), doing: "waiting for the step")
                }
                status = ended
                sources[0].fd = -1
                deadline = now() + 1000
            }
        }
        hasEnded = true
        if let failure {
            if let status = failure.exitStatus { return .status(status) }
            return .failure(failure)
        }
        return .status(ExitStatus(waitStatus: status ?? 0))
    }

    deinit {
        if hasEnded { return }
        _ = sbi_signal(process.number, SIGKILL)
        var status: Int32 = 0
        _ = sbi_wait(process.number, &status)
    }

    /// - Returns: false at the end of the stream.
    private borrowing func forward(
        _ source: Descriptor,
        _ stream: OutputStream,
        _ buffer: UnsafeMutableRawBufferPointer,
        _ deliver: (OutputStream, UnsafeRawBufferPointer) -> Void
    ) -> Bool {
        let count = read(source.number, buffer.baseAddress, buffer.count)
        if count < 0 { return errno == EINTR || errno == EAGAIN }
        if count == 0 { return false }
        deliver(stream, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        return true
    }
}

/// Milliseconds of a clock that is never set back.
private func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

/// A pipe whose ends close themselves.
private struct Pipe {
    let reader: Descriptor
    let writer: Descriptor

    /// `size` is that of the kernel's buffer in bytes, if it allows so much; 0 is its default.
    init(size: CInt = 0) throws(SystemError) {
        var ends: (reader: CInt, writer: CInt) = (-1, -1)
        guard sbi_pipe(&ends.reader, &ends.writer, size) == 0 else { throw SystemError.last("pipe2") }
        let (first, second) = (Descriptor(owning: ends.reader), Descriptor(owning: ends.writer))
        reader = try Pipe.aboveStreams(first)
        writer = try Pipe.aboveStreams(second)
    }

    /// A process that was started with a closed stream gets its number for the next descriptor: the child would lose it
    /// when it sets up its own streams.
    private static func aboveStreams(_ descriptor: Descriptor) throws(SystemError) -> Descriptor {
        descriptor.number > 2 ? descriptor : try descriptor.duplicate()
    }
}
