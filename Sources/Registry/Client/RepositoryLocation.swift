package import OCI

/// A repository at one endpoint: the registry itself, or a mirror of it.
package struct RepositoryLocation: Hashable, Sendable {
    /// The host with its port if it has one, as names write it: `docker.io`, `127.0.0.1:5000`.
    package let host: String
    /// The repository at that endpoint; a mirror may have another than the name says.
    package let repository: String
    /// Registry and repository by which the image is known: `docker.io/library/busybox`.
    package let name: String

    package init(host: String, repository: String, name: String) {
        self.host = host
        self.repository = repository
        self.name = name
    }

    /// The repository at the registry that the name says.
    package init(_ reference: Reference) {
        self.init(host: reference.domain, repository: reference.path, name: reference.name)
    }

    /// The registry of the name, which is another than ``host`` at a mirror.
    var registry: String { name.split(separator: "/", maxSplits: 1).first.map(String.init) ?? host }
}
