internal import Glibc
internal import Synchronization

/// Threads for work that blocks: walking and hashing files, compressing, waiting for processes and locks.
///
/// `await withTaskExecutorPreference(BlockingThreads.shared) { … }` moves a task and its children here, so that the
/// cooperative pool is never held up. Threads are started when work waits and none is idle, up to `limit`.
package final class BlockingThreads: TaskExecutor {
    package static let shared = BlockingThreads(limit: 64)

    private struct State {
        var jobs: [UnownedJob] = []
        var first = 0
        var idle = 0
        var started = 0
    }

    /// Address space, not memory: a tree of some ten thousand levels takes as many nested calls.
    private static let stackSize = 64 << 20

    private let limit: Int
    private let monitor = Monitor()
    private let state = Mutex(State())

    package init(limit: Int) { self.limit = limit }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let startsThread = state.withLock { state in
            state.jobs.append(job)
            let waiting = state.jobs.count - state.first
            guard waiting > state.idle, state.started < limit else { return false }
            state.started += 1
            return true
        }
        if startsThread { startThread() } else { monitor.signal() }
    }

    private func startThread() {
        let context = Unmanaged.passRetained(self).toOpaque()
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, BlockingThreads.stackSize)
        let code = pthread_create(
            &thread,
            &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<BlockingThreads>.fromOpaque(context).takeRetainedValue().work()
                return nil
            },
            context
        )
        if code == 0 {
            pthread_detach(thread)
        } else {
            Unmanaged<BlockingThreads>.fromOpaque(context).release()
            let hasThreads = state.withLock { state in
                state.started -= 1
                return state.started > 0
            }
            // Without any thread of ours, the caller's does the work.
            if hasThreads { monitor.signal() } else { take()?.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    private func work() {
        while true {
            if let job = take() {
                job.runSynchronously(on: asUnownedTaskExecutor())
                continue
            }
            // Asked under the monitor's lock, so that a job put in between is seen here or its signal is.
            let waited = monitor.wait { [self] in
                state.withLock { state in
                    let isEmpty = state.first == state.jobs.count
                    if isEmpty { state.idle += 1 }
                    return isEmpty
                }
            }
            if waited { state.withLock { $0.idle -= 1 } }
        }
    }

    private func take() -> UnownedJob? {
        state.withLock { state in
            guard state.first < state.jobs.count else { return nil }
            let job = state.jobs[state.first]
            state.first += 1
            if state.first == state.jobs.count {
                state.jobs.removeAll(keepingCapacity: true)
                state.first = 0
            }
            return job
        }
    }

    /// A condition variable; waiting threads count themselves idle, and a signal takes one out of that count.
    private final class Monitor: @unchecked Sendable {
        // Unchecked: the two pthread objects are made for use by many threads, at an address that never changes.
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        func signal() {
            pthread_mutex_lock(mutex)
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        /// - Returns: whether it waited.
        func wait(if shouldWait: () -> Bool) -> Bool {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            guard shouldWait() else { return false }
            pthread_cond_wait(condition, mutex)
            return true
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }
    }
}

extension BlockingThreads {
    /// How many processors this process may use, at least 1.
    package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
