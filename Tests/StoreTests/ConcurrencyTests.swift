internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Store
internal import Synchronization
internal import Testing

@Suite("Several builds at once")
struct ConcurrencyTests {
    let root: TemporaryRoot

    init() throws { root = try TemporaryRoot() }

    @Test("make one index when all begin at the same time", .timeLimit(.minutes(20)))
    func openAtOnce() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask(executorPreference: BlockingThreads.shared) {
                    let state = try root.open()
                    #expect(state.notes.isEmpty)
                    try state.putStep("\(number)")
                }
            }
            try await group.waitForAll()
        }
        let state = try root.open()
        for number in 0..<8 { #expect(try state.results.result(contentKey: hash("content of \(number)")) != nil) }
    }

    @Test("store all that each of them made", .timeLimit(.minutes(20)))
    func writeAtOnce() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                // Two have a connection of their own, two share one.
                let state = writer < 2 ? try root.open() : try StateRoot(path: root.path)
                group.addTask(executorPreference: BlockingThreads.shared) {
                    for number in 0..<50 {
                        try state.putStep("\(writer)-\(number)")
                        _ = try state.content.store(Array("\(number)".utf8), mediaType: .json)
                        if number % 10 == 0 { try state.syncEarlierRows() }
                        #expect(try state.results.result(contentKey: hash("content of \(writer)-\(number)")) != nil)
                    }
                    try state.finish()
                }
            }
            try await group.waitForAll()
        }
        let state = try root.open()
        #expect(try state.sweep() == 0)
        #expect(try root.names("snapshots").count == 200)
        #expect(try root.names("content/sha256").count == 50)
        for writer in 0..<4 {
            #expect(
                try (0..<50).allSatisfy {
                    try state.results.result(contentKey: hash("content of \(writer)-\($0)")) != nil
                }
            )
        }
    }

    @Test("execute a step one at a time, and the waiting one is told whom it waits for", .timeLimit(.minutes(20)))
    func lockSteps() async throws {
        let (first, second) = (try root.open(), try root.open())
        let key = hash("step")
        let order = Order()
        var lock = try HeldLock(first, key)
        #expect(lock != nil)
        #expect(try HeldLock(second, key) == nil)
        #expect(try HeldLock(second, hash("another")) != nil)
        #expect(second.holder(ofStep: key)?.processID == getpid())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: BlockingThreads.shared) {
                let waited = try second.lockStep(key)
                order.append("second")
                withExtendedLifetime(waited) {}
            }
            order.append("first")
            lock = nil
            try await group.waitForAll()
        }
        #expect(order.names == ["first", "second"])
        #expect(try HeldLock(first, key) != nil)
    }

    @Test("stop waiting for a step when they are cancelled")
    func cancelWaiting() throws {
        let state = try root.open()
        let lock = try #require(try HeldLock(state, hash("step")))
        let asked = Mutex(0)
        #expect(throws: CancellationError.self) {
            _ = try state.lockStep(hash("step")) {
                asked.withLock { count in
                    count += 1
                    return count == 3
                }
            }
        }
        withExtendedLifetime(lock) {}
    }

    @Test("free a step's lock when they are killed", .timeLimit(.minutes(20)))
    func killedHolderFrees() async throws {
        let path = root.path.text
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let lock = try StateRoot(path: ByteString(path)).lockStep(hash("step"))
            kill(getpid(), SIGKILL)
            withExtendedLifetime(lock) {}
        }
        #expect(try HeldLock(try root.open(), hash("step")) != nil)
    }
}

/// Who came when.
private final class Order: Sendable {
    private let state = Mutex<[String]>([])
    var names: [String] { state.withLock { $0 } }
    func append(_ name: String) { state.withLock { $0.append(name) } }
}

/// A step's lock in a form that expectations can look at.
private final class HeldLock: Sendable {
    private let lock: StepLock

    init?(_ state: StateRoot, _ key: ContentHash) throws {
        guard let lock = try state.tryLockStep(key) else { return nil }
        self.lock = lock
    }
}
