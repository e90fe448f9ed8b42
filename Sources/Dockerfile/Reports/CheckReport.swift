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

    package init(_ result: CheckResult, source: SourceText, errors: [any LocatedError] = []) {
        self.result = result
        self.source = source
        self.errors = errors
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
            text += "\n" + Self.text(of: warning, in: source, isShort: index >= Self.excerptLimit)
        }
        if result.omittedCount > 0 { text += "\n\(result.omittedCount) more are not shown.\n" }
        for error in errors { text += (text.isEmpty ? "" : "\n") + error.rendered }
        return text
    }

    /// How many findings are shown with an excerpt.
    private static let excerptLimit = 500

    private static func text(of warning: CheckWarning, in source: SourceText, isShort: Bool) -> String {
        let rule = warning.rule
        var range = warning.range
        range.mark = nil
        var text = "WARNING: \(rule.name)" + (rule.url.map { " - \($0)" } ?? "") + "\n\(warning.detail)\n"
        text += isShort ? "\(source.name):\(range.first)\n" : SourceExcerpt(source: source, range: range).text
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
        document["sources"] = [
            [
                "filename": .string(source.name), "data": SourceLocation.base64(source.content),
                "language": "Dockerfile",
            ]
        ]
        if let error = errors.first {
            var object = JSONObject()
            object["message"] = .string(error.message)
            object["location"] = error.range.map { SourceLocation.json($0) } ?? .object(JSONObject())
            document["buildError"] = .object(object)
        }
        return .object(document)
    }
}
