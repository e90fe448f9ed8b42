import Glibc
import Synchronization

/// Something that a test needs of the host and that did not come.
struct DriverError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    init(call: String, _ subject: String, _ code: Int32 = errno) {
        description = "\(call) \(subject): \(String(cString: strerror(code)))"
    }
}

/// A program under way, in a process group of its own: its output is gathered, and it does not outlive its deadline.
///
/// Signals are unblocked and reset for it: the threads that tests run on have most of them blocked.
final class Program {
    let id: pid_t
    private let name: String
    private let deadline: Int64
    private var streams: [(descriptor: Int32, bytes: [UInt8])] = []
    private var status: Int32?

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: the program, by name or path, and its arguments.
    ///   - environment: all of its environment, besides `PATH`, `HOME` and `LANG`.
    ///   - seconds: after these it is killed, with all of its group.
    /// - Throws: where it is missing or cannot be started.
    init(
        _ arguments: [String],
        environment: [String: String] = [:],
        within seconds: Int = 60
    ) throws {
        name = arguments.joined(separator: " ")
        guard let program = Tool.find(arguments[0]) else { throw DriverError("\(arguments[0]): no such program") }
        deadline = Clock.now + Int64(seconds) * 1000
        (id, streams) = try Program.spawning.withLock { _ in
            let (output, outputEnd) = try Program.pipe()
            let (error, errorEnd) = try Program.pipe()
            defer {
                close(outputEnd)
                close(errorEnd)
            }
            let id = try Program.spawn(program, arguments, environment, outputEnd, errorEnd)
            return (id, [(output, []), (error, [])])
        }
    }

    /// One at a time, or the ends of a pipe would stay open in the child of another thread.
    private static let spawning = Mutex(())

    private static func spawn(
        _ program: String,
        _ arguments: [String],
        _ environment: [String: String],
        _ output: Int32,
        _ error: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, error, 2)
        // Sockets of servers in this process are not closed by themselves: they would listen for as long as the program runs.
        for number in names(in: "/proc/self/fd").compactMap({ Int32($0) }) where number > 2 {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)
        )
        let usual = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"]
        let variables = usual.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var child: pid_t = 0
        let code = withCStrings(arguments) { argv in
            withCStrings(variables) { posix_spawn(&child, program, &actions, &attributes, argv, $0) }
        }
        guard code == 0 else { throw DriverError(call: "posix_spawn", program, code) }
        return child
    }

    deinit {
        if status == nil { _ = try? stop() }
        for stream in streams where stream.descriptor >= 0 { close(stream.descriptor) }
    }

    var output: String { String(decoding: streams[0].bytes, as: UTF8.self) }
    var error: String { String(decoding: streams[1].bytes, as: UTF8.self) }

    /// Sends a signal to the program alone.
    func signal(_ number: Int32) { kill(id, number) }

    /// Waits until one of the streams holds some text.
    ///
    /// - Throws: where the program ends, or its time is over, before that.
    func wait(for text: String) throws {
        while !output.contains(text), !error.contains(text) {
            guard try gather() else { throw DriverError("\(name) ended without saying \(text):\n\(output)\(error)") }
        }
    }

    /// Waits for the end.
    ///
    /// - Throws: where the time is over before that; the whole group is then killed.
    func finish() throws -> Outcome {
        while try gather() {}
        return Outcome(status: try reap(), output: streams[0].bytes, error: streams[1].bytes)
    }

    /// Kills the program and its group at once, and waits for it.
    func stop() throws -> Outcome {
        kill(-id, SIGKILL)
        return Outcome(status: try reap(), output: streams[0].bytes, error: streams[1].bytes)
    }

    /// Reads what has come; false at the end of both streams.
    private func gather() throws -> Bool {
        var polled = streams.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        guard polled.contains(where: { $0.fd >= 0 }) else { return false }
        let left = deadline - Clock.now
        guard left > 0, poll(&polled, nfds_t(polled.count), Int32(left)) > 0 else {
            if errno == EINTR, left > 0 { return true }
            _ = try stop()
            throw DriverError("\(name) did not end in time:\n\(output)\(error)")
        }
        for (index, entry) in polled.enumerated() where entry.fd >= 0 && entry.revents != 0 {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(entry.fd, &buffer, buffer.count)
            if count > 0 {
                streams[index].bytes += buffer[..<count]
            } else {
                close(entry.fd)
                streams[index].descriptor = -1
            }
        }
        return true
    }

    private func reap() throws -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(id, &raw, 0) < 0 {
            guard errno == EINTR else { throw DriverError(call: "waitpid", name) }
        }
        let signal = raw & 0x7f
        let result = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
        status = result
        return result
    }

    private static func pipe() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw DriverError(call: "pipe", "") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

/// How a program ended and what it said.
struct Outcome {
    /// The exit status; 128 and the signal's number for one that a signal ended.
    let status: Int32
    let standardOutput: [UInt8]
    let standardError: [UInt8]

    init(status: Int32, output: [UInt8], error: [UInt8]) {
        self.status = status
        standardOutput = output
        standardError = error
    }

    var output: String { String(decoding: standardOutput, as: UTF8.self) }
    var error: String { String(decoding: standardError, as: UTF8.self) }
}

/// Runs a program to its end.
///
/// - Throws: where it fails, unless that is allowed, or is not done in time.
@discardableResult
func run(
    _ arguments: String...,
    environment: [String: String] = [:],
    within seconds: Int = 60,
    mayFail: Bool = false
) throws -> Outcome {
    let outcome = try Program(arguments, environment: environment, within: seconds).finish()
    guard mayFail || outcome.status == 0 else {
        throw DriverError(
            "\(arguments.joined(separator: " ")): exit status \(outcome.status)\n\(outcome.output)\(outcome.error)"
        )
    }
    return outcome
}

/// Times of the clock that nobody sets.
enum Clock {
    /// Milliseconds.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Asks again and again, in short steps, until something holds or the time is over; says whether it held.
    static func until(within seconds: Int = 20, _ condition: () throws -> Bool) rethrows -> Bool {
        let deadline = now + Int64(seconds) * 1000
        while try !condition() {
            guard now < deadline else { return false }
            usleep(2000)
        }
        return true
    }
}

/// Calls with a null-terminated array of C strings.
private func withCStrings<Result>(
    _ texts: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var copies: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return body(&copies)
}
