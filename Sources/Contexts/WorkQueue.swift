internal import Glibc
internal import Synchronization

/// Work that makes more work, for a few threads: a stack, so that a walk goes deep first and holds few directories open.
///
/// A worker calls ``next()`` until it gives nil, and ``finish()`` after each item. Waiting blocks the thread.
final class WorkQueue<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item]
        var running = 0
        var waiting = 0
        var isClosed = false
    }

    private let state: Mutex<State>
    private let semaphore = Semaphore()

    init(_ items: [Item]) { state = Mutex(State(items: items)) }

    func push(_ items: [Item]) {
        if items.isEmpty { return }
        let woken = state.withLock { state in
            state.items += items
            let woken = min(state.waiting, items.count)
            state.waiting -= woken
            return woken
        }
        for _ in 0..<woken { semaphore.signal() }
    }

    /// The next item; nil when there is none and no worker can make one.
    func next() -> Item? {
        while true {
            let (item, waits) = state.withLock { state -> (Item?, Bool) in
                if state.isClosed { return (nil, false) }
                if let item = state.items.popLast() {
                    state.running += 1
                    return (item, false)
                }
                if state.running == 0 { return (nil, false) }
                state.waiting += 1
                return (nil, true)
            }
            if !waits { return item }
            semaphore.wait()
        }
    }

    func finish() {
        let woken = state.withLock { state in
            state.running -= 1
            guard state.running == 0, state.items.isEmpty else { return 0 }
            defer { state.waiting = 0 }
            return state.waiting
        }
        for _ in 0..<woken { semaphore.signal() }
    }

    /// Drops what is left, as after a failure.
    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            state.items = []
            defer { state.waiting = 0 }
            return state.waiting
        }
        for _ in 0..<woken { semaphore.signal() }
    }

    var isEmpty: Bool { state.withLock { $0.items.isEmpty && $0.running == 0 } }

    /// A counting semaphore of POSIX.
    private final class Semaphore: @unchecked Sendable {
        // Unchecked: a semaphore is made for use by many threads, at an address that never changes.
        private let pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

        init() { sem_init(pointer, 0, 0) }

        func signal() { sem_post(pointer) }

        func wait() { while sem_wait(pointer) != 0 && errno == EINTR {} }

        deinit {
            sem_destroy(pointer)
            pointer.deallocate()
        }
    }
}
