import Bytes

/// Takes what the checks find, if the configuration allows it.
struct CheckCollector {
    private let source: SourceText
    private let purpose: CheckRequest.Purpose
    private(set) var warnings: [CheckWarning] = []
    private(set) var omittedCount = 0

    /// How many warnings are kept; nobody reads more.
    static let limit = 5_000
    /// How many of them get a mark, which takes a search through their lines.
    private static let markLimit = 200

    init(source: SourceText, purpose: CheckRequest.Purpose) {
        self.source = source
        self.purpose = purpose
    }

    /// Whether the rule is to run at all.
    func runs(_ rule: CheckRule, _ configuration: CheckConfiguration) -> Bool {
        (purpose == .check || rule.runsInBuilds) && configuration.allows(rule)
    }

    /// Takes a finding.
    mutating func report(
        _ rule: CheckRule,
        at range: SourceRange,
        _ configuration: CheckConfiguration,
        marking text: ByteString? = nil,
        _ detail: @autoclosure () -> String
    ) {
        guard runs(rule, configuration) else { return }
        guard warnings.count < Self.limit else {
            omittedCount += 1
            return
        }
        var range = range
        if let text, range.mark == nil, warnings.count < Self.markLimit { range = range.marking(text, in: source) }
        warnings.append(CheckWarning(rule: rule, detail: detail(), range: range))
    }

    /// The findings by line, those of one line as they were found.
    var sorted: [CheckWarning] {
        warnings.enumerated()
            .sorted { ($0.element.range.first, $0.offset) < ($1.element.range.first, $1.offset) }
            .map(\.element)
    }
}
