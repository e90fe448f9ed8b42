internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Sends requests, follows redirects by its own rules, and says of every failure whether another try may help.
final class Web: Sendable {
    let surroundings: Surroundings
    let secrets = Secrets()
    private let connections: Connections
    private let schemes = Mutex<[String: Origin.Scheme]>([:])
    private static let redirects = 10

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        connections = Connections(surroundings)
    }

    var limits: RegistryLimits { surroundings.settings.limits }

    /// Sends a request once, and follows where it is redirected.
    ///
    /// An authorization is left out from the first hop on that changes scheme, host or port.
    /// - Throws: ``Setback`` for what another try may change, else `RegistryError`; `CancellationError`.
    func send(_ request: WebRequest) async throws -> WebResponse {
        var address = request.address
        var isSameOrigin = true
        for _ in 0...Web.redirects {
            let response = try await sendOnce(request, to: address, isSameOrigin)
            guard let target = try redirect(response, of: request, from: address) else { return response }
            await drain(response)
            if target.origin != address.origin { isSameOrigin = false }
            address = target
        }
        let reason = "there were more than \(Web.redirects) redirects"
        throw RegistryError.refusedRedirect(request.subject, target: address.origin.description, reason: reason)
    }

    private func sendOnce(
        _ request: WebRequest,
        to address: WebAddress,
        _ withAuthorization: Bool
    ) async throws -> WebResponse {
        // A request of a cancelled task can be answered before it is seen to be cancelled.
        try Task.checkCancellation()
        let agent = surroundings.settings.userAgent
        let message = request.message(to: address, withAuthorization: withAuthorization, userAgent: agent)
        do {
            let answer = try await connections.execute(message, at: address.origin, request.kind)
            return WebResponse(
                status: Int(answer.status.code),
                headers: answer.headers,
                body: answer.body,
                address: address
            )
        } catch {
            throw failure(error, of: request.subject, at: address.origin)
        }
    }

    /// Where an answer sends the request on; nil for all other answers.
    private func redirect(
        _ response: WebResponse,
        of request: WebRequest,
        from address: WebAddress
    ) throws(RegistryError) -> WebAddress? {
        guard [301, 302, 303, 307, 308].contains(response.status), let location = response.header("Location") else {
            return nil
        }
        guard let target = address.resolving(location) else {
            let scheme = location.prefix { $0 != ":" }.prefix(16)
            throw .refusedRedirect(
                request.subject,
                target: "`\(ToldText.safe(scheme))`",
                reason: "it is no web address"
            )
        }
        func refused(_ reason: String) -> RegistryError {
            .refusedRedirect(request.subject, target: target.origin.description, reason: reason)
        }
        if address.origin.scheme == .https, target.origin.scheme == .http { throw refused("it is not encrypted") }
        let keepsMethod = request.method == .GET || request.method == .HEAD || response.status >= 307
        if request.holdsSecret, target.origin != request.address.origin { throw refused("it would get a secret") }
        guard keepsMethod else { throw refused("what is sent would be lost on the way") }
        return target
    }

    /// Who answers for a host: with TLS, or without where that is allowed and nothing else is spoken there.
    ///
    /// For a host that need not be trusted this sends one request, once.
    func origin(ofHost host: String, _ subject: RegistrySubject) async throws -> Origin {
        let name = Web.apiHost(host)
        guard let secure = Origin(scheme: .https, authority: name),
            let plain = Origin(scheme: .http, authority: name)
        else { throw RegistryError.unreachable(subject, reason: "`\(ToldText.safe(host))` is no host", tries: 1) }
        guard try surroundings.isInsecure(secure) || surroundings.isInsecure(plain) else { return secure }
        if let known = schemes.withLock({ $0[name] }) { return known == .https ? secure : plain }
        let scheme: Origin.Scheme = try await speaksTLS(secure, subject) ? .https : .http
        schemes.withLock { $0[name] = scheme }
        return scheme == .https ? secure : plain
    }

    private func speaksTLS(_ origin: Origin, _ subject: RegistrySubject) async throws -> Bool {
        do {
            var request = WebRequest(.GET, WebAddress(origin: origin, path: "/v2/"), subject)
            request.headers.add(name: "Accept", value: "application/json")
            await drain(try await sendOnce(request, to: request.address, false))
            return true
        } catch let error as RegistryError {
            switch error {
            case .notTLS, .unreachable, .untrustedCertificate: return false
            // A file of certificates or a proxy that cannot be used is no reason to do without.
            default: throw error
            }
        } catch is Setback {
            return false
        }
    }

    /// Docker Hub's programming interface is not at the host that its names have.
    static func apiHost(_ host: String) -> String {
        host == "docker.io" || host == "index.docker.io" ? "registry-1.docker.io" : host
    }

    func hasAnswered(_ origin: Origin) -> Bool { connections.hasAnswered(origin) }

    func close() async { await connections.close() }
}
