/// Something that a check found.
package struct CheckWarning: Sendable, Hashable {
    /// The rule that it breaks.
    package let rule: CheckRule
    /// What was found here, in one line that is safe for a terminal.
    package let detail: String
    /// Where, with a mark if the word is known.
    package let range: SourceRange

    /// A warning of any rule; for what only the build can know.
    package init(rule: CheckRule, detail: String, range: SourceRange) {
        self.rule = rule
        self.detail = detail
        self.range = range
    }

    /// The line that a build tells; its place is told beside it.
    package var line: String { "\(rule.name): \(detail)" }
}

/// All that the checks found in a file.
package struct CheckResult: Sendable, Hashable {
    /// What was found, by line.
    package var warnings: [CheckWarning] = []
    /// How many further warnings were left out, because there are too many to read.
    package var omittedCount = 0
    /// Whether `error=true` is in force, so that warnings fail the build.
    package var failsBuild = false

    /// Nothing found.
    package init() {}

    /// The rules that were broken, each once, in the order of their names, if that fails the build; what is told by
    /// `check` only does not.
    package var failedRules: [String] {
        failsBuild ? Set(warnings.filter(\.rule.runsInBuilds).map(\.rule.name)).sorted() : []
    }

    /// What a build ends with because of `error=true`, in BuildKit's words; nil if it goes on.
    package var violation: String? {
        let rules = failedRules
        return rules.isEmpty ? nil : "lint violation found for rules: \(rules.joined(separator: ", "))"
    }
}
