internal import Linux
internal import Store
internal import Synchronization

/// What the store wants done beside a build that writes to it: leftovers of killed builds swept, earlier rows synced,
/// the trash emptied.
///
/// It runs on a thread of its own while steps run, at most once for an engine; no build waits for it, and the process
/// may end in the middle of it (`store.md`, "Decisions on top").
final class Upkeep: Sendable {
    private let store: StateRoot
    private let hasBegun = Mutex(false)

    init(store: StateRoot) { self.store = store }

    /// Called when a step is about to run: an unchanged build never gets here.
    func begin() {
        let isFirst = hasBegun.withLock { hasBegun in
            defer { hasBegun = true }
            return !hasBegun
        }
        guard isFirst else { return }
        BackgroundThread.run { [store] in
            // Whatever fails here is tried again by a later build; nothing of it is needed for this one to be right.
            _ = try? store.sweep()
            try? store.syncEarlierRows()
            _ = try? store.emptyTrash()
        }
    }
}
