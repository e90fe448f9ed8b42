internal import NIOHTTP1
internal import OCI

extension RegistryClient {
    /// Tries a user's credential at a registry; nothing is stored.
    ///
    /// - Returns: what is to be stored: an identity token where the registry gives one, so that the password need not
    ///   be kept; else the credential itself.
    /// - Throws: `RegistryError.credentialsRefused`, and what else stands between here and the registry.
    package func checkLogin(to registry: String, with credential: Credential) async throws -> Credential {
        let subject = RegistrySubject(registry: registry, repository: "", asked: "log-in")
        return try await retrying(subject) {
            let origin = try await web.origin(ofHost: registry, subject)
            var request = WebRequest(.GET, WebAddress(origin: origin, path: "/v2/"), subject)
            let first = try await web.send(request)
            guard first.status == 401 else {
                guard first.isSuccess else { throw try await web.refusal(first, subject, isLoggedIn: false) }
                return credential
            }
            let access = Access(registry: registry, origin: origin, repository: "", scopes: [])
            let challenges = Challenge.parse(first.headers["WWW-Authenticate"])
            let (header, stored) = try await logIn(credential, access, challenges)
            request.authorization = header
            let second = try await web.send(request)
            if second.isSuccess { return stored }
            let error = try await web.refusal(second, subject, isLoggedIn: true)
            if case RegistryError.noAccess(_, 401...403, let told, _) = error {
                throw RegistryError.credentialsRefused(registry: registry, told: told)
            }
            throw error
        }
    }

    /// What the registry is shown for a credential, and what of it is worth keeping.
    private func logIn(
        _ credential: Credential,
        _ access: Access,
        _ challenges: [Challenge]
    ) async throws -> (header: String, stored: Credential) {
        for challenge in challenges where challenge.scheme == "bearer" {
            guard let realm = challenge.parameters["realm"].flatMap({ WebAddress($0) }) else { continue }
            let server = Authenticator.TokenServer(realm: realm, service: challenge.parameters["service"])
            let scopes = challenge.parameters["scope"]?.split(separator: " ").map(String.init) ?? []
            var request = TokenRequest(web: web, access: access, server: server, scopes: scopes)
            request.wantsRefreshToken = true
            let answer = try await request.send(credential)
            let stored = answer.refreshToken.map { Credential(username: credential.username, identityToken: $0) }
            return ("Bearer " + answer.token, stored ?? credential)
        }
        if challenges.contains(where: { $0.scheme == "basic" }), let password = credential.password {
            return (web.basic(username: credential.username, password: password).header, credential)
        }
        let schemes = challenges.map { ToldText.safe($0.scheme.prefix(32)) }
        throw RegistryError.unsupportedAuthentication(registry: access.registry, schemes: schemes)
    }
}
