import Glibc
import Linux
import Synchronization
import Testing

/// The threads for work that blocks.
///
/// Whoever waits here has a thread of its own, so what would stand still on the few
/// threads of the cooperative pool goes on.
@Suite("Blocking threads", .timeLimit(.minutes(20)))
struct BlockingThreadsTests {
    /// Where so many threads wait for each other; one that does not come is waited for three seconds.
    final class Meeting: Sendable {
        private let count = Atomic(0)
        private let size: Int

        init(of size: Int) { self.size = size }

        /// - Returns: whether all came.
        func wait() -> Bool {
            count.add(1, ordering: .sequentiallyConsistent)
            for _ in 0..<30_000 {
                if count.load(ordering: .sequentiallyConsistent) >= size { return true }
                usleep(100)
            }
            return false
        }
    }

    @Test("200 tasks that block all come to their end, on as many threads as there may be")
    func manyTasks() async {
        let threads = BlockingThreads(limit: 16)
        let done = Counter()
        let seen = Seen()
        await withTaskExecutorPreference(threads) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        usleep(5_000)
                        seen.note(UInt(pthread_self()))
                        done.add()
                    }
                }
            }
        }
        #expect(done.value == 200)
        #expect(seen.count <= 16)
    }

    @Test("as many children as the limit says block at the same time, whatever the machine has")
    func childrenStay() async {
        let size = 4 * BlockingThreads.processorCount + 8
        let threads = BlockingThreads(limit: size)
        let meeting = Meeting(of: size)
        let met = await withTaskExecutorPreference(threads) {
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<size { group.addTask { meeting.wait() } }
                return await group.reduce(true) { $0 && $1 }
            }
        }
        #expect(met)
    }

    @Test("children of children, and async lets, stay on the threads too")
    func subtree() async {
        let size = 2 * BlockingThreads.processorCount + 6
        let threads = BlockingThreads(limit: size)
        let meeting = Meeting(of: 3)
        let met = await withTaskExecutorPreference(threads) {
            async let one = meeting.wait()
            async let two = withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await withTaskGroup(of: Bool.self) { inner in
                        inner.addTask { meeting.wait() }
                        return await inner.reduce(true) { $0 && $1 }
                    }
                }
                return await group.reduce(true) { $0 && $1 }
            }
            let three = meeting.wait()
            return await (one, two, three)
        }
        #expect(met == (true, true, true))
    }

    @Test("work that comes in bursts, with pauses in which the threads go idle, is never left lying")
    func bursts() async {
        let threads = BlockingThreads(limit: 4)
        let done = Counter()
        for round in 0..<40 {
            await withTaskExecutorPreference(threads) {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<(1 + round % 7) { group.addTask { done.add() } }
                }
            }
            if round % 10 == 0 { usleep(1000) }
        }
        #expect(done.value == (0..<40).reduce(0) { $0 + 1 + $1 % 7 })
    }

    @Test("several callers at once share the threads, each with its own results")
    func manyCallers() async {
        let sums = await withTaskGroup(of: Int.self) { group in
            for caller in 0..<20 {
                group.addTask {
                    await withTaskExecutorPreference(BlockingThreads.shared) {
                        await withTaskGroup(of: Int.self) { inner in
                            for number in 0..<10 { inner.addTask { caller * number } }
                            return await inner.reduce(0, +)
                        }
                    }
                }
            }
            return await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(sums.sorted() == (0..<20).map { $0 * 45 })
    }

    @Test("a thread has the stack for ten thousand nested calls")
    func stack() async {
        func depth(_ level: Int) -> Int {
            withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 16) { buffer in
                buffer[0] = UInt8(truncatingIfNeeded: level)
                return level == 0 ? 0 : depth(level - 1) + Int(buffer[0] & 0) + 1
            }
        }
        let reached = await withTaskExecutorPreference(BlockingThreads.shared) { depth(10_000) }
        #expect(reached == 10_000)
    }

    @Test("a cancelled task gets its cancellation on these threads as anywhere")
    func cancellation() async {
        let task = Task {
            await withTaskExecutorPreference(BlockingThreads.shared) {
                while !Task.isCancelled { usleep(1000) }
                return true
            }
        }
        task.cancel()
        #expect(await task.value)
    }
}

private final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add() { count.add(1, ordering: .relaxed) }
}

/// Different numbers that were told.
private final class Seen: Sendable {
    private let numbers = Mutex<Set<UInt>>([])

    var count: Int { numbers.withLock { $0.count } }

    func note(_ number: UInt) { numbers.withLock { _ = $0.insert(number) } }
}
