internal import NIOHTTP1
internal import Synchronization

/// Finds out how each registry wants to be logged in to, and keeps what it gave for as long as that lasts.
final class Authenticator: Sendable {
    /// What one registry asks for.
    private enum Demand: Hashable {
        case basic
        case bearer(TokenServer)
    }

    /// Where a registry's tokens come from.
    struct TokenServer: Hashable, Sendable {
        let realm: WebAddress
        let service: String?
    }

    private struct Key: Hashable {
        let registry: String
        let repository: String
        let server: TokenServer
        let scopes: [String]
    }

    private struct State {
        var demands: [Origin: Demand] = [:]
        /// Scopes that a registry names for an access in other words than the specification does.
        var namedScopes: [Access: [String]] = [:]
        var tokens: [Key: Authorization] = [:]
    }

    private let web: Web
    private let credentials: CredentialSource
    private let state = Mutex(State())
    private let flights = SingleFlight<Key, Authorization>()

    init(_ web: Web, _ credentials: CredentialSource) {
        self.web = web
        self.credentials = credentials
    }

    /// What a request can show at once, as far as the registry's demand is known from an earlier one.
    func authorization(for access: Access) async throws -> Authorization? {
        switch state.withLock({ $0.demands[access.origin] }) {
        case nil: return nil
        case .basic: return try await basic(access)
        case .bearer(let server):
            let key = key(access, server)
            if let token = state.withLock({ $0.tokens[key] }), token.isFresh(at: .now) { return token }
            return try await token(key, access)
        }
    }

    /// What the request shall show that a registry refused with 401; nil where there is nothing to show.
    ///
    /// - Parameters:
    ///   - challenges: what the registry offers; bearer goes before basic.
    ///   - access: what the request is for.
    ///   - rejected: what the request showed; a token is never shown again.
    /// - Returns: nil also where the registry did not take the password that it would be shown again.
    /// - Throws: `RegistryError`; ``Setback``; what the credential's source throws.
    func answer(
        _ challenges: [Challenge],
        for access: Access,
        rejected: Authorization?
    ) async throws -> Authorization? {
        for challenge in challenges where challenge.scheme == "bearer" {
            guard let realm = challenge.parameters["realm"].flatMap({ WebAddress($0) }) else { continue }
            let server = TokenServer(realm: realm, service: challenge.parameters["service"])
            state.withLock { state in
                state.demands[access.origin] = .bearer(server)
                let named = challenge.parameters["scope"]?.split(separator: " ").map(String.init) ?? []
                if !named.isEmpty { state.namedScopes[access] = named }
            }
            let key = key(access, server)
            let known: Authorization? = state.withLock { state in
                guard let token = state.tokens[key] else { return nil }
                if token == rejected || !token.isFresh(at: .now) {
                    state.tokens[key] = nil
                    return nil
                }
                return token
            }
            if let known { return known }
            return try await token(key, access)
        }
        if challenges.contains(where: { $0.scheme == "basic" }) {
            state.withLock { $0.demands[access.origin] = .basic }
            let authorization = try await basic(access)
            return authorization == rejected ? nil : authorization
        }
        if let realm = challenges.first(where: { $0.scheme == "bearer" })?.parameters["realm"] {
            let (registry, realm) = (access.registry, "`\(ToldText.safe(realm.prefix(64)))`")
            throw RegistryError.untrustedTokenServer(registry: registry, realm: realm, reason: "it is no web address")
        }
        let schemes = challenges.map { ToldText.safe($0.scheme.prefix(32)) }
        if !schemes.isEmpty {
            throw RegistryError.unsupportedAuthentication(registry: access.registry, schemes: schemes)
        }
        return nil
    }

    private func key(_ access: Access, _ server: TokenServer) -> Key {
        let named = state.withLock { $0.namedScopes[access] ?? [] }
        let scopes = Set(access.scopes.map(\.text) + named)
        return Key(
            registry: access.registry,
            repository: access.repository,
            server: server,
            scopes: scopes.sorted()
        )
    }

    private func basic(_ access: Access) async throws -> Authorization? {
        let credential = try await credentials.credential(for: access.registry, access.repository)
        guard let credential, let password = credential.password else { return nil }
        return web.basic(username: credential.username, password: password)
    }

    private func token(_ key: Key, _ access: Access) async throws -> Authorization {
        try await flights.value(for: key) {
            // Whoever was here before may have left one.
            if let token = state.withLock({ $0.tokens[key] }), token.isFresh(at: .now) { return token }
            let credential = try await credentials.credential(for: access.registry, access.repository)
            let request = TokenRequest(web: web, access: access, server: key.server, scopes: key.scopes)
            let asked = ContinuousClock.now
            let answer = try await request.send(credential)
            let token = Authorization.bearer(
                answer.token,
                expiry: asked + answer.lifetime,
                isOfUser: credential != nil
            )
            state.withLock { $0.tokens[key] = token }
            return token
        }
    }
}
