package import Bytes

/// Which connections go through a proxy: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.
///
/// A name in lower case wins over one in upper case. HTTP_PROXY in upper case is not looked at when REQUEST_METHOD is
/// set, since a web server then made it of a request's header. Connections to this machine are never proxied.
package struct ProxySettings: Sendable {
    /// One proxy.
    package struct Proxy: Sendable, Hashable {
        /// How the proxy is spoken to.
        package enum Scheme: String, Sendable { case http, https, socks5, socks5h }

        package let scheme: Scheme
        /// A name or an address, without brackets.
        package let host: String
        package let port: Int
        /// From the user part of the variable's URL.
        package let credential: Credential?
    }

    private let forHTTP: Proxy?
    private let forHTTPS: Proxy?
    private let exceptions: ProxyExceptions

    /// Reads the variables.
    ///
    /// - Throws: `SettingsError.malformedVariable`, which does not tell the value.
    package init(environment: [ByteString: ByteString]) throws {
        func value(_ names: [ByteString]) -> (name: ByteString, value: ByteString)? {
            for name in names {
                if let value = environment[name], !value.isEmpty { return (name, value) }
            }
            return nil
        }
        let isGateway = !(environment["REQUEST_METHOD"] ?? "").isEmpty
        let all: [ByteString] = ["all_proxy", "ALL_PROXY"]
        let http: [ByteString] = isGateway ? ["http_proxy"] : ["http_proxy", "HTTP_PROXY"]
        forHTTP = try value(http + all).map(Proxy.init)
        forHTTPS = try value(["https_proxy", "HTTPS_PROXY"] + all).map(Proxy.init)
        exceptions = ProxyExceptions(value(["no_proxy", "NO_PROXY"])?.value ?? "")
    }

    /// The proxy for a connection.
    ///
    /// - Parameters:
    ///   - scheme: `http` or `https`, that of the URL.
    ///   - host: a name or an address, with or without brackets.
    ///   - port: the URL's, or the scheme's own.
    /// - Returns: nil where it goes straight.
    package func proxy(scheme: String, host: String, port: Int) -> Proxy? {
        guard let proxy = scheme == "https" ? forHTTPS : forHTTP else { return nil }
        return exceptions.contain(host: host, port: port) ? nil : proxy
    }
}

extension ProxySettings.Proxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }

    /// Reads `[scheme://][user[:password]@]host[:port][/]`; without a scheme it is HTTP.
    fileprivate init(_ variable: (name: ByteString, value: ByteString)) throws(SettingsError) {
        func malformed(_ reason: String) -> SettingsError { .malformedVariable(variable.name, reason: reason) }
        guard var text = String(validating: variable.value.bytes, as: UTF8.self)?[...] else {
            throw malformed("it is not UTF-8")
        }
        var scheme = Scheme.http
        if let mark = text.firstRange(of: "://") {
            let word = ByteString(text[..<mark.lowerBound]).lowercased.text
            guard let known = Scheme(rawValue: word == "socks" ? "socks5" : word) else {
                throw malformed("the scheme is none of http, https, socks5 and socks5h")
            }
            scheme = known
            text = text[mark.upperBound...]
        }
        var credential: Credential?
        if let slash = text.firstIndex(where: { "/?#".contains($0) }) {
            guard text[slash...] == "/" else { throw malformed("there is more after the host") }
            text = text[..<slash]
        }
        if let at = text.lastIndex(of: "@") {
            let parts = text[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0]),
                let password = PercentEncoding.decode(parts.count > 1 ? parts[1] : "")
            else { throw malformed("the user or the password is not well formed") }
            credential = Credential(username: name, password: password)
            text = text[text.index(after: at)...]
        }
        guard let host = RegistryHost(parsing: String(text)) else { throw malformed("the host or the port is not one") }
        self.scheme = scheme
        self.host = host.name
        self.port = host.port ?? (scheme == .http ? 80 : scheme == .https ? 443 : 1080)
        self.credential = credential
    }
}
