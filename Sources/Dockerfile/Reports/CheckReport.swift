package import Bytes

/// What the checks found, for people and for programs.
///
/// ```swift
/// let report = CheckReport(DockerfileChecks.run(request), source: file.source)
/// print(report.text)
/// ```
package struct CheckReport: Sendable {
    /// The findings.
    package let result: CheckResult
    /// The text they speak of.
    package let source: SourceText
    /// Why the file cannot be built.
    package let errors: [any LocatedError]
    /// Where people find the file, from the working directory on; the text's own name if nothing else is said.
    package var path: String

    package init(_ result: CheckResult, source: SourceText, errors: [any LocatedError] = []) {
        self.result = result
        self.source = source
        self.errors = errors
        path = source.name
    }

    /// Whether there is nothing to tell.
    package var isClean: Bool { result.warnings.isEmpty && errors.isEmpty }

    /// The form of `docker build --check`: a line that counts, then rule, detail and excerpt of each finding, then
    /// the errors.
    package var text: String {
        var text = ""
        let count = result.warnings.count + result.omittedCount
        switch count {
        case 0: text = errors.isEmpty ? "Check complete, no warnings found.\n" : ""
        case 1: text = "Check complete, 1 warning has been found!\n"
        default: text = "Check complete, \(count) warnings have been found!\n"
        }
        for (index, warning) in result.warnings.enumerated() {
            text += "\n" + self.text(of: warning, isShort: index >= Self.excerptLimit)
        }
        if result.omittedCount > 0 { text += "\n\(result.omittedCount) more are not shown.\n" }
        for error in errors { text += (text.isEmpty ? "" : "\n") + error.rendered }
        if errors.isEmpty, let violation = result.violation { text += "\n\(violation)\n" }
        return text
    }

    /// How many findings are shown with an excerpt.
    private static let excerptLimit = 500

    private func text(of warning: CheckWarning, isShort: Bool) -> String {
        let rule = warning.rule
        var range = warning.range
        range.mark = nil
        var text = "WARNING: \(rule.name)" + (rule.url.map { " - \($0)" } ?? "") + "\n\(warning.detail)\n"
        let body = isShort ? "" : SourceExcerpt(source: source, range: range).body
        if isShort || !body.isEmpty { text += "\(path):\(range.first)\n" + body }
        // BuildKit's rules have pages that say what to do.
        if !rule.isBuildKits { text += "\(rule.reason); \(rule.remedy)\n" }
        return text
    }

    /// The form of buildx's `--call=check,format=json` (BuildKit, `frontend/subrequests/lint`).
    package var json: JSONValue {
        var limit = SourceLocation.lineLimit
        let warnings = result.warnings.map { warning -> JSONValue in
            var object = JSONObject()
            object["ruleName"] = .string(warning.rule.name)
            object["description"] = .string(warning.rule.summary)
            object["url"] = warning.rule.url.map { .string($0) }
            object["detail"] = .string(warning.detail)
            object["location"] = SourceLocation.json(warning.range, limit: &limit)
            return .object(object)
        }
        var document = JSONObject()
        document["warnings"] = .array(warnings)
        document["sources"] = [SourceLocation.info(of: source)]
        document["buildError"] = buildError
        return .object(document)
    }

    /// What a build would end with; mistakes after the first one are in a member that BuildKit does not have.
    private var buildError: JSONValue? {
        let mistakes = errors.prefix(Self.excerptLimit).map { Self.mistake($0.messageWithSuggestion, $0.range) }
        guard let first = mistakes.first else { return result.violation.map { .object(Self.mistake($0, nil)) } }
        var object = first
        if mistakes.count > 1 { object["others"] = .array(mistakes.dropFirst().map { .object($0) }) }
        return .object(object)
    }

    private static func mistake(_ message: String, _ range: SourceRange?) -> JSONObject {
        var object = JSONObject()
        object["message"] = .string(message)
        object["location"] = range.map { SourceLocation.json($0) } ?? .object(JSONObject())
        return object
    }
}

extension DescribedError {
    /// The message, with what was probably meant as BuildKit adds it.
    var messageWithSuggestion: String {
        guard let remedy, remedy.hasPrefix("did you mean ") else { return message }
        return "\(message) (\(remedy))"
    }
}
