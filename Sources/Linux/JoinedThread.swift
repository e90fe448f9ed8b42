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
        let context = Unmanaged.passRetained(Work(work))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            },
            context.toOpaque()
        )
        guard code == 0 else {
            context.release()
            throw SystemError(code: code, call: "pthread_create")
        }
        self.thread = thread
    }

    deinit { pthread_join(thread, nil) }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
