internal import Glibc
internal import Reports
internal import Synchronization

/// SIGINT and SIGTERM: the first one asks, the second one ends the process.
///
/// The signals are blocked in all threads, and one thread waits for them, so that no handler interrupts anything. What
/// steps are started later begins with no signal blocked: the sandbox sees to that.
final class Interrupts: Sendable {
    private let wasRaised = Atomic(false)

    /// Whether a signal has come.
    var isRaised: Bool { wasRaised.load(ordering: .acquiring) }

    /// Blocks the signals in this thread and in all it starts from now on; to be called before there are others.
    init() {
        // A reader that goes away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        var signals = Self.signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Calls `first` for the first signal, from a thread of its own; the second ends the process at once.
    ///
    /// The steps die with it, the store needs no repair, and the terminal has nothing to be restored.
    func watch(first: @escaping @Sendable () -> Void) {
        BackgroundThread.start { [self] in
            var signals = Self.signals
            while true {
                var number: Int32 = 0
                guard sigwait(&signals, &number) == 0 else { continue }
                if wasRaised.exchange(true, ordering: .acquiringAndReleasing) {
                    _exit(ExitStatus.interrupted.rawValue)
                }
                first()
            }
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
