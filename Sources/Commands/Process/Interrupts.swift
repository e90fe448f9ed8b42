internal import Glibc
internal import Synchronization

/// SIGINT and SIGTERM: the first one asks a build to end, the second one ends the process, as the first does without a
/// build.
///
/// The signals are blocked in all threads, and the main thread waits for them, so that no handler interrupts anything.
/// What steps are started begins with no signal blocked: the sandbox sees to that.
enum Interrupts {
    private struct State {
        var isRaised = false
        var action: (@Sendable () -> Void)?
    }

    private static let state = Mutex(State())

    /// Whether a signal has come.
    static var isRaised: Bool { state.withLock { $0.isRaised } }

    /// Blocks the signals in this thread and in all it starts from now on; to be called before there are others.
    static func block() {
        // A reader that goes away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        var signals = signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Sets what the first signal does.
    static func onFirst(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.action = action } }

    /// Runs work that the first signal cancels.
    static func endingTask<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        let task = Task { try await work() }
        onFirst { task.cancel() }
        return try await task.value
    }

    /// Waits for signals, for ever.
    static func wait() -> Never {
        var signals = signals
        while true {
            var number: Int32 = 0
            guard sigwait(&signals, &number) == 0 else { continue }
            let action = state.withLock { state in
                state.isRaised = true
                defer { state.action = nil }
                return state.action
            }
            // The steps die with the process, the store needs no repair, and a terminal has nothing to be restored.
            guard let action else { _exit(ExitStatus.interrupted.rawValue) }
            action()
        }
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        return set
    }
}
