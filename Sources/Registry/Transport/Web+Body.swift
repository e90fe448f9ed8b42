internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import OCI

extension Web {
    /// Reads a whole body that must be small.
    ///
    /// - Throws: `RegistryError.tooLarge` above the limit, without reading on; ``Setback`` for a cut.
    func bytes(of response: WebResponse, limit: Int, _ subject: RegistrySubject) async throws -> [UInt8] {
        let declared = response.header("Content-Length").flatMap { Int($0) }
        guard (declared ?? 0) <= limit else { throw RegistryError.tooLarge(subject, limit: limit) }
        var body = BodyReader(response.body, limits)
        var bytes: [UInt8] = []
        do {
            while let piece = try await body.next() {
                guard bytes.count + piece.readableBytes <= limit else {
                    throw RegistryError.tooLarge(subject, limit: limit)
                }
                bytes += piece.readableBytesView
            }
        } catch {
            throw failure(error, of: subject, at: response.address.origin)
        }
        return bytes
    }

    /// Reads the rest of an answer that nobody wants, if it is short, so that its connection can be used again.
    func drain(_ response: WebResponse) async {
        var body = BodyReader(response.body, limits)
        var bytes = 0
        while bytes < 1 << 16, let piece = try? await body.next() { bytes += piece.readableBytes }
    }

    /// The error that an answer is: ``Setback`` for what may pass, else `RegistryError`.
    ///
    /// - Parameters:
    ///   - response: an answer that is no success; what it says is read.
    ///   - subject: what was asked.
    ///   - isLoggedIn: whether the request named a user.
    /// - Returns: the error to throw.
    /// - Throws: `CancellationError`.
    func refusal(_ response: WebResponse, _ subject: RegistrySubject, isLoggedIn: Bool) async throws -> any Error {
        let status = response.status
        let told = try await told(by: response, subject)
        switch status {
        case 401, 403, 404: return RegistryError.noAccess(subject, status: status, told: told, isLoggedIn: isLoggedIn)
        case 408, 429, 500, 502, 503, 504:
            let reason = told.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(told)"
            let wait = response.header("Retry-After").flatMap { RetryAfter.duration($0) }
            return Setback(reason: reason, retryAfter: wait) { tries in
                .answered(subject, status: status, told: told, tries: tries)
            }
        default: return RegistryError.answered(subject, status: status, told: told, tries: 1)
        }
    }

    /// What the registry says of its refusal; nothing where that cannot be read, or is long.
    private func told(by response: WebResponse, _ subject: RegistrySubject) async throws -> String {
        do {
            let body = try await bytes(of: response, limit: ToldText.limit, subject)
            return ToldText.text(of: body, contentType: response.header("Content-Type"), hiding: secrets)
        } catch let error as CancellationError {
            throw error
        } catch {
            return ""
        }
    }
}

/// Reads a body piece by piece, and ends one that comes too slowly.
struct BodyReader {
    private var iterator: HTTPClientResponse.Body.AsyncIterator
    private let limits: RegistryLimits
    private var waited = Duration.zero
    private var bytes: Int64 = 0

    init(_ body: HTTPClientResponse.Body, _ limits: RegistryLimits) {
        iterator = body.makeAsyncIterator()
        self.limits = limits
    }

    /// The next bytes, or nil at the end.
    ///
    /// Only the time in here counts, so a slow reader makes no slow registry.
    /// - Throws: `TooSlow`, `CancellationError`, and what AsyncHTTPClient throws.
    mutating func next() async throws -> ByteBuffer? {
        let clock = ContinuousClock()
        let start = clock.now
        let piece = try await iterator.next(isolation: #isolation)
        // A cancelled task sees an end.
        try Task.checkCancellation()
        guard let piece else { return nil }
        waited += clock.now - start
        bytes += Int64(piece.readableBytes)
        if waited >= limits.speedWindow {
            guard Double(bytes) >= Double(limits.minimumSpeed) * limits.speedWindow.seconds else { throw TooSlow() }
            waited = .zero
            bytes = 0
        }
        return piece
    }

    /// Bytes came, but so few that it would never end.
    struct TooSlow: Error {}
}
