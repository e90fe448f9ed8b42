/// A file that is served at a path, with what tells its version.
package struct LoopbackFile: Sendable {
    package var content: [UInt8]
    package var etag: String?
    package var modified: String?
    /// The `Date` of the answer.
    package var date: String?

    package init(_ content: String, etag: String? = nil, modified: String? = nil, date: String? = nil) {
        self.content = Array(content.utf8)
        self.etag = etag
        self.modified = modified
        self.date = date
    }

    /// RFC 9110 §13: an ETag is looked at before a time, and a range counts only of the version that it was asked of.
    func answer(to request: RecordedRequest, _ ignoresRange: Bool) -> LoopbackAnswer {
        var headers: [(String, String)] = []
        for (name, value) in [("ETag", etag), ("Last-Modified", modified), ("Date", date)] {
            if let value { headers.append((name, value)) }
        }
        if let wanted = request.headers["if-none-match"] {
            if wanted == etag { return LoopbackAnswer(304, headers: headers) }
        } else if let time = request.headers["if-modified-since"], time == modified {
            return LoopbackAnswer(304, headers: headers)
        }
        guard let range = request.headers["range"], !ignoresRange, request.headers["if-range"] ?? etag == etag,
            let start = Int(range.dropFirst("bytes=".count).prefix { $0 != "-" })
        else { return LoopbackAnswer(200, headers: headers, body: content) }
        guard start < content.count else { return LoopbackAnswer(416) }
        let place = ("Content-Range", "bytes \(start)-\(content.count - 1)/\(content.count)")
        return LoopbackAnswer(206, headers: headers + [place], body: Array(content[start...]))
    }
}
