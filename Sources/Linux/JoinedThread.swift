internal import Glibc

/// A thread that its owner waits for: it never outlives this object.
///
/// The work must end by itself, or when something tells it to that happens before this goes.
package final class JoinedThread {
    private let thread: pthread_t

    /// Starts it.
    ///
    /// - Throws: `SystemError` when there are no more threads to be had.
    package init(_ work: @escaping @Sendable () -> Void) throws(SystemError) {
        thread = try PosixThread.start(work)
    }

    deinit { pthread_join(thread, nil) }
}
