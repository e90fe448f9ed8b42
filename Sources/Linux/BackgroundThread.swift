internal import Glibc

/// A thread of low priority for work that nothing waits for: the process may end in the middle of it.
package enum BackgroundThread {
    /// Starts it; without a thread to be had, the work is left undone.
    package static func run(_ work: @escaping @Sendable () -> Void) {
        let thread = try? PosixThread.start {
            // Of Linux's threads each has a priority of its own; 0 is the calling one.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
            work()
        }
        if let thread { pthread_detach(thread) }
    }
}
