/// Which token servers may get a registry's password.
///
/// The realm of a challenge is the registry's own word, or that of whoever answered in its place; a password goes to
/// the same domain only, or where the user says so.
enum TokenServerTrust {
    /// Registries whose token server is known to be elsewhere.
    private static let known: [String: String] = ["scw.cloud": "api.scaleway.com"]

    /// Suffixes below which everybody can have a name, besides those of one label; not the whole public list, but those
    /// under which registries are let out.
    private static let sharedSuffixes: Set<String> = [
        "co.uk", "org.uk", "com.au", "com.br", "com.cn", "co.jp", "co.in", "co.kr", "com.tr", "co.za",
        "azurecr.io", "azurecr.cn", "azurecr.us", "jfrog.io", "pkg.dev", "github.io", "gitlab.io", "amazonaws.com",
        "cloudfront.net", "azurewebsites.net", "herokuapp.com", "run.app", "workers.dev", "icr.io", "nip.io",
        "sslip.io",
    ]

    static func permits(_ realm: Origin, for registry: Origin, trusted: Set<String>) -> Bool {
        if realm.host == registry.host || realm.isLoopback && registry.isLoopback { return true }
        if trusted.contains(realm.host) || trusted.contains("\(realm.host):\(realm.port)") { return true }
        guard !realm.isAddress, !registry.isAddress else { return false }
        let domain = registrableDomain(registry.host)
        return domain == registrableDomain(realm.host) || known[domain] == realm.host
    }

    /// The last two labels, or three where many share the last two; the whole name where it is one of those suffixes.
    static func registrableDomain(_ host: String) -> String {
        let labels = host.split(separator: ".")
        let two = labels.suffix(2).joined(separator: ".")
        return sharedSuffixes.contains(two) ? labels.suffix(3).joined(separator: ".") : two
    }
}
