import Bytes
import Foundation
import LoopbackRegistry
import OCI
import Registry
import Testing

@Suite("TLS", .enabled("needs the program openssl", { TestCertificates.arePossible }))
struct TLSTests {
    /// A registry that speaks TLS, with a folder for certificates of its hosts, and the file of its authority.
    private func withTLS(
        names: String = "DNS:localhost,IP:127.0.0.1",
        _ body: (LoopbackRegistry, Scratch, _ authority: String) async throws -> Void
    ) async throws {
        let certificates = try TestCertificates(names: names)
        defer { certificates.remove() }
        let authority = try String(contentsOfFile: certificates.path("ca.crt"), encoding: .utf8)
        try await withRegistry({ options in
            options.certificates = certificates
            options.location = { "https://\($0)\($1)" }
        }) { registry in
            TestImage().put(into: registry, "team/app")
            try await body(registry, Scratch(), authority)
        }
    }

    private func resolve(_ registry: LoopbackRegistry, _ change: (inout RegistrySettings) -> Void) async throws {
        let name = try Reference("\(registry.host)/team/app")
        try await withClient({ settings in
            // This machine is to be trusted no more than another.
            settings.treatsLoopbackAsInsecure = false
            change(&settings)
        }) { client in
            _ = try await client.resolve(name, platform: .host)
        }
    }

    @Test("a certificate that nobody vouches for is refused, and the message says where its authority goes")
    func unknownAuthority() async throws {
        try await withTLS { registry, _, _ in
            let error = await registryError { try await resolve(registry) { _ in } }
            guard case .untrustedCertificate(_, registry.host, _) = error else { throw Unexpected(error) }
            #expect(error?.remedy?.contains("/etc/docker/certs.d/\(registry.host)/ca.crt") ?? false)
            #expect(registry.requests.isEmpty)
        }
    }

    @Test("an authority in the host's folder of certificates is trusted")
    func certificatesFolder() async throws {
        try await withTLS { registry, scratch, authority in
            try scratch.write(ByteString("\(registry.host)/ca.crt"), authority)
            try await resolve(registry) { $0.certificateFolders = [scratch.path] }
        }
    }

    @Test("authorities of SSL_CERT_FILE and SSL_CERT_DIR are trusted")
    func environment() async throws {
        try await withTLS { registry, scratch, authority in
            try scratch.write("folder/ca.pem", authority)
            try scratch.write("folder/notes", "no certificate")
            try await resolve(registry) { $0.environment["SSL_CERT_FILE"] = scratch.path + "/folder/ca.pem" }
            try await resolve(registry) { $0.environment["SSL_CERT_DIR"] = "/nonexistent:" + scratch.path + "/folder" }
        }
    }

    @Test("a file that is named and holds no certificate is an error with its path")
    func unusableFile() async throws {
        try await withTLS { registry, scratch, _ in
            try scratch.write("ca.pem", "no certificate")
            let path = scratch.path + "/ca.pem"
            let error = await registryError { try await resolve(registry) { $0.environment["SSL_CERT_FILE"] = path } }
            guard case .unusableTLSFile(path, _) = error else { throw Unexpected(error) }
        }
    }

    @Test("an insecure registry is taken with any certificate, by host or by host and port", arguments: [true, false])
    func insecure(_ withPort: Bool) async throws {
        try await withTLS { registry, _, _ in
            try await resolve(registry) { $0.insecureRegistries = [withPort ? registry.host : "127.0.0.1"] }
        }
    }

    @Test("a certificate for another host is refused")
    func otherHost() async throws {
        try await withTLS(names: "DNS:other.example") { registry, scratch, authority in
            try scratch.write("ca.pem", authority)
            let path = scratch.path + "/ca.pem"
            let error = await registryError { try await resolve(registry) { $0.environment["SSL_CERT_FILE"] = path } }
            guard case .untrustedCertificate = error else { throw Unexpected(error) }
        }
    }

    @Test("a registry that speaks plain HTTP is not taken for one with TLS")
    func plain() async throws {
        try await withRegistry { registry in
            let error = await registryError { try await resolve(registry) { _ in } }
            #expect(error?.remedy?.contains("--insecure-registry \(registry.host)") ?? false, "\(error as Any)")
        }
    }

    @Test("no redirect leads from TLS to plain HTTP")
    func downgrade() async throws {
        try await withRegistry { elsewhere in
            try await withTLS { registry, _, _ in
                registry.add(Fault(.redirect(to: "http://\(elsewhere.host)/x"), path: "/manifests/"))
                let error = await registryError {
                    try await resolve(registry) { $0.insecureRegistries = ["127.0.0.1"] }
                }
                #expect(error?.message.contains("it is not encrypted") ?? false)
                #expect(elsewhere.requests.isEmpty)
            }
        }
    }

    @Test("an upload goes on with TLS where a registry behind a proxy writes http, and not to another host")
    func uploadLocation() async throws {
        try await withTLS { registry, _, _ in
            registry.change { $0.location = { "http://\($0)\($1)" } }
            let name = try Reference("\(registry.host)/team/copy:1")
            try await withClient { _ = try await $0.push(TestImage().pushed, to: name) }
            #expect(registry.manifest("1", in: "team/copy") != nil)
            registry.change { $0.location = { "http://127.0.0.2:80\($1)" } }
            let other = try Reference("\(registry.host)/team/other:1")
            let error = await registryError {
                try await withClient { _ = try await $0.push(TestImage().pushed, to: other) }
            }
            #expect(error?.message.contains("it is not encrypted") ?? false)
        }
    }
}
