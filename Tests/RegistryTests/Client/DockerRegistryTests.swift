import Bytes
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
}
