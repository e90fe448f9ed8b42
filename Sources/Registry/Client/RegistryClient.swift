internal import NIOHTTP1
package import OCI
internal import Synchronization

/// The client side of the OCI distribution specification 1.1: finds, fetches and pushes images.
///
/// One client serves a whole build: its connections, tokens and credentials are shared by everything that asks at the
/// same time. Nothing of it starts before the first request. Whoever makes one closes it.
package final class RegistryClient: Sendable {
    let settings: RegistrySettings
    let surroundings: Surroundings
    let web: Web
    let authenticator: Authenticator
    private let credentials: CredentialSource
    let tell: @Sendable (RegistryEvent) -> Void
    /// For files of the web; made when the first is asked for.
    private let files = Mutex<Web?>(nil)

    package convenience init(settings: RegistrySettings, events: @escaping @Sendable (RegistryEvent) -> Void) {
        let store = CredentialStore(environment: settings.environment)
        self.init(settings: settings, events: events) { registry, repository in
            try await store.credential(for: registry, repository: repository)
        }
    }

    /// A client with credentials of its own.
    package init(
        settings: RegistrySettings,
        events: @escaping @Sendable (RegistryEvent) -> Void,
        credentials: @escaping @Sendable (_ registry: String, _ repository: String) async throws -> Credential?
    ) {
        self.settings = settings
        surroundings = Surroundings(settings)
        web = Web(surroundings)
        self.credentials = CredentialSource(credentials, events)
        authenticator = Authenticator(web, self.credentials)
        tell = events
    }

    /// The names that one may stand for, in the order to try them: more than one where `registries.conf` has search
    /// registries and the name is without a registry.
    ///
    /// - Throws: `OCIError` for a text that is no name; `SettingsError`.
    package func candidates(for name: String) throws -> [Reference] { try surroundings.candidates(for: name) }

    /// Closes all connections, after which every request fails.
    package func close() async {
        await web.close()
        await files.withLock { $0 }?.close()
    }

    /// What files of the web are asked for with: nothing that was allowed for registries counts.
    var fileWeb: Web {
        files.withLock { files in
            if let files { return files }
            var settings = settings
            settings.verifiesAllCertificates = true
            settings.certificateFolders = []
            let made = Web(Surroundings(settings))
            files = made
            return made
        }
    }
}

extension RegistryClient {
    /// A repository at the host that answers for it.
    struct Endpoint: Sendable {
        let location: RepositoryLocation
        let origin: Origin

        /// An address below the repository, such as `/v2/team/app/manifests/latest`; each part is one segment.
        func address(_ parts: String...) -> WebAddress {
            let name = location.repository.split(separator: "/").map { WebAddress.segment($0) }
            let path = ["v2"] + name + parts.map { WebAddress.segment($0) }
            return WebAddress(origin: origin, path: "/" + path.joined(separator: "/"))
        }

        func access(_ scopes: TokenScope...) -> Access {
            Access(registry: location.host, origin: origin, repository: location.repository, scopes: scopes)
        }

        var pull: Access { access(.pull(location.repository)) }
    }

    func endpoint(_ location: RepositoryLocation, _ asked: String) async throws -> Endpoint {
        let subject = RegistrySubject(location, asked)
        return Endpoint(location: location, origin: try await web.origin(ofHost: location.host, subject))
    }

    /// Sends a request once; where the registry wants a log-in, logs in and sends it again.
    ///
    /// A 401 is answered once: with a token, or with a new one for one that the registry no longer takes.
    /// - Parameters:
    ///   - request: what is sent.
    ///   - access: who may be shown what; nil for an address that is not the registry's own.
    /// - Returns: any answer, also one that refuses.
    /// - Throws: ``Setback``, `RegistryError`, `CancellationError`, what the credential's source throws.
    func send(_ request: WebRequest, _ access: Access?) async throws -> Answer {
        guard let access, access.origin == request.address.origin else {
            return Answer(response: try await web.send(request), isLoggedIn: false)
        }
        var request = request
        let first = try await authenticator.authorization(for: access)
        request.authorization = first?.header
        let response = try await web.send(request)
        guard response.status == 401, response.address.origin == access.origin else {
            return Answer(response: response, isLoggedIn: first?.isOfUser ?? false)
        }
        let challenges = Challenge.parse(response.headers["WWW-Authenticate"])
        let second = try await authenticator.answer(challenges, for: access, rejected: first)
        guard let second else { return Answer(response: response, isLoggedIn: first?.isOfUser ?? false) }
        await web.drain(response)
        request.authorization = second.header
        return Answer(response: try await web.send(request), isLoggedIn: second.isOfUser)
    }

    /// An answer, and whether a user had asked.
    struct Answer {
        let response: WebResponse
        let isLoggedIn: Bool
    }

    /// Sends a request once; other answers than success and those in `others` are errors.
    func success(_ request: WebRequest, _ access: Access?, or others: Set<Int> = []) async throws -> WebResponse {
        do {
            let answer = try await send(request, access)
            let response = answer.response
            if response.isSuccess || others.contains(response.status) { return response }
            throw try await web.refusal(response, request.subject, isLoggedIn: answer.isLoggedIn)
        } catch let error as RegistryError {
            // Who could not be asked for a credential is the likelier reason.
            if case .noAccess = error, let access, let cause = credentials.failure(for: access.registry) { throw cause }
            throw error
        }
    }

    /// Sends a request once, as ``success(_:_:or:)``, where only the head of the answer is wanted.
    func head(_ request: WebRequest, _ access: Access?, or others: Set<Int> = []) async throws -> WebResponse {
        let response = try await success(request, access, or: others)
        await web.drain(response)
        return response
    }

    /// Runs `attempt` until it succeeds, or fails for good, or has no more tries.
    func retrying<Value>(_ subject: RegistrySubject, _ attempt: () async throws -> Value) async throws -> Value {
        var loop = RetryLoop(settings.limits)
        while true {
            do {
                return try await attempt()
            } catch let setback as Setback {
                try await wait(after: setback, subject, &loop)
            }
        }
    }

    func wait(after setback: Setback, _ subject: RegistrySubject, _ loop: inout RetryLoop) async throws {
        try await loop.wait(after: setback) { seconds, attempt in
            let (host, what) = (subject.registry, subject.asked)
            tell(.retrying(what: what, host: host, reason: setback.reason, seconds: seconds, attempt: attempt))
        }
    }
}
