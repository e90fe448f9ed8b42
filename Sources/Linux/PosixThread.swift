package import Glibc

/// Threads as the system has them, for what waits or works outside of Swift's own.
package enum PosixThread {
    /// Starts one that runs `body` and ends with it.
    ///
    /// - Returns: the thread, which the caller joins with pthread_join(3) or lets go with pthread_detach(3).
    /// - Throws: `SystemError` when there are no more threads to be had; `body` is not called then.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) -> pthread_t {
        let context = Unmanaged.passRetained(Work(body))
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
        return thread
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
