import Bytes
import LoopbackRegistry
import OCI
import Registry
import Testing

@Suite("Proxies")
struct ProxyTests {
    /// Resolves an image at `registry.example`, which only the proxy can reach.
    private func resolve(_ environment: [ByteString: ByteString]) async throws {
        let name = try Reference("registry.example:5000/team/app")
        try await withClient({ settings in
            settings.environment = environment
            settings.insecureRegistries = ["registry.example"]
        }) { client in
            _ = try await client.resolve(name, platform: .host)
        }
    }

    private func withProxy(tls: Bool, _ body: (LoopbackRegistry, LoopbackProxy) async throws -> Void) async throws {
        let certificates = tls ? try TestCertificates() : nil
        defer { certificates?.remove() }
        try await withRegistry({ $0.certificates = certificates }) { registry in
            TestImage().put(into: registry, "team/app")
            let proxy = try await LoopbackProxy(to: registry.host)
            do { try await body(registry, proxy) } catch {
                await proxy.stop()
                throw error
            }
            await proxy.stop()
        }
    }

    @Test("a registry is reached through the proxy of the environment, with and without TLS", arguments: [true, false])
    func proxied(_ tls: Bool) async throws {
        try await withProxy(tls: tls) { registry, proxy in
            let address = ByteString("http://me:proxy%20word@\(proxy.host)")
            try await resolve(["HTTPS_PROXY": address, "HTTP_PROXY": address])
            let head = try #require(proxy.requests.first)
            #expect(head.hasPrefix("CONNECT registry.example:5000 HTTP/1.1\r\n"))
            // `me:proxy word`, which the registry does not see.
            #expect(head.lowercased().contains("proxy-authorization: basic bwu6chjvehkgd29yza=="))
            #expect(registry.requests.allSatisfy { $0.headers["proxy-authorization"] == nil })
        }
    }

    @Test("NO_PROXY leaves the proxy out")
    func exceptions() async throws {
        try await withProxy(tls: false) { _, proxy in
            let address = ByteString("http://\(proxy.host)")
            let error = await registryError {
                try await resolve(["HTTPS_PROXY": address, "HTTP_PROXY": address, "NO_PROXY": ".example"])
            }
            #expect(error?.message.contains("the host registry.example is not known") ?? false, "\(error as Any)")
            #expect(proxy.requests.isEmpty)
        }
    }

    @Test("a proxy that cannot be used is an error that names it without its password")
    func unsupported() async throws {
        let error = await registryError { try await resolve(["HTTPS_PROXY": "https://me:secret@proxy.example:1"]) }
        #expect(error?.message == "the proxy https://proxy.example:1 cannot be used: TLS to a proxy")
    }
}
