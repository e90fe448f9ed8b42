package import Bytes

/// How registries are reached: everything a client needs to know of its surroundings.
package struct RegistrySettings: Sendable {
    /// The process's environment: credentials, proxies, certificates and configuration are found through it.
    package var environment: [ByteString: ByteString]
    /// Hosts (`host` or `host:port`) that may be spoken to without a verified certificate, and without TLS at all.
    package var insecureRegistries: Set<String>
    /// Whether this machine's own addresses count as insecure registries, as to Docker.
    package var treatsLoopbackAsInsecure = true
    /// Whether no host counts as insecure, whatever is said of it.
    var verifiesAllCertificates = false
    /// What the client calls itself.
    package var userAgent = "swift-build-image"
    /// Token servers, by host, that may get a registry's password though they are of another domain.
    package var trustedTokenServers: Set<String>
    /// Whether layers that a registry may not hold are fetched from the addresses in their descriptors.
    package var fetchesForeignLayers = false
    package var limits = RegistryLimits()
    /// The folder that holds `containers/registries.conf` and `docker/daemon.json`.
    package var systemFolder: ByteString = "/etc"
    /// Folders with certificates by host; nil for those of the system and the user.
    package var certificateFolders: [ByteString]?

    package init(environment: [ByteString: ByteString], insecureRegistries: Set<String> = []) {
        self.environment = environment
        self.insecureRegistries = Set(insecureRegistries.map { $0.lowercased() })
        let hosts = environment["SWIFT_BUILD_IMAGE_TOKEN_SERVERS"]?.text ?? ""
        trustedTokenServers = Set(hosts.split { $0 == "," || $0 == " " }.map { $0.lowercased() })
    }
}

/// Times, counts and sizes of the protocol; the defaults are for the world, tests take smaller ones.
package struct RegistryLimits: Sendable {
    /// How often one thing is tried in all.
    package var tries = 5
    /// The wait after the first failure; it doubles with each further one and varies by half of itself.
    package var firstDelay = Duration.milliseconds(500)
    /// The longest wait that a registry's `Retry-After` can ask for.
    package var longestDelay = Duration.seconds(60)
    package var connectTimeout = Duration.seconds(10)
    /// How long there may be silence between two bytes.
    package var idleTimeout = Duration.seconds(30)
    /// How long a registry may think about an upload that is complete.
    package var uploadTimeout = Duration.seconds(300)
    /// A download slower than this many bytes a second, over ``speedWindow``, is silence too.
    package var minimumSpeed: Int64 = 1024
    package var speedWindow = Duration.seconds(60)
    /// Blobs that are sent at the same time.
    package var uploadsAtOnce = 5
    /// Bytes of one chunk where a blob is sent in chunks.
    package var chunkSize: Int64 = 8 << 20
    /// A download that came so many bytes further since its last failure has all its tries again.
    package var progressThatCounts: Int64 = 1 << 20

    package init() {}
}
