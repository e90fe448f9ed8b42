import Synchronization
import Testing

// One request under way per token is a promise that only the type itself can be held to without a clock.
@testable import Registry

@Suite("Single flight")
struct SingleFlightTests {
    /// A gate that opens once.
    private final class Gate: Sendable {
        private let stream: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init() { (stream, continuation) = AsyncStream.makeStream() }

        func open() { continuation.finish() }

        func wait() async { for await _ in stream {} }
    }

    @Test("those that come while one works get its value; those that come later work again")
    func shared() async throws {
        let flight = SingleFlight<String, Int>()
        let runs = Mutex(0)
        let (begun, gate) = (Gate(), Gate())
        let run: @Sendable () async throws -> Int = {
            try await flight.value(for: "a") {
                let number = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                begun.open()
                await gate.wait()
                return number
            }
        }
        let first = Task { try await run() }
        await begun.wait()
        let others = (0..<10).map { _ in Task { try await run() } }
        gate.open()
        #expect(try await first.value == 1)
        // Who came too late to wait has done the work again; nobody has done it at the same time.
        for other in others { #expect(try await other.value >= 1) }
        #expect(try await flight.value(for: "b") { 99 } == 99)
    }

    @Test("when the one that works is cancelled, another takes over")
    func takenOver() async throws {
        let flight = SingleFlight<String, Int>()
        let (begun, gate) = (Gate(), Gate())
        let first = Task {
            try await flight.value(for: "a") {
                begun.open()
                await withTaskCancellationHandler {
                    await gate.wait()
                } onCancel: {
                    gate.open()
                }
                try Task.checkCancellation()
                return 1
            }
        }
        await begun.wait()
        let second = Task { try await flight.value(for: "a") { 2 } }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(try await second.value == 2)
    }

    @Test("one that waits can be cancelled alone")
    func cancelledWaiter() async throws {
        let flight = SingleFlight<String, Int>()
        let (begun, gate) = (Gate(), Gate())
        let first = Task {
            try await flight.value(for: "a") {
                begun.open()
                await gate.wait()
                return 1
            }
        }
        await begun.wait()
        let second = Task { try await flight.value(for: "a") { 2 } }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        gate.open()
        #expect(try await first.value == 1)
    }
}
