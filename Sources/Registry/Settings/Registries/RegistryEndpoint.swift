/// One place to ask for an image.
package struct RegistryEndpoint: Sendable, Hashable {
    /// The host with its port, as the name or the settings write it; `docker.io` is Docker Hub by its name.
    package let host: String
    /// The repository's path there.
    package let repository: String
    /// Whether its certificate need not be right, and it may be spoken to in plain HTTP.
    package let isInsecure: Bool
    /// Whether it has copies: what it lacks is asked of the next endpoint.
    package let isMirror: Bool

    package init(host: String, repository: String, isInsecure: Bool = false, isMirror: Bool = false) {
        self.host = host
        self.repository = repository
        self.isInsecure = isInsecure
        self.isMirror = isMirror
    }
}
