/// A thing that the checks look for, by the name under which it can be skipped.
///
/// Names and pages of BuildKit's rules are BuildKit's (`frontend/dockerfile/linter`), so that `# check=skip=…` means
/// the same here; so are their summaries and details, which programs read.
package struct CheckRule: Sendable, Hashable {
    /// The name, such as `UndefinedVar`.
    package let name: String
    /// What is found, in one sentence.
    package let summary: String
    /// Why it matters.
    package let reason: String
    /// What to write instead.
    package let remedy: String
    /// The page about the rule; nil where `Docs/Dockerfile.md` is the only one.
    package let url: String?
    /// Whether it runs only when `experimental=` asks for it.
    package let isExperimental: Bool
    /// Whether a build tells it, too; the others are told by `check` only.
    package let runsInBuilds: Bool
    /// Whether BuildKit has the rule.
    package let isBuildKits: Bool

    /// A rule of BuildKit's, with the last part of its page's address.
    init(
        _ name: String,
        page: String?,
        _ summary: String,
        because reason: String,
        fix remedy: String,
        isExperimental: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.reason = reason
        self.remedy = remedy
        self.url = page.map { "https://docs.docker.com/go/dockerfile/rule/\($0)/" }
        self.isExperimental = isExperimental
        self.runsInBuilds = true
        self.isBuildKits = true
    }

    /// A rule of our own.
    init(own name: String, _ summary: String, because reason: String, fix remedy: String, runsInBuilds: Bool = false) {
        self.name = name
        self.summary = summary
        self.reason = reason
        self.remedy = remedy
        self.url = nil
        self.isExperimental = false
        self.runsInBuilds = runsInBuilds
        self.isBuildKits = false
    }

    /// All rules: BuildKit's in its order, then ours.
    package static let all = buildKits + own

    /// The rule of that name; nil if there is none.
    package static func named(_ name: String) -> CheckRule? { all.first { $0.name == name } }
}
