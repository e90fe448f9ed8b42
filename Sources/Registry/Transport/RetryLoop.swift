/// Counts the tries of one thing, and says how long to wait before the next.
struct RetryLoop {
    let limits: RegistryLimits
    /// Tries that have failed since there was progress.
    private(set) var failures = 0

    init(_ limits: RegistryLimits) { self.limits = limits }

    /// There was progress: all tries are there again.
    mutating func reset() { failures = 0 }

    /// Takes note of a failed try, and waits.
    ///
    /// - Parameters:
    ///   - setback: how it failed.
    ///   - tell: gets how many seconds it waits, and the number of the try that failed.
    /// - Throws: what the setback ends in when there are no more tries; `CancellationError`.
    mutating func wait(after setback: Setback, tell: (Double, Int) -> Void) async throws {
        failures += 1
        guard failures < limits.tries else { throw setback.ending(failures) }
        let delay = min(setback.retryAfter ?? backOff, limits.longestDelay)
        tell(delay.seconds, failures)
        try await Task.sleep(for: delay)
    }

    /// Doubles with each failure; a random half of it keeps clients that failed together from coming back together.
    private var backOff: Duration {
        let full = limits.firstDelay * (1 << min(failures - 1, 8))
        return min(full, .seconds(20)) * Double.random(in: 0.5...1)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
