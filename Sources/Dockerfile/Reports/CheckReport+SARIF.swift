package import Bytes

extension CheckReport {
    /// The findings for code scanners: SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format").
    ///
    /// Only the rules that were broken are described; an error is a result of the rule `BuildError`.
    package func sarif(version: String) -> JSONValue {
        let broken = Set(result.warnings.map(\.rule.name))
        var rules: [JSONValue] = []
        var positions: [String: Int] = [:]
        for rule in CheckRule.all where broken.contains(rule.name) {
            positions[rule.name] = rules.count
            rules.append(Self.description(rule))
        }
        var results = result.warnings.map { warning in
            entry(
                rule: warning.rule.name,
                index: positions[warning.rule.name] ?? 0,
                level: result.failsBuild && warning.rule.runsInBuilds ? "error" : "warning",
                message: warning.detail,
                range: warning.range
            )
        }
        for error in errors {
            if positions["BuildError"] == nil {
                positions["BuildError"] = rules.count
                rules.append(["id": "BuildError", "shortDescription": ["text": "The Dockerfile cannot be built"]])
            }
            results.append(
                entry(
                    rule: "BuildError",
                    index: positions["BuildError"] ?? 0,
                    level: "error",
                    message: error.remedy.map { "\(error.message); \($0)" } ?? error.message,
                    range: error.range
                )
            )
        }
        let driver: JSONValue = [
            "name": "swift-build-image", "version": .string(version), "rules": .array(rules),
        ]
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                [
                    "tool": ["driver": driver], "columnKind": "unicodeCodePoints", "results": .array(results),
                ]
            ],
        ]
    }

    private static func description(_ rule: CheckRule) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(rule.name)
        object["shortDescription"] = ["text": .string(rule.summary)]
        let end = rule.summary.hasSuffix(".") ? "" : "."
        let reason = rule.reason.prefix(1).uppercased() + rule.reason.dropFirst()
        object["fullDescription"] = ["text": .string("\(rule.summary)\(end) \(reason).")]
        object["help"] = ["text": .string("To fix it, \(rule.remedy).")]
        object["helpUri"] = rule.url.map { .string($0) }
        return .object(object)
    }

    private func entry(
        rule: String,
        index: Int,
        level: String,
        message: String,
        range: SourceRange?
    ) -> JSONValue {
        var place = JSONObject()
        place["artifactLocation"] = ["uri": .string(Self.uri(path))]
        // Scanners show nothing that has no line.
        place["region"] = region(range ?? SourceRange(line: 1))
        return [
            "ruleId": .string(rule), "ruleIndex": .integer(index), "level": .string(level),
            "message": ["text": .string(message)],
            "locations": [["physicalLocation": .object(place)]],
        ]
    }

    /// The marked word if there is one, else the lines.
    private func region(_ range: SourceRange) -> JSONValue {
        guard let mark = range.mark else {
            return ["startLine": .integer(range.first), "endLine": .integer(range.last)]
        }
        let line = source.line(mark.line).bytes
        let start = min(mark.column - 1, line.count)
        let end = min(start + mark.length, line.count)
        // A byte order mark is not in the text that people see.
        let hasMark = mark.line == 1 && start >= 3 && line.starts(with: [0xEF, 0xBB, 0xBF])
        let before = String(decoding: line[(hasMark ? 3 : 0)..<start], as: UTF8.self).unicodeScalars.count
        let length = String(decoding: line[start..<end], as: UTF8.self).unicodeScalars.count
        return [
            "startLine": .integer(mark.line), "startColumn": .integer(before + 1),
            "endColumn": .integer(before + length + 1),
        ]
    }

    /// A path as a URI reference (RFC 3986) without `.` parts, relative to the working directory unless it is absolute:
    /// what is neither a letter, a digit nor one of `-._~/` is escaped.
    private static func uri(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "file:///" : "") + escaped(parts.joined(separator: "/"))
    }

    private static func escaped(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in path.utf8 {
            let lower = Ascii.lower(byte)
            let isPlain =
                (0x61...0x7A).contains(lower) || (Byte.zero...Byte.nine).contains(byte)
                || "-._~/".utf8.contains(byte)
            result += isPlain ? [byte] : [Byte.percent, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: result, as: UTF8.self)
    }
}
