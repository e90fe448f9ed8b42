package import Bytes
package import OCI

/// What was asked of a registry: every error names it.
package struct RegistrySubject: Hashable, Sendable {
    /// The registry as names write it, such as `ghcr.io`; where a mirror answered, the mirror.
    package let registry: String
    /// The repository there; empty for what belongs to none.
    package let repository: String
    /// What in it, such as `manifest latest`.
    package let asked: String

    package init(registry: String, repository: String, asked: String) {
        self.registry = registry
        self.repository = repository
        self.asked = asked
    }

    init(_ location: RepositoryLocation, _ asked: String) {
        self.init(registry: location.host, repository: location.repository, asked: asked)
    }
}

/// What can go wrong between this program and a registry.
///
/// Texts of the other side are short and hold neither a credential nor a token.
package enum RegistryError: DescribedError, Hashable, Sendable {
    // Reaching it
    /// No connection came about; `tries` were made.
    case unreachable(RegistrySubject, reason: String, tries: Int)
    /// The connection was cut or fell silent.
    /// - `received`: bytes that had come of `total`, where a blob was fetched.
    case interrupted(RegistrySubject, reason: String, received: Int64?, total: Int64?, tries: Int)
    case untrustedCertificate(RegistrySubject, host: String, reason: String)
    /// The other side does not speak TLS.
    case notTLS(RegistrySubject, host: String)
    case unusableTLSFile(path: ByteString, reason: String)
    case unsupportedProxy(host: String, reason: String)

    // What it answered
    /// There is no such thing, or this user may not see it; registries do not tell which.
    /// - `told`: what the registry says itself.
    case noAccess(RegistrySubject, status: Int, told: String, isLoggedIn: Bool)
    case answered(RegistrySubject, status: Int, told: String, tries: Int)
    case refusedRedirect(RegistrySubject, target: String, reason: String)
    /// The answer lacks what the specification demands.
    case malformedAnswer(RegistrySubject, reason: String)
    case tooLarge(RegistrySubject, limit: Int)

    // What it sent
    case wrongDocument(RegistrySubject, OCIError)
    case wrongDigest(RegistrySubject, expected: Digest, found: Digest)
    case wrongSize(RegistrySubject, Digest, expected: Int64, isLonger: Bool)
    case indexTooDeep(RegistrySubject, limit: Int)
    /// What shall be pushed cannot be read here.
    case unreadableContent(Digest, reason: String)
    case noSuchPlatform(RegistrySubject, wanted: Platform, available: [Platform])

    // Who asks
    case credentialsRefused(registry: String, told: String)
    /// The token server is of another domain than the registry and would get the password.
    case untrustedTokenServer(registry: String, realm: String, reason: String)
    case malformedToken(registry: String, reason: String)
    case unsupportedAuthentication(registry: String, schemes: [String])
    case searchUnsupported(registry: String)
    case closed
}
