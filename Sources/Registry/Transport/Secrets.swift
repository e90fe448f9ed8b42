internal import Synchronization

/// What was sent to log in: if a registry repeats it in a message, it is not shown.
final class Secrets: Sendable {
    private let texts = Mutex<Set<String>>([])

    func remember(_ text: String) {
        guard text.utf8.count >= 4 else { return }
        texts.withLock { _ = $0.insert(text) }
    }

    func hidden(in text: String) -> String {
        texts.withLock { texts in
            // The longest first, so that no rest of one stays where another is a part of it.
            texts.sorted { $0.utf8.count > $1.utf8.count }.reduce(text) { $0.replacing($1, with: "…") }
        }
    }
}
