internal import NIOHTTP1

/// Asks a token server for one token (the token specification of distribution, "Token Authentication" and "OAuth2").
struct TokenRequest: Sendable {
    let web: Web
    let access: Access
    let server: Authenticator.TokenServer
    let scopes: [String]
    /// Whether a token is wanted that gets further ones later without the password.
    var wantsRefreshToken = false

    private static let clientID = "swift-build-image"

    private var subject: RegistrySubject {
        RegistrySubject(registry: access.registry, repository: access.repository, asked: "token")
    }

    /// - Throws: `RegistryError`, among others `.untrustedTokenServer` before anything is sent; ``Setback``.
    func send(_ credential: Credential?) async throws -> TokenAnswer {
        try checkRealm(hasCredential: credential != nil)
        let request =
            switch credential?.secret {
            case .identityToken(let token)?: refresh(token)
            case .password(let password)?: get(credential?.username, password)
            case nil: get(nil, nil)
            }
        let response = try await web.send(request)
        guard response.isSuccess else {
            let error = try await web.refusal(response, subject, isLoggedIn: credential != nil)
            if case RegistryError.noAccess(_, 401, let told, true) = error {
                throw RegistryError.credentialsRefused(registry: access.registry, told: told)
            }
            throw error
        }
        let answer = try TokenAnswer(
            await web.bytes(of: response, limit: TokenAnswer.limit, subject),
            registry: access.registry
        )
        web.secrets.remember(answer.token)
        if let refresh = answer.refreshToken { web.secrets.remember(refresh) }
        return answer
    }

    private func checkRealm(hasCredential: Bool) throws {
        func refused(_ reason: String) -> RegistryError {
            .untrustedTokenServer(registry: access.registry, realm: server.realm.origin.authority, reason: reason)
        }
        let realm = server.realm.origin
        // A registry elsewhere has no business with what listens on this machine.
        if realm.isLoopback, !access.origin.isLoopback { throw refused("it is this machine") }
        if realm.scheme == .http, !realm.isLoopback, try !web.surroundings.isInsecure(realm) {
            throw refused("it is not encrypted")
        }
        let trusted = web.surroundings.settings.trustedTokenServers
        if hasCredential, !TokenServerTrust.permits(realm, for: access.origin, trusted: trusted) {
            throw refused("it is of another domain")
        }
    }

    private func get(_ username: String?, _ password: String?) -> WebRequest {
        var address = server.realm
        if let service = server.service { address = address.adding("service", service) }
        for scope in scopes { address = address.adding("scope", scope) }
        if wantsRefreshToken {
            address = address.adding("offline_token", "true").adding("client_id", TokenRequest.clientID)
        }
        if let username { address = address.adding("account", username) }
        var request = WebRequest(.GET, address, subject)
        if let username, let password {
            request.authorization = web.basic(username: username, password: password).header
        }
        return request
    }

    private func refresh(_ token: String) -> WebRequest {
        web.secrets.remember(token)
        var request = WebRequest(.POST, server.realm, subject)
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let fields = [
            ("grant_type", "refresh_token"), ("service", server.service ?? access.origin.authority),
            ("client_id", TokenRequest.clientID), ("scope", scopes.joined(separator: " ")), ("refresh_token", token),
        ]
        let form = fields.map { $0 + "=" + WebAddress.component($1) }.joined(separator: "&")
        request.body = .bytes(Array(form.utf8))
        request.holdsSecret = true
        return request
    }
}
