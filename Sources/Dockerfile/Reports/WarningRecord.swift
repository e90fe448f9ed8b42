package import Bytes

/// A warning of a build in the form of BuildKit's client (`client/graph.go`, `VertexWarning`), as buildx writes it
/// into the metadata file.
///
/// Texts are bytes there, which JSON has in Base64.
package struct WarningRecord: Sendable, Hashable {
    /// What is told in one line, without its place.
    package var text: String
    /// The lines of the Dockerfile that are meant, if there are some.
    package var range: SourceRange?
    /// The rule that was broken, if a check found it.
    package var rule: CheckRule?

    package init(text: String, range: SourceRange? = nil, rule: CheckRule? = nil) {
        self.text = text
        self.range = range
        self.rule = rule
    }

    /// How many bytes of Dockerfiles a list may hold, which stand there again with each warning.
    private static let sourceLimit = 4 << 20

    /// A list of warnings of a Dockerfile; those after the first four megabytes of its text come without it.
    package static func json(_ records: [WarningRecord], source: SourceText) -> [JSONValue] {
        var sourcesLeft = max(1, sourceLimit / max(1, source.content.count))
        return records.map { record in
            if record.range != nil { sourcesLeft -= 1 }
            return record.json(source: sourcesLeft >= 0 ? source : nil)
        }
    }

    private func json(source: SourceText?) -> JSONValue {
        var object = JSONObject()
        object["level"] = 1
        let line = range.map { " (line \($0.first))" } ?? ""
        object["short"] = SourceLocation.base64(ByteString(text + line))
        if let rule {
            object["detail"] = [SourceLocation.base64(ByteString(rule.summary))]
            object["url"] = rule.url.map { .string($0) }
        }
        if let range {
            object["sourceInfo"] = source.map(SourceLocation.info)
            object["range"] = SourceLocation.json(range)["ranges"]
        }
        return .object(object)
    }
}
