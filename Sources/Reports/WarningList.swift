package import Dockerfile

/// What should be told about the Dockerfile, shown together at the end where it is not lost between the steps.
package struct WarningList: Sendable {
    private var entries: [(text: String, line: Int?)] = []

    package init() {}

    /// Adds a warning, unless the same is there already.
    package mutating func add(_ text: String, at range: SourceRange?) {
        guard !entries.contains(where: { $0.text == text && $0.line == range?.first }) else { return }
        entries.append((text, range?.first))
    }

    /// The section; empty where there is nothing to warn of.
    package var text: String {
        guard !entries.isEmpty else { return "" }
        let lines = entries.map { " - \(SafeText.message($0.text))\($0.line.map { " (line \($0))" } ?? "")\n" }
        return "\n \(Figures.counted(entries.count, "warning")) found:\n" + lines.joined()
    }
}
