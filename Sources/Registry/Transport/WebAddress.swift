/// Who answers at an address: what a credential belongs to (RFC 6454 §4).
struct Origin: Hashable, Sendable, CustomStringConvertible {
    enum Scheme: String, Hashable, Sendable {
        case http
        case https

        var defaultPort: Int { self == .https ? 443 : 80 }
    }

    let scheme: Scheme
    /// In lower case; an address of IPv6 is without its brackets.
    let host: String
    let port: Int

    /// The host with its port if that is not the scheme's own.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    var description: String { "\(scheme.rawValue)://\(authority)" }
}

extension Origin {
    /// Reads `host`, `host:port` or `[address]:port`; nil where it is none of them.
    init?(scheme: Scheme, authority: some StringProtocol) {
        guard let host = RegistryHost(parsing: String(authority)) else { return nil }
        self.init(scheme: scheme, host: host.name, port: host.port ?? scheme.defaultPort)
    }

    /// Whether the host is this machine, by its name alone.
    var isLoopback: Bool { RegistryHost(parsing: authority)?.isLoopback ?? false }

    /// Whether the host is a number, which has no domain.
    var isAddress: Bool { IPAddress(host) != nil }
}

/// An address of the web: http or https, without a user and a fragment (RFC 3986).
struct WebAddress: Hashable, Sendable {
    let origin: Origin
    /// Begins with `/`, percent-encoded.
    let path: String
    /// Without its `?`; it may hold a signature, so it is never shown.
    let query: String?

    init(origin: Origin, path: String, query: String? = nil) {
        self.origin = origin
        self.path = path
        self.query = query
    }

    /// Reads an absolute address; nil for other schemes, for one with a user or a password, and for one that is not
    /// well formed.
    init?(_ text: some StringProtocol) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
            let mark = text.firstRange(of: "://"),
            let scheme = Origin.Scheme(rawValue: text[..<mark.lowerBound].lowercased())
        else { return nil }
        let rest = text[mark.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@"), let origin = Origin(scheme: scheme, authority: authority) else { return nil }
        let target = rest[authority.endIndex...]
        let path = target.prefix { $0 != "?" }
        let query = target[path.endIndex...].dropFirst()
        self.init(
            origin: origin,
            path: path.isEmpty ? "/" : WebAddress.clean(path),
            query: path.endIndex == target.endIndex ? nil : WebAddress.encoded(query)
        )
    }

    /// The address that a `Location` header means here; nil where ``init(_:)`` would refuse it.
    func resolving(_ location: String) -> WebAddress? {
        let scheme = location.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if scheme.contains(":") { return WebAddress(location) }
        let base = origin.description
        if location.hasPrefix("//") { return WebAddress(origin.scheme.rawValue + ":" + location) }
        if location.hasPrefix("/") { return WebAddress(base + location) }
        if location.hasPrefix("?") { return WebAddress(base + path + location) }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return WebAddress(base + folder + location)
    }

    /// The same address with one more part of the query.
    func adding(_ name: String, _ value: String) -> WebAddress {
        let part = name + "=" + WebAddress.component(value)
        return WebAddress(origin: origin, path: path, query: query.map { $0.isEmpty ? part : $0 + "&" + part } ?? part)
    }

    var text: String { origin.description + path + (query.map { "?" + $0 } ?? "") }

    /// Without `.` and `..` (RFC 3986 §5.2.4), and with what may not stand in a path encoded.
    private static func clean(_ path: some StringProtocol) -> String {
        var parts: [Substring] = []
        let segments = String(path).split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case "..":
                if !parts.isEmpty { parts.removeLast() }
                if isLast { parts.append("") }
            case ".":
                if isLast { parts.append("") }
            default: parts.append(segment)
            }
        }
        return "/" + parts.map { encoded($0) }.joined(separator: "/")
    }

    /// Encodes what may stand in no part of an address; what is encoded stays.
    private static func encoded(_ text: some StringProtocol) -> String {
        escape(text) { "-._~!$&'()*+,;=:@/?%".utf8.contains($0) }
    }

    /// Encodes one value of a query.
    static func component(_ text: some StringProtocol) -> String { escape(text) { "-._~".utf8.contains($0) } }

    /// Encodes one segment of a path; the colon of a digest stays, as every registry expects it.
    static func segment(_ text: some StringProtocol) -> String { escape(text) { "-._~:".utf8.contains($0) } }

    private static func escape(_ text: some StringProtocol, _ isSafe: (UInt8) -> Bool) -> String {
        var result = ""
        for byte in text.utf8 {
            let isWord = (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
            if isWord || isSafe(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}

extension WebAddress: CustomStringConvertible {
    /// The address without its query, which may hold a secret.
    var description: String { origin.description + path }
}
