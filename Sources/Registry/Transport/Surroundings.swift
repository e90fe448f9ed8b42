internal import AsyncHTTPClient
internal import Bytes
internal import OCI
internal import Synchronization

/// What the settings mean for one request: which endpoint, which proxy, how much trust.
final class Surroundings: Sendable {
    let settings: RegistrySettings
    let certificates: RegistryCertificates
    private let registries: RegistriesConfiguration
    /// Hosts that endpoints of the configuration call insecure.
    private let insecureEndpoints = Mutex<Set<String>>([])

    init(_ settings: RegistrySettings) {
        self.settings = settings
        let environment = settings.environment
        registries = RegistriesConfiguration(environment: environment, systemFolder: settings.systemFolder)
        certificates = RegistryCertificates(environment: environment, folders: settings.certificateFolders)
    }

    /// Where an image is to be looked for, in order: mirrors, then the registry itself.
    ///
    /// - Throws: `SettingsError`, among others for a registry that is blocked.
    func locations(of reference: Reference) throws -> [RepositoryLocation] {
        let endpoints = try registries.endpoints(for: reference)
        let insecure = endpoints.filter(\.isInsecure).map(\.host)
        if !insecure.isEmpty { insecureEndpoints.withLock { $0.formUnion(insecure) } }
        return endpoints.map { endpoint in
            RepositoryLocation(host: endpoint.host, repository: endpoint.repository, name: reference.name)
        }
    }

    /// The names that one may stand for, in the order to try them: more than one where `registries.conf` has search
    /// registries and the name is without a registry.
    ///
    /// Aliases do not count: distributions bring some that would make another image of a Dockerfile's `FROM centos`.
    func candidates(for name: String) throws -> [Reference] {
        try registries.candidates(forShortName: name, usesAliases: false)
    }

    /// Whether the host may be spoken to without trust.
    ///
    /// - Throws: `SettingsError` for a file that is malformed.
    func isInsecure(_ origin: Origin) throws -> Bool {
        if settings.verifiesAllCertificates { return false }
        let names = Set([origin.host, "\(origin.host):\(origin.port)", origin.authority])
        if !names.isDisjoint(with: settings.insecureRegistries) { return true }
        // The configuration takes this machine itself for insecure, whatever else it says.
        if origin.isLoopback { return settings.treatsLoopbackAsInsecure }
        if insecureEndpoints.withLock({ !names.isDisjoint(with: $0) }) { return true }
        return try registries.isInsecure(origin.authority)
    }

    /// The proxy for a connection, if it goes through one.
    ///
    /// - Throws: `SettingsError` for a variable that is not understood, `RegistryError.unsupportedProxy`.
    func proxy(to origin: Origin) throws -> HTTPClient.Configuration.Proxy? {
        let proxies = try ProxySettings(environment: settings.environment)
        let found = proxies.proxy(scheme: origin.scheme.rawValue, host: origin.host, port: origin.port)
        guard let found else { return nil }
        switch found.scheme {
        case .http:
            let authorization = found.credential.flatMap { credential in
                credential.password.map { HTTPClient.Authorization.basic(username: credential.username, password: $0) }
            }
            return .server(host: found.host, port: found.port, authorization: authorization)
        case .socks5, .socks5h:
            guard found.credential == nil else {
                throw RegistryError.unsupportedProxy(host: found.description, reason: "SOCKS with a user name")
            }
            return .socksServer(host: found.host, port: found.port)
        case .https: throw RegistryError.unsupportedProxy(host: found.description, reason: "TLS to a proxy")
        }
    }
}
