import Bytes
import LoopbackRegistry
import OCI
import Registry
import Testing

@Suite("Resolving names")
struct ResolveTests {
    @Test("a tag leads to the manifest, its config and the digest of its bytes")
    func tagIsResolved() async throws {
        try await withRegistry { registry in
            let image = TestImage()
            image.put(into: registry, "team/app", tag: "1")
            let found = try await withClient { client in
                try await client.resolve(Reference("\(registry.host)/team/app:1"), platform: .host)
            }
            #expect(found.top == image.manifest.descriptor)
            #expect(found.topBytes == image.manifest.bytes)
            #expect(found.manifest.content.layers == image.manifest.content.layers)
            #expect(found.config.content == image.config.content)
            #expect(found.location.host == registry.host)
        }
    }
}
