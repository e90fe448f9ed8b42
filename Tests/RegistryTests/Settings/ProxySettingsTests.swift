import Bytes
import Registry
import Testing

@Suite("Proxies")
struct ProxySettingsTests {
    private func proxy(
        _ environment: [ByteString: ByteString],
        _ scheme: String = "https",
        _ host: String = "r.example",
        _ port: Int = 443
    ) throws -> String? {
        try ProxySettings(environment: environment).proxy(scheme: scheme, host: host, port: port)?.description
    }

    @Test("each scheme has its variable, lower case wins, and ALL_PROXY is for what has none")
    func variables() throws {
        let both: [ByteString: ByteString] = ["https_proxy": "low.example:1", "HTTPS_PROXY": "up.example:2"]
        #expect(try proxy(both) == "http://low.example:1")
        #expect(try proxy(both, "http") == nil)
        #expect(try proxy(["HTTP_PROXY": "h.example:3"], "http") == "http://h.example:3")
        #expect(
            try proxy(["all_proxy": "socks5://s.example", "https_proxy": "h.example:3"], "http")
                == "socks5://s.example:1080"
        )
        #expect(try proxy(["https_proxy": "", "HTTPS_PROXY": "up.example:2"]) == "http://up.example:2")
        #expect(try proxy([:]) == nil)
    }

    @Test("HTTP_PROXY of a web server's request is not believed; http_proxy is the user's")
    func gateway() throws {
        #expect(try proxy(["HTTP_PROXY": "evil.example:1", "REQUEST_METHOD": "GET"], "http") == nil)
        #expect(try proxy(["http_proxy": "own.example:1", "REQUEST_METHOD": "GET"], "http") == "http://own.example:1")
    }

    @Test(
        "a proxy's address has a scheme, a host and a port, or what they are without",
        arguments: [
            ("p.example", "http://p.example:80"), ("http://p.example/", "http://p.example:80"),
            ("HTTPS://P.example", "https://p.example:443"), ("socks5h://[::1]:9", "socks5h://[::1]:9"),
            ("10.0.0.1:3128", "http://10.0.0.1:3128"), ("http://u:p@p.example:8080", "http://p.example:8080"),
        ]
    )
    func addresses(value: String, expected: String) throws {
        #expect(try proxy(["https_proxy": ByteString(value)]) == expected)
    }

    @Test("user and password are taken out of the address, decoded, and never shown")
    func credential() throws {
        let settings = try ProxySettings(environment: ["https_proxy": "http://an%40n:hunter%3A2@p.example:8080"])
        let proxy = try #require(settings.proxy(scheme: "https", host: "r.example", port: 443))
        #expect(proxy.credential == Credential(username: "an@n", password: "hunter:2"))
        var dumped = ""
        dump(proxy, to: &dumped)
        dump(settings, to: &dumped)
        #expect(!(dumped + "\(proxy) \([proxy])" + String(reflecting: proxy)).contains("hunter"))
    }

    @Test(
        "a malformed value is an error with the variable's name and without the value",
        arguments: [
            "ftp://hunter2@p.example", "http://hunter2@", "http://p.example:0/hunter2", "http://p.example:99999",
            "http://hun%ter2@p.example", "http://p.example/hunter2", "http://hun ter2", "http://:80",
        ]
    )
    func malformed(value: String) async throws {
        let error = await settingsError { _ = try ProxySettings(environment: ["HTTPS_PROXY": ByteString(value)]) }
        let message = try #require(error?.message)
        #expect(message.hasPrefix("the value of HTTPS_PROXY is malformed: "))
        #expect(!message.contains("hun"))
    }

    struct Exception: Sendable, CustomTestStringConvertible {
        let list: String
        let host: String
        var port = 443
        let isProxied: Bool
        var testDescription: String { "\(list): \(host):\(port)" }
    }

    @Test(
        "NO_PROXY names hosts, domains, addresses and ranges; this machine is never proxied",
        arguments: [
            Exception(list: "", host: "r.example", isProxied: true),
            Exception(list: "", host: "localhost", isProxied: false),
            Exception(list: "", host: "127.8.9.1", isProxied: false),
            Exception(list: "", host: "[::1]", isProxied: false),
            Exception(list: "", host: "::ffff:127.0.0.1", isProxied: false),
            Exception(list: "*", host: "r.example", isProxied: false),
            Exception(list: "r.example", host: "R.Example.", isProxied: false),
            Exception(list: "r.example", host: "a.b.r.example", isProxied: false),
            Exception(list: "r.example", host: "evilr.example", isProxied: true),
            Exception(list: ".r.example", host: "r.example", isProxied: true),
            Exception(list: ".r.example", host: "a.r.example", isProxied: false),
            Exception(list: "*.r.example", host: "a.r.example", isProxied: false),
            Exception(list: "other , r.example:443", host: "r.example", isProxied: false),
            Exception(list: "r.example:5000", host: "r.example", isProxied: true),
            Exception(list: "10.0.0.1", host: "10.0.0.1", isProxied: false),
            Exception(list: "10.0.0.1:80", host: "10.0.0.1", isProxied: true),
            Exception(list: "10.0.0.0/8 other", host: "10.200.1.1", isProxied: false),
            Exception(list: "10.0.0.0/8", host: "11.0.0.1", isProxied: true),
            Exception(list: "10.0.0.0/33,/,:,a/b", host: "10.0.0.0", isProxied: true),
            Exception(list: "fd00::/8", host: "[fd12::1]", isProxied: false),
            Exception(list: "[fd12::1]:443", host: "fd12::1", isProxied: false),
            Exception(list: "0.0.0.0/0", host: "r.example", isProxied: true),
        ]
    )
    func exceptions(row: Exception) throws {
        let environment: [ByteString: ByteString] = ["https_proxy": "p.example:1", "no_proxy": ByteString(row.list)]
        #expect(try (proxy(environment, "https", row.host, row.port) != nil) == row.isProxied)
    }
}
