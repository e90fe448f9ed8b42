internal import OCI
internal import Store

extension StateRoot {
    /// As `lockStep`, without blocking the thread: whoever has the lock may need it to go on.
    func waitForStep(_ key: ContentHash) async throws -> StepLock {
        var pause = 1
        while true {
            if let lock = try tryLockStep(key) { return lock }
            try await Task.sleep(for: .milliseconds(pause))
            pause = min(pause * 2, 25)
        }
    }
}
