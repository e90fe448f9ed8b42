internal import NIOCore
internal import NIOHTTP1
internal import OCI

/// The bytes of one blob as they come, resumed after a cut and verified at the end.
struct BlobDownload {
    enum Piece {
        case bytes(ByteBuffer)
        /// What came so far was wrong or cannot be continued; the blob comes again from its start.
        case restart
    }

    /// Where a blob is asked for.
    struct Source: Sendable {
        let address: WebAddress
        /// What may be shown there; nothing to who is not the registry.
        let access: Access?
        let subject: RegistrySubject
        let kind: Connections.Kind

        init(_ blob: OCI.Descriptor, _ endpoint: RegistryClient.Endpoint, _ kind: Connections.Kind = .content) {
            self.kind = kind
            address = endpoint.address("blobs", blob.digest.description)
            access = endpoint.pull
            subject = RegistrySubject(endpoint.location, "blob \(blob.digest)")
        }

        /// An address that a descriptor names, for content that a registry may not hold.
        init(_ blob: OCI.Descriptor, foreign address: WebAddress) {
            self.address = address
            access = nil
            kind = .content
            let asked = "blob \(blob.digest)"
            subject = RegistrySubject(registry: address.origin.authority, repository: "", asked: asked)
        }
    }

    private let client: RegistryClient
    private let source: Source
    private let blob: OCI.Descriptor

    private var hasher: DigestHasher
    private var received: Int64
    private var body: BodyReader?
    /// Bytes that come again, since the registry does not send ranges.
    private var skipping: Int64 = 0
    private var loop: RetryLoop
    private var receivedAtFailure: Int64
    private var hadWrongContent = false
    private var isDone = false
    private var restarts = 0
    private var receivedAtOpen: Int64 = 0
    private var givenAt = ContinuousClock.now
    /// The longest time since the registry answered that the reader here took for a piece.
    private var longestPause = Duration.zero
    private let verifies: Bool

    /// - Parameters:
    ///   - client: whose connections, limits and log-ins are used.
    ///   - source: where the blob is asked for.
    ///   - blob: what is asked for.
    ///   - start: the first byte that is wanted; `restart` then means that the registry cannot give that part.
    ///   - verifies: whether all bytes come by here, so that they can be verified.
    init(
        _ client: RegistryClient,
        _ source: Source,
        _ blob: OCI.Descriptor,
        from start: Int64 = 0,
        verifies: Bool = true
    ) {
        received = start
        receivedAtFailure = start
        self.verifies = verifies
        self.client = client
        self.source = source
        self.blob = blob
        hasher = DigestHasher(blob.digest.algorithm)
        loop = RetryLoop(client.settings.limits)
    }

    private var subject: RegistrySubject { source.subject }

    /// The next piece; nil after the last, when size and digest are right.
    ///
    /// - Throws: `RegistryError`; `CancellationError`.
    mutating func next() async throws -> Piece? {
        longestPause = max(longestPause, ContinuousClock.now - givenAt)
        while !isDone {
            do {
                if body == nil, try await !open() { return try restarted("the registry does not send the rest") }
                if let bytes = try await nextBytes() {
                    givenAt = .now
                    return .bytes(bytes)
                }
                if let failure = verify() {
                    guard !hadWrongContent else { throw failure }
                    hadWrongContent = true
                    return try restarted("the content is not the right one")
                }
                isDone = true
            } catch let setback as Setback {
                body = nil
                // A connection that ended because the reader here paused for long is no fault of the registry.
                let isOurs = longestPause >= client.settings.limits.idleTimeout && received > receivedAtOpen
                if !isOurs { try await wait(after: setback) }
            }
        }
        return nil
    }

    /// - Throws: `RegistryError` where a registry that neither continues nor completes would go on for ever.
    private mutating func restarted(_ reason: String) throws(RegistryError) -> Piece {
        restarts += 1
        guard restarts < client.settings.limits.tries else {
            let (received, size) = (received, blob.size)
            throw .interrupted(subject, reason: reason, received: received, total: size, tries: restarts)
        }
        let (what, host) = (subject.asked, subject.registry)
        client.tell(.retrying(what: what, host: host, reason: reason, seconds: 0, attempt: restarts))
        hasher = DigestHasher(blob.digest.algorithm)
        received = 0
        receivedAtFailure = 0
        body = nil
        return .restart
    }

    /// Asks for the blob, or for what is missing of it.
    ///
    /// - Returns: false where the answer does not continue what is here.
    private mutating func open() async throws -> Bool {
        var request = WebRequest(.GET, source.address, subject)
        request.kind = source.kind
        if received > 0 { request.headers.add(name: "Range", value: "bytes=\(received)-") }
        let response = try await client.success(request, source.access, or: received > 0 ? [416] : [])
        skipping = 0
        if received > 0 {
            switch response.status {
            case 206:
                guard isContinuation(response.header("Content-Range")) else { return false }
            case 416: return false
            default: skipping = received
            }
        } else if response.status == 206 {
            throw RegistryError.malformedAnswer(subject, reason: "is a part of the blob, which was not asked for")
        }
        body = BodyReader(response.body, client.settings.limits)
        receivedAtOpen = received
        longestPause = .zero
        return true
    }

    /// Whether a `Content-Range` (RFC 9110 §14.4) starts where the bytes here end.
    private func isContinuation(_ header: String?) -> Bool {
        guard let header, header.hasPrefix("bytes ") else { return false }
        let parts = header.dropFirst("bytes ".count).split { $0 == "-" || $0 == "/" }
        guard parts.count == 3, Int64(parts[0]) == received else { return false }
        return parts[2] == "*" || Int64(parts[2]) == blob.size
    }

    /// The next bytes of the blob; nil when it has ended, or is longer than it should be.
    private mutating func nextBytes() async throws -> ByteBuffer? {
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await body?.next()
            } catch {
                // With all bytes here, a connection that breaks before it says so has nothing left to give.
                if received == blob.size, !(error is CancellationError) { return nil }
                throw client.web.failure(error, of: subject, at: source.address.origin)
            }
            guard var piece else {
                guard received >= blob.size else { throw Setback(reason: "the answer ended early", ending: ended) }
                return nil
            }
            if skipping > 0 {
                let count = Int(min(skipping, Int64(piece.readableBytes)))
                piece.moveReaderIndex(forwardBy: count)
                skipping -= Int64(count)
            }
            guard piece.readableBytes > 0 else { continue }
            received += Int64(piece.readableBytes)
            // One byte too many is enough to know; the rest is not read.
            guard received <= blob.size else { return nil }
            piece.withUnsafeReadableBytes { hasher.update($0) }
            return piece
        }
    }

    private var ended: @Sendable (Int) -> RegistryError {
        let (subject, received, size) = (subject, received, blob.size)
        return { tries in
            let reason = "the answer ended early"
            return .interrupted(subject, reason: reason, received: received, total: size, tries: tries)
        }
    }

    /// What is wrong with the bytes, now that they have ended.
    private func verify() -> RegistryError? {
        guard received == blob.size else {
            return .wrongSize(subject, blob.digest, expected: blob.size, isLonger: received > blob.size)
        }
        guard verifies else { return nil }
        let found = hasher.finalize()
        return found == blob.digest ? nil : .wrongDigest(subject, expected: blob.digest, found: found)
    }

    private mutating func wait(after setback: Setback) async throws {
        if received - receivedAtFailure >= client.settings.limits.progressThatCounts { loop.reset() }
        receivedAtFailure = received
        let (received, size) = (received, blob.size)
        let ending = Setback(reason: setback.reason, retryAfter: setback.retryAfter) { tries in
            let error = setback.ending(tries)
            guard case .interrupted(let subject, let reason, nil, nil, _) = error else { return error }
            return .interrupted(subject, reason: reason, received: received, total: size, tries: tries)
        }
        try await client.wait(after: ending, subject, &loop)
    }
}
