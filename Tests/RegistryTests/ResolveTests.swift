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
            // What the registry says of the digest is a hint at most.
            registry.add(Fault(.headers([("Docker-Content-Digest", "sha256:nonsense")]), path: "/manifests/"))
            let found = try await withClient { client in
                try await client.resolve(Reference("\(registry.host)/team/app:1"), platform: .host)
            }
            #expect(found.top == image.manifest.descriptor)
            #expect(found.topBytes == image.manifest.bytes)
            #expect(found.manifest.content.layers == image.manifest.content.layers)
            #expect(found.config.content == image.config.content)
            #expect(found.location.host == registry.host)
            let accept = registry.requests.first { $0.path.contains("/manifests/") }?.headers["accept"] ?? ""
            for type in [MediaType.ociIndex, .ociManifest, .dockerIndex, .dockerManifest] {
                #expect(accept.contains(type.text))
            }
        }
    }

    /// An index of images for these platforms, and indexes around it.
    private func putIndex(_ platforms: [Platform?], depth: Int = 1, into registry: LoopbackRegistry) -> [TestImage] {
        let images = platforms.map { TestImage(platform: $0 ?? .host) }
        for image in images { image.put(into: registry, "team/app", tag: nil) }
        var entries = zip(images, platforms).map { image, platform in
            var entry = image.manifest.descriptor
            entry.platform = platform
            return entry
        }
        for level in 1...depth {
            let index = Document(Index(manifests: entries))
            let type = index.content.mediaType.text
            registry.put(manifest: index.bytes, type: type, in: "team/app", tag: level == depth ? "latest" : nil)
            entries = [index.descriptor]
        }
        return images
    }

    private func resolve(_ registry: LoopbackRegistry, _ platform: Platform = .host) async throws -> RemoteImage {
        let name = try Reference("\(registry.host)/team/app")
        return try await withClient { try await $0.resolve(name, platform: platform) }
    }

    @Test("an index leads to the image for the platform; the index's digest is what the name stands for")
    func index() async throws {
        try await withRegistry { registry in
            let arm = Platform(os: "linux", architecture: "arm64")
            let images = putIndex([Platform(os: "linux", architecture: "s390x"), arm], into: registry)
            let found = try await resolve(registry, arm)
            #expect(found.manifest.digest == images[1].manifest.digest)
            #expect(found.top.mediaType == .ociIndex)
            #expect(found.top.digest == Digest(of: found.topBytes))
        }
    }

    @Test("an entry without a platform is for what its config says")
    func unnamedPlatform() async throws {
        try await withRegistry { registry in
            let images = putIndex([Platform(os: "linux", architecture: "s390x"), nil], into: registry)
            let found = try await resolve(registry)
            #expect(found.manifest.digest == images[1].manifest.digest)
        }
    }

    @Test("an index without the platform is an error that names those it has")
    func noPlatform() async throws {
        try await withRegistry { registry in
            _ = putIndex([Platform(os: "linux", architecture: "s390x")], into: registry)
            let error = await registryError { _ = try await resolve(registry) }
            #expect(error?.message.contains("only for linux/s390x") ?? false)
            #expect(error?.remedy == "choose one of them by --platform")
        }
    }

    @Test("indexes may stand inside each other four deep, not five", arguments: [4, 5])
    func nestedIndexes(_ depth: Int) async throws {
        try await withRegistry { registry in
            let images = putIndex([.host], depth: depth, into: registry)
            if depth == 4 {
                let found = try await resolve(registry)
                #expect(found.manifest.digest == images[0].manifest.digest)
            } else {
                let error = await registryError { _ = try await resolve(registry) }
                #expect(error?.message.contains("more than 4 deep") ?? false)
            }
        }
    }

    @Test("an index that names itself is refused, since its bytes cannot have that digest")
    func indexOfItself() async throws {
        try await withRegistry { registry in
            let digest = Digest(of: Array("itself".utf8))
            var entry = Descriptor(mediaType: .ociIndex, digest: digest, size: 0)
            // The size that the index has once it is written is in it too.
            for _ in 0..<3 { entry.size = Int64(Document(Index(manifests: [entry])).bytes.count) }
            let index = Document(Index(manifests: [entry]))
            registry.put(manifest: index.bytes, type: index.content.mediaType.text, in: "team/app", tag: "latest")
            let answer = String(decoding: index.bytes, as: UTF8.self)
            let headers = [("Content-Type", index.content.mediaType.text)]
            registry.add(Fault(.status(200, headers: headers, body: answer), path: "/manifests/sha256", times: 2))
            let error = await registryError { _ = try await resolve(registry) }
            guard case .wrongDigest = error else { throw Unexpected(error) }
        }
    }

    @Test("a manifest cut at any byte is asked for again")
    func cutManifest() async throws {
        try await withRegistry { registry in
            let image = TestImage(layers: [])
            image.put(into: registry, "team/app")
            let name = try Reference("\(registry.host)/team/app")
            var wrong: [Int] = []
            try await withClient { client in
                for position in 0..<image.manifest.bytes.count {
                    registry.add(Fault(.cutBody(at: position), path: "/manifests/"))
                    let found = try await client.resolve(name, platform: .host)
                    if found.topBytes != image.manifest.bytes { wrong.append(position) }
                }
            }
            #expect(wrong.isEmpty)
            #expect(registry.faultsLeft == 0)
        }
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        var tag = "latest"
        let fault: Fault
        let message: String

        var testDescription: String { name }
    }

    private static func document(_ text: String, _ type: String, times: Int = 1) -> Fault {
        Fault(.status(200, headers: [("Content-Type", type)], body: text), path: "/manifests/", times: times)
    }

    static let rows: [Row] = [
        Row(
            name: "schema 1",
            fault: document(
                #"{"schemaVersion":1,"fsLayers":[],"name":"a"}"#,
                "application/vnd.docker.distribution.manifest.v1+prettyjws"
            ),
            message: "schema version 1, which is no longer supported"
        ),
        Row(
            name: "schema 1 under another type",
            fault: document(#"{"schemaVersion":1,"fsLayers":[]}"#, "application/json"),
            message: "schema version 1, which is no longer supported"
        ),
        Row(
            name: "manifest and index at once",
            fault: document(#"{"schemaVersion":2,"manifests":[],"layers":[]}"#, MediaType.ociIndex.text),
            message: "could be read both as a manifest and as an index"
        ),
        Row(
            name: "an index sent as a manifest",
            fault: document(
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex.text)","manifests":[]}"#,
                MediaType.ociManifest.text
            ),
            message: "`manifests`"
        ),
        Row(name: "a web page", fault: document("<html>", "text/html; charset=utf-8"), message: "is a web page"),
        Row(name: "no JSON", fault: document("{", MediaType.ociManifest.text), message: "team/app: manifest latest"),
        Row(
            name: "100,000 levels",
            fault: document(String(repeating: "[", count: 100_000), MediaType.ociManifest.text),
            message: "64"
        ),
        Row(
            name: "more than 4 MiB, said",
            fault: Fault(.headers([("Content-Length", "104857600")]), path: "/manifests/"),
            message: "the answer has more than 4194304 bytes"
        ),
        Row(
            name: "more than 4 MiB, without an end",
            fault: Fault(.endlessBody, path: "/manifests/"),
            message: "the answer has more than 4194304 bytes"
        ),
        Row(
            name: "another content than the digest's",
            tag: "@" + TestImage().manifest.digest.description,
            fault: document("{}", MediaType.ociManifest.text, times: 2),
            message: "has the digest"
        ),
        Row(
            name: "404 with the registry's own words",
            fault: Fault(
                .status(404, body: #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no \u001b[31msuch"}]}"#),
                path: "/manifests/"
            ),
            message: #"not found or no access (HTTP 404: manifest unknown: no \x1b[31msuch)"#
        ),
        Row(
            name: "400",
            fault: Fault(
                .status(400, headers: [("Content-Type", "text/plain")], body: "no\nmore"),
                path: "/manifests/"
            ),
            message: "the registry answered HTTP 400: no"
        ),
        Row(
            name: "503 for ever",
            fault: Fault(.status(503), path: "/manifests/", times: 5),
            message: "the registry answered HTTP 503 (after 5 tries)"
        ),
    ]

    @Test("what is wrong is refused with registry, repository and reason", arguments: rows)
    func refused(_ row: Row) async throws {
        try await withRegistry { registry in
            TestImage().put(into: registry, "team/app")
            registry.add(row.fault)
            let suffix = row.tag.hasPrefix("@") ? row.tag : ":" + row.tag
            let name = try Reference("\(registry.host)/team/app" + suffix)
            let error = await registryError { _ = try await withClient { try await $0.resolve(name, platform: .host) } }
            let message = try #require(error?.message)
            #expect(message.contains("\(registry.host)/team/app"))
            #expect(message.contains(row.message), "\(message)")
            #expect(registry.faultsLeft == 0)
        }
    }

    @Test("a name that is not there says how to log in")
    func remedy() async throws {
        try await withRegistry { registry in
            let error = await registryError { _ = try await resolve(registry) }
            #expect(error?.remedy == "check the name, or log in: swift-build-image login \(registry.host)")
        }
    }

    @Test("a registry that does not answer is told after one try")
    func refusedConnection() async throws {
        let gone = try await withRegistry { $0.host }
        let recorder = Recorder()
        let name = try Reference("\(gone)/team/app")
        let error = await registryError {
            _ = try await withClient(recorder: recorder) { try await $0.resolve(name, platform: .host) }
        }
        #expect(error?.message == "\(gone)/team/app: manifest latest: no connection: connection refused")
        #expect(recorder.events.isEmpty)
    }

    @Test("mirrors are asked first, and what they lack comes from the registry")
    func mirrors() async throws {
        try await withRegistry { mirror in
            try await withRegistry { registry in
                let scratch = try Scratch()
                try scratch.write(
                    "containers/registries.conf",
                    """
                    [[registry]]
                    location = "\(registry.host)"
                    [[registry.mirror]]
                    location = "\(mirror.host)/copies"
                    """
                )
                let image = TestImage()
                image.put(into: registry, "team/app")
                let name = try Reference("\(registry.host)/team/app")
                func find(_ recorder: Recorder) async throws -> (RemoteImage, [UInt8]) {
                    try await withClient(recorder: recorder, { $0.systemFolder = scratch.path }) { client in
                        let found = try await client.resolve(name, platform: .host)
                        try await client.fetch(found.manifest.content.layers[1], of: found.location, into: recorder)
                        return (found, recorder.bytes)
                    }
                }
                // The mirror has nothing.
                let first = Recorder()
                let (atHome, bytes) = try await find(first)
                #expect(atHome.location.host == registry.host)
                #expect(bytes == image.layers[1])
                #expect(first.events.contains { if case .skippedMirror(mirror.host, _) = $0 { true } else { false } })
                // The mirror has the documents only.
                mirror.put(
                    manifest: image.manifest.bytes,
                    type: MediaType.ociManifest.text,
                    in: "copies/team/app",
                    tag: "latest"
                )
                mirror.put(image.config.bytes, in: "copies/team/app")
                let (copied, fetched) = try await find(Recorder())
                #expect(
                    copied.location
                        == RepositoryLocation(host: mirror.host, repository: "copies/team/app", name: name.name)
                )
                #expect(fetched == image.layers[1])
            }
        }
    }

    @Test("a registry that is blocked is not asked")
    func blocked() async throws {
        try await withRegistry { registry in
            let scratch = try Scratch()
            let text = "[[registry]]\nlocation = \"\(registry.host)\"\nblocked = true\n"
            try scratch.write("containers/registries.conf", text)
            let name = try Reference("\(registry.host)/team/app")
            let error = await settingsError {
                _ = try await withClient({ $0.systemFolder = scratch.path }) {
                    try await $0.resolve(name, platform: .host)
                }
            }
            #expect(error?.message.contains("blocked") ?? false)
            #expect(registry.requests.isEmpty)
        }
    }
}

/// What came instead of what a test is for.
struct Unexpected: Error {
    let what: String

    init(_ what: Any?) { self.what = String(describing: what) }
}
