internal import Bytes

/// What Docker's own `daemon.json` says of registries.
struct DaemonSettings: Sendable {
    /// A mirror of Docker Hub.
    struct Mirror: Sendable, Hashable {
        let host: String
        let isInsecure: Bool
    }

    private(set) var mirrors: [Mirror] = []
    private var insecureHosts: Set<String> = []
    private var insecureRanges: [AddressRange] = []

    /// Settings that say nothing.
    init() {}

    /// Reads `registry-mirrors` (URLs of Docker Hub's mirrors) and `insecure-registries` (hosts and ranges of addresses).
    ///
    /// - Throws: `SettingsError.malformedFile`.
    init(_ document: JSONObject, file: ByteString) throws(SettingsError) {
        func texts(_ field: ByteString) throws(SettingsError) -> [String] {
            guard let value = document[field], !value.isNull else { return [] }
            guard let array = value.array, array.allSatisfy({ $0.string != nil }) else {
                throw .malformedFile(file, reason: "`\(field)` is not an array of strings")
            }
            return array.compactMap { $0.string?.text }
        }
        for text in try texts("registry-mirrors") {
            guard let mirror = Mirror(text) else {
                let shown = ByteString(text).escaped
                let isSecret = text.contains("@")
                let what = isSecret ? "an entry with a user" : "`\(shown)`"
                throw .malformedFile(file, reason: "`registry-mirrors`: \(what) is not `https://host[:port]`")
            }
            mirrors.append(mirror)
        }
        for text in try texts("insecure-registries") {
            if let range = AddressRange(text) {
                insecureRanges.append(range)
            } else if let host = RegistryHost(parsing: String(text.split(separator: "://").last ?? "")) {
                insecureHosts.insert(ByteString(host.text).lowercased.text)
            } else {
                let shown = ByteString(text).escaped
                throw .malformedFile(file, reason: "`insecure-registries`: `\(shown)` is neither a host nor a range")
            }
        }
    }

    /// Whether a registry's certificate need not be right, and it may be spoken to in plain HTTP.
    func isInsecure(_ host: RegistryHost) -> Bool {
        if insecureHosts.contains(ByteString(host.text).lowercased.text) { return true }
        guard let address = IPAddress(host.name) else { return false }
        return insecureRanges.contains { $0.contains(address) }
    }
}

extension DaemonSettings.Mirror {
    fileprivate init?(_ url: String) {
        guard let mark = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<mark.lowerBound]
        guard scheme == "https" || scheme == "http" else { return nil }
        var rest = url[mark.upperBound...]
        while rest.last == "/" { rest.removeLast() }
        guard let host = RegistryHost(parsing: String(rest)) else { return nil }
        self.host = host.text
        isInsecure = scheme == "http"
    }
}
