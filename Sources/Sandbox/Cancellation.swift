internal import CLinux
internal import Glibc
internal import Synchronization

/// A handle to end a step from any thread, before it starts, while it runs, or after it has ended.
///
/// One serves one run. Killing PID 1 makes the kernel kill all processes of the step.
package final class Cancellation: Sendable {
    private enum State {
        case idle
        case running(pidfd: CInt)
        case cancelled
    }

    private let state = Mutex(State.idle)

    package init() {}

    package var isCancelled: Bool {
        state.withLock { if case .cancelled = $0 { true } else { false } }
    }

    /// Ends the step's processes; once is enough, more does nothing.
    ///
    /// Does not wait for them: the run does.
    package func cancel() {
        state.withLock { state in
            if case .running(let pidfd) = state { _ = sbi_signal(pidfd, SIGKILL) }
            state = .cancelled
        }
    }

    /// From now on ``cancel()`` kills this process; it is killed at once if that was called before.
    func attach(pidfd: CInt) {
        state.withLock { state in
            if case .cancelled = state { _ = sbi_signal(pidfd, SIGKILL) } else { state = .running(pidfd: pidfd) }
        }
    }

    /// The process has ended and its pidfd is about to be closed.
    func detach() {
        state.withLock { state in
            if case .running = state { state = .idle }
        }
    }
}
