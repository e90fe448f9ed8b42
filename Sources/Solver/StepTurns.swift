internal import OCI
internal import Synchronization

/// Lets vertices of one build that would do the same step take turns: the second finds what the first has kept.
///
/// Between processes a file lock does that, and waiting for it may hold a thread; two stages with the same step must not
/// wait for each other so, or the threads that the first one needs could all be waiting for it.
final class StepTurns: Sendable {
    /// Who waits, by the key of a step that is being done.
    private let waiting = Mutex<[ContentHash: [CheckedContinuation<Void, Never>]]>([:])

    /// Waits until no one else has the turn for the key.
    ///
    /// Every `enter` is followed by a ``leave(_:)``.
    func enter(_ key: ContentHash) async {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                if waiting[key] == nil {
                    waiting[key] = []
                    return true
                }
                waiting[key]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Gives the turn to the next who waits for the key.
    func leave(_ key: ContentHash) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard var queue = waiting[key], !queue.isEmpty else {
                waiting[key] = nil
                return nil
            }
            let next = queue.removeFirst()
            waiting[key] = queue
            return next
        }
        next?.resume()
    }
}
