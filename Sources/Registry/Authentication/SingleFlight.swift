internal import Synchronization

/// Lets one caller do what several want at the same time; the others wait for its result.
///
/// When the one that works is cancelled, one of those that wait takes over.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private enum Outcome: Sendable {
        case done(Result<Value, any Error>)
        /// Nobody works any more: whoever gets this tries to be the next.
        case abandoned
    }

    private typealias Waiter = CheckedContinuation<Outcome, Never>

    private struct State {
        var waiters: [Key: [Int: Waiter]] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())

    /// The result of `work`, which this task or another one runs.
    func value(for key: Key, _ work: () async throws -> Value) async throws -> Value {
        while true {
            try Task.checkCancellation()
            let isFirst = state.withLock { state in
                guard state.waiters[key] == nil else { return false }
                state.waiters[key] = [:]
                return true
            }
            if isFirst {
                do {
                    let value = try await work()
                    finish(key, .done(.success(value)))
                    return value
                } catch {
                    let isCancelled = error is CancellationError || Task.isCancelled
                    finish(key, isCancelled ? .abandoned : .done(.failure(error)))
                    throw error
                }
            }
            if case .done(let result) = await wait(for: key) { return try result.get() }
        }
    }

    private func finish(_ key: Key, _ outcome: Outcome) {
        let waiters = state.withLock { $0.waiters.removeValue(forKey: key) } ?? [:]
        for waiter in waiters.values { waiter.resume(returning: outcome) }
    }

    private func wait(for key: Key) async -> Outcome {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let isWaiting = state.withLock { state in
                    // The result may have come, or this task have been cancelled, before it could wait.
                    guard state.waiters[key] != nil, !Task.isCancelled else { return false }
                    state.waiters[key]?[id] = waiter
                    return true
                }
                if !isWaiting { waiter.resume(returning: .abandoned) }
            }
        } onCancel: {
            state.withLock { $0.waiters[key]?.removeValue(forKey: id) }?.resume(returning: .abandoned)
        }
    }
}
