import Bytes
import Glibc
import Linux
import LoopbackRegistry
import OCI
import Registry
import Testing

@Suite("Pushing images")
struct PushTests {
    static let image = TestImage(layers: [TestImage.bytes(10_000), TestImage.bytes(70_000, seed: 3), []])

    @discardableResult
    private func push(
        _ pushed: PushedImage = PushTests.image.pushed,
        to registry: LoopbackRegistry,
        _ name: String = "team/app:1",
        _ recorder: Recorder = Recorder(),
        _ change: (inout RegistrySettings) -> Void = { _ in }
    ) async throws -> PushReport {
        let reference = try Reference("\(registry.host)/\(name)")
        return try await withClient(recorder: recorder, change) { try await $0.push(pushed, to: reference) }
    }

    /// Whether all of the image is in the registry under its tag.
    private func isWhole(_ registry: LoopbackRegistry, _ image: TestImage = PushTests.image, _ tag: String = "1")
        -> Bool
    {
        let blobs = image.layers + [image.config.bytes]
        return blobs.allSatisfy { registry.blob(Digest(of: $0), in: "team/app") == $0 }
            && registry.manifest(tag, in: "team/app") == image.manifest.bytes
    }

    @Test("layers come before the config, the config before the manifest")
    func order() async throws {
        try await withRegistry { registry in
            let report = try await push(to: registry)
            #expect(isWhole(registry))
            #expect(report.uploaded == 4)
            #expect(report.uploadedBytes == 80_000 + Int64(PushTests.image.config.bytes.count))
            let puts = registry.requests.filter { $0.method == "PUT" }
            #expect(puts.count == 5)
            #expect(puts.dropLast().last?.query("digest") == PushTests.image.config.digest.description)
            #expect(puts.last?.path == "/v2/team/app/manifests/1")
            #expect(puts.last?.headers["content-type"] == MediaType.ociManifest.text)
            #expect(puts.allSatisfy { $0.headers["content-length"] != nil })
        }
    }

    @Test("only what the registry lacks is sent, each blob once")
    func onlyWhatIsMissing() async throws {
        try await withRegistry { registry in
            try await push(to: registry)
            registry.forgetRequests()
            let grown = TestImage(
                layers: PushTests.image.layers + [TestImage.bytes(50, seed: 9), TestImage.bytes(50, seed: 9)]
            )
            let report = try await push(grown.pushed, to: registry, "team/app:2")
            #expect(isWhole(registry, grown, "2"))
            #expect(report.alreadyThere == 3)
            #expect(report.uploaded == 2)
            #expect(registry.requests.filter { $0.method == "POST" }.count == 2)
        }
    }

    @Test("an index is sent after its manifests; those that are there are not sent again")
    func index() async throws {
        try await withRegistry { registry in
            let other = TestImage(platform: Platform(os: "linux", architecture: "s390x"))
            let index = Document(Index(manifests: [PushTests.image.manifest.descriptor, other.manifest.descriptor]))
            let images = [PushTests.image.pushed, other.pushed]
            let pushed = PushedImage(
                blobs: images.flatMap(\.blobs),
                manifests: images.map(\.top),
                top: PushedImage.Manifest(descriptor: index.descriptor, bytes: index.bytes)
            )
            try await push(pushed, to: registry)
            #expect(registry.manifest("1", in: "team/app") == index.bytes)
            #expect(registry.manifest(other.manifest.digest.description, in: "team/app") == other.manifest.bytes)
            registry.forgetRequests()
            try await push(pushed, to: registry, "team/app:2")
            #expect(registry.requests.filter { $0.method == "PUT" }.map(\.path) == ["/v2/team/app/manifests/2"])
        }
    }

    @Test("a name without a tag is pushed by its digest")
    func byDigest() async throws {
        try await withRegistry { registry in
            let digest = PushTests.image.manifest.digest
            try await push(to: registry, "team/app@\(digest)")
            #expect(registry.requests.last?.path == "/v2/team/app/manifests/\(digest)")
        }
    }

    struct Form: CustomTestStringConvertible, Sendable {
        let name: String
        let location: @Sendable (_ host: String, _ path: String) -> String

        var testDescription: String { name }
    }

    static let forms = [
        Form(name: "absolute") { "http://\($0)\($1)" },
        Form(name: "relative to the host") { $1 },
        Form(name: "without a scheme") { "//\($0)\($1)" },
        // The POST is to …/uploads/, which the number of the upload follows.
        Form(name: "relative to the request") { String($1.split(separator: "/").last ?? "") },
        Form(name: "with dots") { "../uploads/" + String($1.split(separator: "/").last ?? "") },
    ]

    @Test("an upload goes where Location says, with its query", arguments: forms)
    func locations(_ form: Form) async throws {
        try await withRegistry({ $0.location = form.location }) { registry in
            try await push(to: registry)
            #expect(isWhole(registry))
            let puts = registry.requests.filter { $0.method == "PUT" && $0.path.contains("/uploads/") }
            #expect(puts.allSatisfy { $0.query("_state") != nil && $0.query("digest") != nil })
        }
    }

    @Test("an upload at another host is not shown the registry's log-in")
    func otherHost() async throws {
        try await withRegistry { storage in
            let place = storage.host
            try await withRegistry({ options in
                options.logIn = .basic(username: "user", password: "password")
                options.location = { "http://\(place)\($1)" }
            }) { registry in
                // The other host gets the session and the bytes.
                for fault in 0..<4 {
                    storage.add(Fault(.status(201), method: "PUT", path: "/uploads/\(fault + 1)"))
                }
                let credential = Credential(username: "user", password: "password")
                let reference = try Reference("\(registry.host)/team/app:1")
                _ = try await withClient(credential: credential) {
                    try await $0.push(PushTests.image.pushed, to: reference)
                }
                let uploads = storage.requests.filter { $0.method == "PUT" }
                #expect(uploads.count == 4)
                #expect(storage.requests.allSatisfy { $0.headers["authorization"] == nil })
                #expect(registry.requests.contains { $0.headers["authorization"] != nil })
            }
        }
    }

    @Test("a blob that another repository of the registry has is mounted")
    func mount() async throws {
        try await withRegistry { registry in
            PushTests.image.put(into: registry, "team/base")
            let origins = ["elsewhere.example/team/base", "\(registry.host)/team/none", "\(registry.host)/team/base"]
            let recorder = Recorder()
            let report = try await push(PushTests.image.pushed(origins: origins), to: registry, "team/app:1", recorder)
            #expect(report.mounted == 3)
            #expect(report.uploaded == 1)
            #expect(isWhole(registry))
            let told = recorder.events.filter { if case .mounted(_, "team/base") = $0 { true } else { false } }
            #expect(told.count == 3)
        }
    }

    @Test("a registry that does not lend gets the blob by the upload that it began instead")
    func mountRefused() async throws {
        try await withRegistry({ $0.mounts = false }) { registry in
            PushTests.image.put(into: registry, "team/base")
            let report = try await push(PushTests.image.pushed(origins: ["\(registry.host)/team/base"]), to: registry)
            #expect(report.mounted == 0)
            #expect(isWhole(registry))
            #expect(registry.requests.filter { $0.method == "POST" }.count == 4)
        }
    }

    @Test("a layer that was never here goes from registry to registry", arguments: [false, true])
    func fromRegistry(_ inChunks: Bool) async throws {
        try await withRegistry { source in
            PushTests.image.put(into: source, "team/base")
            if !inChunks { source.add(Fault(.cutBody(at: 30_000), path: "/blobs/")) }
            let place = RepositoryLocation(try Reference("\(source.host)/team/base"))
            try await withRegistry({ $0.minimumChunk = inChunks ? 1000 : nil }) { registry in
                var pushed = PushTests.image.pushed
                pushed.blobs = pushed.blobs.map { PushedBlob(descriptor: $0.descriptor, content: .remote(place)) }
                try await push(pushed, to: registry) { $0.limits.chunkSize = 9000 }
                #expect(isWhole(registry))
            }
        }
    }

    @Test("a layer that its registry gives wrongly does not arrive")
    func fromLyingRegistry() async throws {
        try await withRegistry { source in
            PushTests.image.put(into: source, "team/base")
            source.add(Fault(.body { $0.map { $0 ^ 1 } }, path: "/blobs/", times: 1000))
            let place = RepositoryLocation(try Reference("\(source.host)/team/base"))
            try await withRegistry { registry in
                var pushed = PushTests.image.pushed
                pushed.blobs = pushed.blobs.map { PushedBlob(descriptor: $0.descriptor, content: .remote(place)) }
                let error = await registryError { try await push(pushed, to: registry) }
                #expect(error != nil)
                #expect(registry.blob(PushTests.image.manifest.content.layers[1].digest, in: "team/app") == nil)
                #expect(registry.manifest("1", in: "team/app") == nil)
            }
        }
    }

    /// The image with its layers in files.
    private func pushedFiles(_ scratch: Scratch, changing: Bool = false) throws -> PushedImage {
        var pushed = PushTests.image.pushed
        for (index, bytes) in PushTests.image.layers.enumerated() {
            let name = ByteString("layer\(index)")
            let file = try scratch.directory.open(name, flags: O_WRONLY | O_CREAT, mode: 0o600)
            try file.write(changing ? Array(bytes.dropLast()) : bytes)
            pushed.blobs[index] = PushedBlob(
                descriptor: pushed.blobs[index].descriptor,
                content: .file { try scratch.directory.open(name, flags: O_RDONLY) }
            )
        }
        return pushed
    }

    @Test(
        "a layer in a file is sent, in one piece or in chunks where the registry wants them",
        arguments: [nil, 20_000]
    )
    func files(_ minimumChunk: Int?) async throws {
        try await withRegistry({ $0.minimumChunk = minimumChunk }) { registry in
            let recorder = Recorder()
            try await push(pushedFiles(Scratch()), to: registry, "team/app:1", recorder) { $0.limits.chunkSize = 1000 }
            #expect(isWhole(registry))
            let chunks = registry.requests.filter { $0.method == "PATCH" }.map(\.body.count).sorted()
            // The config is one chunk of its own, an empty layer none.
            let config = PushTests.image.config.bytes.count
            #expect(chunks == (minimumChunk == nil ? [] : [config, 10_000, 10_000, 20_000, 20_000, 20_000]))
            let blob = PushTests.image.manifest.content.layers[1]
            #expect(recorder.events.contains(.transferred(blob.digest, .upload, bytes: 70_000, of: 70_000)))
        }
    }

    @Test("a file that is shorter than its layer is an error that says so")
    func shortFile() async throws {
        try await withRegistry { registry in
            let error = await registryError { try await push(pushedFiles(Scratch(), changing: true), to: registry) }
            #expect(error?.message.contains("too early") ?? false)
            #expect(registry.manifest("1", in: "team/app") == nil)
        }
    }

    @Test("a file that cannot be opened ends the push with its own error, after one try")
    func missingFile() async throws {
        try await withRegistry { registry in
            let missing = SystemError(code: ENOENT, call: "openat2")
            var pushed = PushTests.image.pushed
            pushed.blobs = [PushedBlob(descriptor: pushed.blobs[0].descriptor, content: .file { throw missing })]
            let recorder = Recorder()
            await #expect(throws: missing) { try await push(pushed, to: registry, "team/app:1", recorder) }
            #expect(recorder.retries.isEmpty)
        }
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let faults: [Fault]
        /// Whether the rest then comes in chunks.
        var inChunks = false

        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "an upload that cannot begin", faults: [Fault(.status(503), method: "POST")]),
        Row(
            name: "a connection cut before the answer",
            faults: [Fault(.cutBeforeAnswer, method: "PUT")],
            inChunks: true
        ),
        Row(name: "a body that is too large at once", faults: [Fault(.status(413), method: "PUT")], inChunks: true),
        Row(
            name: "a chunk that fails",
            faults: [
                Fault(.status(500), method: "PUT"), Fault(.status(502), method: "PATCH"),
                Fault(.cutBeforeAnswer, method: "PATCH"),
            ],
            inChunks: true
        ),
        Row(
            name: "an upload that the registry forgets",
            faults: [
                Fault(.status(500), method: "PUT"), Fault(.status(500), method: "PATCH"),
                Fault(.status(404), method: "GET", path: "/uploads/"),
            ],
            inChunks: true
        ),
        Row(
            name: "a registry that knows no chunks",
            faults: [Fault(.status(500), method: "PUT"), Fault(.status(405), method: "PATCH")]
        ),
        Row(name: "a manifest that passes later", faults: [Fault(.status(504), method: "PUT", path: "/manifests/")]),
        Row(
            name: "an upload that is sent on",
            faults: [Fault(.redirect(to: "?again", status: 307), method: "HEAD", path: "/blobs/")]
        ),
    ]

    @Test("what passes is waited out, and everything arrives once", arguments: rows)
    func passing(_ row: Row) async throws {
        try await withRegistry { registry in
            for fault in row.faults { registry.add(fault) }
            try await push(pushedFiles(Scratch()), to: registry) {
                $0.limits.chunkSize = 4000
                $0.limits.uploadsAtOnce = 1
            }
            #expect(isWhole(registry))
            #expect(registry.faultsLeft == 0)
            let chunks = registry.requests.filter { $0.method == "PATCH" && !$0.body.isEmpty }
            #expect(row.inChunks == (chunks.count > 1))
        }
    }

    @Test("an upload that is cut anywhere arrives", arguments: [1, 10_000, 65_536, 1 << 20, 5_000_000])
    func cutUpload(_ position: Int) async throws {
        try await withRegistry { registry in
            let image = TestImage(layers: [TestImage.bytes(6_000_000)])
            let scratch = try Scratch()
            let file = try scratch.directory.open("layer", flags: O_WRONLY | O_CREAT, mode: 0o600)
            try file.write(image.layers[0])
            var pushed = image.pushed
            pushed.blobs[0] = PushedBlob(
                descriptor: pushed.blobs[0].descriptor,
                content: .file { try scratch.directory.open("layer", flags: O_RDONLY) }
            )
            registry.add(Fault(.cutUpload(after: position), method: "PUT", path: "/uploads/"))
            registry.add(Fault(.cutUpload(after: min(position, 900_000)), method: "PATCH"))
            try await push(pushed, to: registry) { $0.limits.chunkSize = 1 << 20 }
            #expect(isWhole(registry, image))
            #expect(registry.faultsLeft == 0)
        }
    }

    @Test("a registry that has enough before all is sent is heard: 413 leads to chunks, 403 to an error")
    func earlyAnswer() async throws {
        try await withRegistry { registry in
            let image = TestImage(layers: [TestImage.bytes(20_000_000)])
            registry.add(Fault(.earlyStatus(413), method: "PUT", path: "/uploads/"))
            try await push(image.pushed, to: registry)
            #expect(isWhole(registry, image))
            #expect(registry.requests.contains { $0.method == "PATCH" })
            registry.add(Fault(.earlyStatus(403), method: "PUT", path: "/uploads/"))
            let other = TestImage(layers: [TestImage.bytes(20_000_000, seed: 5)])
            let error = await registryError { try await push(other.pushed, to: registry, "team/app:2") }
            guard case .noAccess(_, 403, _, _) = error else { throw Unexpected(error) }
        }
    }

    @Test("a cancelled push ends at once")
    func cancelled() async throws {
        try await withRegistry { registry in
            let (answers, answer) = AsyncStream<Void>.makeStream()
            registry.add(Fault(.noAnswer, method: "PUT", times: 9))
            let reference = try Reference("\(registry.host)/team/app:1")
            let client = RegistryClient(settings: RegistrySettings(environment: [:])) { event in
                if case .began(_, .upload, _) = event { answer.finish() }
            }
            let task = Task { try await client.push(PushTests.image.pushed, to: reference) }
            for await _ in answers {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            await client.close()
        }
    }

    @Test("what does not pass names blob and registry, and no manifest is sent")
    func failing() async throws {
        try await withRegistry { registry in
            registry.add(
                Fault(.status(403, body: #"{"errors":[{"code":"DENIED","message":"read only"}]}"#), method: "POST")
            )
            let error = await registryError { try await push(to: registry) }
            #expect(error?.message.contains("not found or no access (HTTP 403: denied: read only)") ?? false)
            #expect(error?.message.contains("\(registry.host)/team/app: blob sha256:") ?? false)
            #expect(registry.manifest("1", in: "team/app") == nil)
        }
    }
}
