internal import Bytes

/// What a key of `auths` names: a registry, or a part of one.
///
/// The tools write hosts, hosts with a scheme and an old path (`https://host/v1/`), and, those of containers,
/// `host/namespace/repository`. Docker Hub has four names, which are one here.
struct AuthKey: Hashable {
    /// The key that Docker has always used for its Hub.
    private static let hubKey: ByteString = "https://index.docker.io/v1/"
    private static let hubNames: Set<ByteString> = ["docker.io", "index.docker.io", "registry-1.docker.io"]

    /// The host with its port, in lower case.
    private let host: ByteString
    /// The namespace or repository; empty for all of the registry.
    private let path: ByteString

    private init(host: ByteString, path: ByteString) {
        let lower = host.lowercased
        self.host = AuthKey.hubNames.contains(lower) ? "docker.io" : lower
        self.path = path
    }

    /// What the key of a file means.
    init(_ key: ByteString) {
        var rest = key
        for scheme: ByteString in ["https://", "http://"] where key.lowercased.hasPrefix(scheme) {
            rest = ByteString(Array(key.bytes.dropFirst(scheme.count)))
        }
        let parts = rest.split(separator: UInt8(ascii: "/"))
        // What follows a scheme is an interface's version, whatever it says: such keys are for all of the registry.
        let path = parts.dropFirst().filter { !$0.isEmpty }
        let isVersion = rest != key || path == ["v1"] || path == ["v2"]
        self.init(host: parts[0], path: isVersion ? "" : path.joined(separator: "/"))
    }

    /// All of a registry.
    ///
    /// - Throws: `SettingsError.malformedHost`.
    init(registry: String) throws(SettingsError) {
        _ = try RegistryHost(registry)
        self.init(host: ByteString(registry), path: "")
    }

    /// The key as it is written to files and told to helpers.
    var written: ByteString {
        if path.isEmpty { return host == "docker.io" ? AuthKey.hubKey : host }
        return host + "/" + path
    }

    /// The keys that a repository of this registry may have, the most particular first, this one last.
    func beneath(_ repository: String) -> [AuthKey] {
        var parts = ByteString(repository).split(separator: UInt8(ascii: "/")).filter { !$0.isEmpty }
        var result: [AuthKey] = []
        while !parts.isEmpty {
            result.append(AuthKey(host: host, path: parts.joined(separator: "/")))
            parts.removeLast()
        }
        return result + [self]
    }
}
