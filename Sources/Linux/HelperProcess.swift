package import Bytes
internal import Glibc

/// A small program of the host that is asked one thing: bytes in, bytes out, within limits.
///
/// It gets no descriptor but its three streams, no blocked or ignored signal, and a process group of its own, which is
/// killed when its time is over, when it says too much, or when the task is cancelled.
package struct HelperProcess: Sendable {
    /// The program's file; a plain name is not looked up (``find(_:environment:)`` does that).
    package let program: ByteString
    /// The words after the program's name.
    package var arguments: [ByteString]
    /// All of its environment.
    package var environment: [ByteString: ByteString]
    /// What it reads from its standard input.
    package var input: [UInt8] = []
    /// The most bytes it may write to its standard output.
    package var outputLimit = 1 << 20
    /// How long it may take in all.
    package var timeout = Duration.seconds(30)

    /// How many bytes of its standard error are kept; the rest is read and dropped.
    package static let diagnosticsLimit = 16 << 10

    /// What came of a run.
    package struct Outcome: Sendable, Hashable {
        package let ending: Ending
        /// What it wrote to its standard output.
        package let output: [UInt8]
        /// The beginning of what it wrote to its standard error.
        package let diagnostics: [UInt8]
    }

    /// How a process ended.
    package enum Ending: Sendable, Hashable {
        case exited(CInt)
        case killed(signal: CInt)

        package var isSuccess: Bool { self == .exited(0) }
    }

    package init(program: ByteString, arguments: [ByteString] = [], environment: [ByteString: ByteString] = [:]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }

    /// Runs it to its end on a thread that may block.
    ///
    /// A program that leaves descendants with its output open is not waited for longer than itself.
    ///
    /// - Throws: `HelperProcessError` when it cannot be started or goes over a limit; `CancellationError`.
    @concurrent
    package func run() async throws -> Outcome {
        let interruption: Interruption
        do { interruption = try Interruption() } catch { throw HelperProcessError.notStarted(program, error) }
        return try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await withTaskCancellationHandler {
                try HelperRun(self).run(until: interruption)
            } onCancel: {
                interruption.raise()
            }
        }
    }

    /// The same on the calling thread, which may block; nothing but its limits ends it early.
    package func runBlocking() throws -> Outcome {
        let interruption: Interruption
        do { interruption = try Interruption() } catch { throw HelperProcessError.notStarted(program, error) }
        return try HelperRun(self).run(until: interruption)
    }

    /// The program of that name in a folder of PATH; nil where there is none.
    ///
    /// Folders that are not absolute are passed over: what they hold depends on where one stands.
    package static func find(_ name: ByteString, environment: [ByteString: ByteString]) -> ByteString? {
        guard (try? Directory.checkName(name)) != nil else { return nil }
        let folders = environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        for folder in folders.split(separator: UInt8(ascii: ":")) where folder.hasPrefix("/") {
            let path = folder + "/" + name
            if isProgram(path) { return path }
        }
        return nil
    }

    private static func isProgram(_ path: ByteString) -> Bool {
        var status = stat()
        let isFile = (try? path.withCPath { stat($0, &status) == 0 && status.st_mode & S_IFMT == S_IFREG }) ?? false
        return isFile && ((try? path.withCPath { access($0, X_OK) == 0 }) ?? false)
    }
}

/// Why a helper process gave no answer.
package enum HelperProcessError: DescribedError, Sendable, Hashable {
    case notStarted(ByteString, SystemError)
    /// A call failed while it ran, and it was killed.
    case failed(ByteString, SystemError)
    case timedOut(ByteString, Duration)
    case tooMuchOutput(ByteString, limit: Int)

    package var message: String {
        switch self {
        case .notStarted(let program, let error): "\(program.escaped) cannot be started: \(error.reason)"
        case .failed(let program, let error): "\(program.escaped) was given up: \(error.message)"
        case .timedOut(let program, let time): "\(program.escaped) did not answer within \(time.components.seconds) s"
        case .tooMuchOutput(let program, let limit): "\(program.escaped) wrote more than \(limit) bytes"
        }
    }

    package var remedy: String? {
        switch self {
        case .notStarted(_, let error), .failed(_, let error): error.remedy
        case .timedOut: "run it by hand to see what it waits for"
        case .tooMuchOutput: nil
        }
    }
}
