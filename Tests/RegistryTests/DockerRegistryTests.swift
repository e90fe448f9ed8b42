import Bytes
import Foundation
import Glibc
import LoopbackRegistry
import OCI
import Registry
import Testing

@Suite(
    "Debian's docker-registry",
    .enabled("needs the package docker-registry", { DockerRegistry.isInstalled })
)
struct DockerRegistryTests {
    /// Pushes an image, resolves it, and fetches its layers.
    private func roundTrip(_ client: RegistryClient, _ host: String) async throws {
        let image = TestImage(layers: [TestImage.bytes(5), TestImage.bytes(3 << 20), []])
        let name = try Reference("\(host)/team/app:1")
        let report = try await client.push(image.pushed, to: name)
        #expect(report.uploaded == 4)
        #expect(report.digest == image.manifest.digest)
        let found = try await client.resolve(name, platform: .host)
        #expect(found.topBytes == image.manifest.bytes)
        #expect(found.config.bytes == image.config.bytes)
        for (layer, bytes) in zip(found.manifest.content.layers, image.layers) {
            let sink = Recorder()
            try await client.fetch(layer, of: found.location, into: sink)
            #expect(sink.bytes == bytes)
        }
        let second = try await client.push(image.pushed, to: Reference("\(host)/team/app:2"))
        #expect(second.alreadyThere == 4)
        let elsewhere = image.pushed(origins: ["\(host)/team/app"])
        let third = try await client.push(elsewhere, to: Reference("\(host)/other/app:2"))
        #expect(third.mounted == 3)
    }

    @Test("in plain HTTP: push, resolve, fetch, push again, push elsewhere by mounting")
    func plain() async throws {
        let registry = try DockerRegistry()
        defer { registry.stop() }
        try await withClient { try await roundTrip($0, registry.host) }
    }

    @Test("with TLS and HTTP/2, and a certificate that it demands of this side")
    func tls() async throws {
        let certificates = try TestCertificates()
        defer { certificates.remove() }
        let registry = try DockerRegistry(tls: certificates, knowsClients: true)
        defer { registry.stop() }
        let scratch = try Scratch()
        for (name, file) in [("ca.crt", "ca.crt"), ("own.cert", "server.crt"), ("own.key", "server.key")] {
            let text = try String(contentsOfFile: certificates.path(file), encoding: .utf8)
            try scratch.write(ByteString("\(registry.host)/\(name)"), text)
        }
        func strict(_ settings: inout RegistrySettings) { settings.treatsLoopbackAsInsecure = false }
        try await withClient({ settings in
            strict(&settings)
            settings.certificateFolders = [scratch.path]
        }) { try await roundTrip($0, registry.host) }
        #expect(registry.log.contains("HTTP/2.0"))
        let name = try Reference("\(registry.host)/team/app:1")
        let authority = ByteString(certificates.path("ca.crt"))
        // Without its own certificate this side is not let in.
        let error = await registryError {
            try await withClient({ settings in
                strict(&settings)
                settings.environment["SSL_CERT_FILE"] = authority
            }) { _ = try await $0.resolve(name, platform: .host) }
        }
        // With TLS 1.3 that is seen as a cut: the handshake is over for this side when the other side looks.
        guard case .interrupted = error else { throw Unexpected(error) }
    }

    @Test("with a password")
    func basic() async throws {
        let registry = try DockerRegistry(.basic)
        defer { registry.stop() }
        let user = Credential(username: "user", password: "password")
        try await withClient(credential: user) { client in
            try await roundTrip(client, registry.host)
            #expect(try await client.checkLogin(to: registry.host, with: user) == user)
            let wrong = Credential(username: "user", password: "wrong")
            let error = await registryError { _ = try await client.checkLogin(to: registry.host, with: wrong) }
            guard case .credentialsRefused = error else { throw Unexpected(error) }
        }
        let name = try Reference("\(registry.host)/team/app:1")
        let error = await registryError { _ = try await withClient { try await $0.resolve(name, platform: .host) } }
        #expect(error?.remedy == "check the name, or log in: swift-build-image login \(registry.host)")
    }

    @Test(
        "what skopeo pushed is resolved, and what was pushed here skopeo copies",
        .enabled("needs the package skopeo", { access("/usr/bin/skopeo", X_OK) == 0 })
    )
    func skopeo() async throws {
        let registry = try DockerRegistry()
        defer { registry.stop() }
        let image = TestImage()
        let name = try Reference("\(registry.host)/team/app:1")
        try await withClient { client in
            _ = try await client.push(image.pushed, to: name)
            try run([
                "copy", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false", "docker://\(name)",
                "docker://\(registry.host)/copy:2",
            ])
            let copied = try await client.resolve(Reference("\(registry.host)/copy:2"), platform: .host)
            #expect(copied.topBytes == image.manifest.bytes)
        }
    }

    private func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/skopeo")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
