internal import NIOCore
internal import NIOHTTP1

/// One file of the web on its way into a sink, resumed after a cut where its server can.
struct FileDownload {
    private let file: WebFile
    private let address: WebAddress
    private let web: Web
    private let sink: any BlobSink
    private let tell: (RegistryEvent) -> Void
    private let subject: RegistrySubject

    /// Bytes that are in the sink.
    private var received: Int64 = 0
    private var receivedAtFailure: Int64 = 0
    /// The version that they are of.
    private var version = FileVersion(etag: nil, modified: nil)
    /// Their number in all, where the server has said it.
    private var total: Int64?
    private var loop: RetryLoop

    init(
        _ file: WebFile,
        _ address: WebAddress,
        _ web: Web,
        _ sink: any BlobSink,
        _ tell: @escaping (RegistryEvent) -> Void
    ) {
        self.file = file
        self.address = address
        self.web = web
        self.sink = sink
        self.tell = tell
        subject = RegistrySubject(registry: file.shown, repository: "", asked: "")
        loop = RetryLoop(web.limits)
    }

    mutating func run() async throws -> FileAnswer {
        while true {
            do {
                guard let response = try await open() else { return .unchanged }
                try await read(response)
                return .content(version)
            } catch let setback as Setback {
                try await wait(after: setback)
            }
        }
    }

    /// Asks for the file, or for the rest of it.
    ///
    /// - Returns: nil when what is known is still right.
    private mutating func open() async throws -> WebResponse? {
        let response = try await web.send(request())
        switch response.status {
        case 304 where received == 0 && file.known?.isComparable == true:
            await web.drain(response)
            return nil
        case 206 where received > 0:
            if continues(response.header("Content-Range")) { return response }
        case 416 where received > 0: break
        case 200..<300 where response.status != 206:
            try startAnew()
            return try begin(response)
        case 206, 304:
            let what = response.status == 206 ? "is a part of the file" : "says that nothing was changed"
            throw RegistryError.malformedAnswer(subject, reason: "\(what), which was not asked for")
        case 300..<400:
            throw RegistryError.answered(subject, status: response.status, told: "", tries: 1)
        default:
            throw try await web.refusal(response, subject, isLoggedIn: file.authorization != nil)
        }
        // The rest is not to be had: all of it comes again.
        await web.drain(response)
        try startAnew()
        let reason = "the server does not send the rest"
        throw Setback(reason: reason) { [subject, file] tries in
            .interrupted(subject, reason: reason, received: nil, total: file.limit, tries: tries)
        }
    }

    private func request() -> WebRequest {
        var request = WebRequest(.GET, address, subject)
        request.kind = .content
        request.authorization = file.authorization?.header
        if received > 0, let etag = version.strongETag {
            request.headers.add(name: "Range", value: "bytes=\(received)-")
            request.headers.add(name: "If-Range", value: etag)
        } else if received == 0, let known = file.known {
            // With both the ETag alone counts (RFC 9110 §13.1.3).
            if let etag = known.etag { request.headers.add(name: "If-None-Match", value: etag) }
            if let modified = known.modified, known.comparesTime {
                request.headers.add(name: "If-Modified-Since", value: modified)
            }
        }
        return request
    }

    private mutating func startAnew() throws {
        guard received > 0 else { return }
        try sink.restart()
        (received, receivedAtFailure, total) = (0, 0, nil)
    }

    private mutating func begin(_ response: WebResponse) throws(RegistryError) -> WebResponse {
        func kept(_ name: String) -> String? {
            response.header(name).flatMap { text in
                let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
                return isPlain && !text.isEmpty && text.utf8.count <= FileVersion.lengthLimit ? text : nil
            }
        }
        version = FileVersion(etag: kept("ETag"), modified: kept("Last-Modified"))
        if let sent = kept("Date").flatMap({ HTTPDate.seconds($0) }), let modified = version.modifiedSeconds {
            version.comparesTime = sent - modified >= 60
        }
        total = response.header("Content-Length").flatMap { Int64($0) }
        if let total, total > file.limit { throw .tooLarge(subject, limit: Int(file.limit)) }
        return response
    }

    /// Whether a `Content-Range` (RFC 9110 §14.4) starts where the bytes here end, and is of as many in all.
    private func continues(_ header: String?) -> Bool {
        guard let header, header.hasPrefix("bytes ") else { return false }
        let parts = header.dropFirst("bytes ".count).split { $0 == "-" || $0 == "/" }
        guard parts.count == 3, Int64(parts[0]) == received else { return false }
        return total == nil || parts[2] == "*" || Int64(parts[2]) == total
    }

    private mutating func read(_ response: WebResponse) async throws {
        var body = BodyReader(response.body, web.limits)
        while true {
            let piece: ByteBuffer?
            do { piece = try await body.next() } catch {
                throw web.failure(error, of: subject, at: response.address.origin)
            }
            guard let piece else { break }
            guard received + Int64(piece.readableBytes) <= file.limit else {
                throw RegistryError.tooLarge(subject, limit: Int(file.limit))
            }
            try piece.withUnsafeReadableBytes { try sink.write($0) }
            received += Int64(piece.readableBytes)
        }
        guard let total, received != total else { return }
        let (subject, received) = (subject, received)
        let reason = "the answer ended early"
        throw Setback(reason: reason) { tries in
            .interrupted(subject, reason: reason, received: received, total: total, tries: tries)
        }
    }

    /// Without a version that can be told from others what is here is worth nothing.
    private mutating func wait(after setback: Setback) async throws {
        if received - receivedAtFailure >= web.limits.progressThatCounts { loop.reset() }
        receivedAtFailure = received
        let (host, what) = (address.origin.authority, address.path)
        try await loop.wait(after: setback) { seconds, attempt in
            tell(.retrying(what: what, host: host, reason: setback.reason, seconds: seconds, attempt: attempt))
        }
        if version.strongETag == nil { try startAnew() }
    }
}
