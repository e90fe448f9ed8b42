internal import AsyncHTTPClient
internal import Bytes
internal import OCI

/// What the settings mean for one request: which endpoint, which proxy, how much trust.
struct Surroundings: Sendable {
    let settings: RegistrySettings
    private let registries: RegistriesConfiguration
    private let proxies: ProxySettings

    init(_ settings: RegistrySettings) {
        self.settings = settings
        registries = RegistriesConfiguration(environment: settings.environment)
        proxies = ProxySettings(environment: settings.environment)
    }

    /// Where an image is to be looked for, in order: mirrors, then the registry itself.
    func locations(of reference: Reference) throws -> [RepositoryLocation] {
        try registries.endpoints(for: reference).map { endpoint in
            RepositoryLocation(host: endpoint.host, repository: endpoint.repository, name: reference.name)
        }
    }

    /// Whether the host may be spoken to without trust.
    func isInsecure(_ origin: Origin) -> Bool {
        if origin.isLoopback && settings.treatsLoopbackAsInsecure { return true }
        let names = [origin.host, "\(origin.host):\(origin.port)", origin.authority]
        return names.contains { settings.insecureRegistries.contains($0) || registries.isInsecure($0) }
    }

    func proxy(to origin: Origin) throws(RegistryError) -> HTTPClient.Configuration.Proxy? { nil }
}
