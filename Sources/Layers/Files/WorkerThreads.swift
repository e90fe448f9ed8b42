internal import Glibc
internal import Linux

/// Threads for one piece of blocking work that is cut into parts, for callers that block themselves.
enum WorkerThreads {
    /// Calls `body` with each of 0..<`count` at the same time, the first on the calling thread, and returns when all have.
    ///
    /// Where a thread cannot be started its call is left out: the bodies must share their work, not own a part of it.
    static func run(_ count: Int, _ body: @Sendable (Int) -> Void) {
        guard count > 1 else { return body(0) }
        withoutActuallyEscaping(body) { body in
            var threads: [pthread_t] = []
            for index in 1..<count {
                if let thread = try? PosixThread.start({ body(index) }) { threads.append(thread) }
            }
            body(0)
            for thread in threads { pthread_join(thread, nil) }
        }
    }
}
