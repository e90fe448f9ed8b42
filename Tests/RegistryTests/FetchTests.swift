import Bytes
import Glibc
import LoopbackRegistry
import OCI
import Registry
import Synchronization
import Testing

@Suite("Fetching blobs")
struct FetchTests {
    static let bytes = TestImage.bytes(70_000)
    static let blob = Descriptor(mediaType: .ociLayer, digest: Digest(of: bytes), size: Int64(bytes.count))

    /// Fetches the blob from a registry that has it, after `change` of its faults.
    private func fetch(
        _ faults: [Fault],
        of blob: Descriptor = FetchTests.blob,
        _ recorder: Recorder = Recorder(),
        _ change: (inout RegistrySettings) -> Void = { _ in }
    ) async throws -> (recorder: Recorder, requests: [RecordedRequest]) {
        try await withRegistry { registry in
            registry.put(FetchTests.bytes, in: "team/app", as: blob.digest)
            for fault in faults { registry.add(fault) }
            let location = RepositoryLocation(try Reference("\(registry.host)/team/app"))
            try await withClient(recorder: recorder, change) { client in
                try await client.fetch(blob, of: location, into: recorder)
            }
            #expect(registry.faultsLeft == 0, "a fault that did not happen tests nothing")
            return (recorder, registry.requests.filter { $0.path.contains("/blobs/") })
        }
    }

    @Test("a blob arrives whole, with one request, and its events tell of it")
    func whole() async throws {
        let result = try await fetch([])
        #expect(result.recorder.bytes == FetchTests.bytes)
        #expect(result.requests.count == 1)
        let digest = FetchTests.blob.digest
        #expect(
            result.recorder.events == [
                .began(digest, .download, total: 70_000),
                .transferred(digest, .download, bytes: 70_000, of: 70_000),
                .finished(digest, .download),
            ]
        )
    }

    @Test("a blob named by SHA-512 is verified by that")
    func sha512() async throws {
        let digest = Digest(of: FetchTests.bytes, algorithm: .sha512)
        let blob = Descriptor(mediaType: .ociLayer, digest: digest, size: 70_000)
        #expect(try await fetch([], of: blob).recorder.bytes == FetchTests.bytes)
    }

    @Test("after a cut the rest is asked for and nothing comes twice", arguments: [1, 100, 4096, 65_536, 69_999])
    func cutIsResumed(_ position: Int) async throws {
        let result = try await fetch([Fault(.cutBody(at: position), path: "/blobs/")])
        #expect(result.recorder.bytes == FetchTests.bytes)
        #expect(result.recorder.restarts == 0)
        #expect(result.requests.count == 2)
        // How much had come when the cut was seen is up to the network: what was asked for is what was missing.
        #expect(result.requests.last?.headers["range"]?.hasPrefix("bytes=") ?? (position > 0))
        #expect(result.recorder.retries == ["the connection was cut"])
    }

    @Test("a blob cut anywhere, again and again, arrives")
    func cutEverywhere() async throws {
        try await withRegistry { registry in
            registry.put(FetchTests.bytes, in: "team/app")
            let location = RepositoryLocation(try Reference("\(registry.host)/team/app"))
            try await withClient { client in
                var wrong: [Int] = []
                for position in stride(from: 0, to: FetchTests.bytes.count, by: 997) {
                    registry.add(Fault(.cutBody(at: position), path: "/blobs/"))
                    registry.add(Fault(.cutBody(at: 10), path: "/blobs/"))
                    let sink = Recorder()
                    try await client.fetch(FetchTests.blob, of: location, into: sink)
                    if sink.bytes != FetchTests.bytes { wrong.append(position) }
                }
                #expect(wrong.isEmpty)
                #expect(registry.faultsLeft == 0)
            }
        }
    }

    struct Passing: CustomTestStringConvertible, Sendable {
        let name: String
        let faults: [Fault]
        var restarts = 0
        var retries: [String]

        var testDescription: String { name }
    }

    static let passing: [Passing] = [
        Passing(
            name: "ranges are ignored: what came twice is left out",
            faults: [Fault(.cutBody(at: 50_000), path: "/blobs/"), Fault(.ignoreRange, path: "/blobs/")],
            retries: ["the connection was cut"]
        ),
        Passing(
            name: "another range than asked for: the blob comes again",
            faults: [
                Fault(.cutBody(at: 50_000), path: "/blobs/"),
                Fault(.headers([("Content-Range", "bytes 0-69999/70000")]), path: "/blobs/"),
            ],
            restarts: 1,
            retries: ["the connection was cut", "the registry does not send the rest"]
        ),
        Passing(
            name: "the rest is refused: the blob comes again",
            faults: [Fault(.cutBody(at: 50_000), path: "/blobs/"), Fault(.status(416), path: "/blobs/")],
            restarts: 1,
            retries: ["the connection was cut", "the registry does not send the rest"]
        ),
        Passing(
            name: "wrong content once",
            faults: [Fault(.body { $0.map { $0 ^ 1 } }, path: "/blobs/")],
            restarts: 1,
            retries: ["the content is not the right one"]
        ),
        Passing(
            name: "longer once",
            faults: [Fault(.body { $0 + [0] }, path: "/blobs/")],
            restarts: 1,
            retries: ["the content is not the right one"]
        ),
        Passing(
            name: "shorter once: the rest is asked for",
            faults: [Fault(.body { Array($0.dropLast(5)) }, path: "/blobs/")],
            retries: ["the answer ended early"]
        ),
        Passing(
            name: "cut before the answer",
            faults: [Fault(.cutBeforeAnswer, path: "/blobs/")],
            retries: ["the connection was cut"]
        ),
        Passing(
            name: "503 with Retry-After, 429, 500, 502",
            faults: [
                Fault(.status(503, headers: [("Retry-After", "0")]), path: "/blobs/"),
                Fault(.status(429), path: "/blobs/"), Fault(.status(500), path: "/blobs/"),
                Fault(.status(502), path: "/blobs/"),
            ],
            retries: ["HTTP 503", "HTTP 429", "HTTP 500", "HTTP 502"]
        ),
        Passing(
            name: "a Retry-After of an hour: the longest wait is ours",
            faults: [Fault(.status(503, headers: [("Retry-After", "3600")]), path: "/blobs/")],
            retries: ["HTTP 503"]
        ),
    ]

    @Test("what passes is waited out, and told", arguments: passing)
    func passingFaults(_ row: Passing) async throws {
        let recorder = try await fetch(row.faults).recorder
        #expect(recorder.bytes == FetchTests.bytes)
        #expect(recorder.restarts == row.restarts)
        #expect(recorder.retries == row.retries)
    }

    @Test("silence before the answer or between two bytes ends the try", arguments: [nil, 0, 100])
    func silence(_ position: Int?) async throws {
        let fault = Fault(position.map { .silence(after: $0) } ?? .noAnswer, path: "/blobs/")
        let recorder = try await fetch([fault]) {
            $0.limits.idleTimeout = .milliseconds(200)
        }.recorder
        #expect(recorder.bytes == FetchTests.bytes)
        // A machine that is busy may be silent once more.
        #expect(Set(recorder.retries) == ["the other side fell silent"])
    }

    @Test("a download that drips ends, and goes on where it was; one that drips for ever is an error")
    func drip() async throws {
        func impatient(_ settings: inout RegistrySettings) {
            settings.limits.speedWindow = .milliseconds(60)
            settings.limits.minimumSpeed = 1 << 20
        }
        let once = try await fetch(
            [Fault(.drip(pieces: 100, milliseconds: 10), path: "/blobs/")],
            Recorder(),
            impatient
        )
        #expect(once.recorder.bytes == FetchTests.bytes)
        #expect(once.recorder.retries == ["the answer came too slowly"])
        let error = await registryError {
            _ = try await fetch(
                [Fault(.drip(pieces: 100, milliseconds: 10), path: "/blobs/", times: 5)],
                Recorder(),
                impatient
            )
        }
        #expect(error?.message.contains("the answer came too slowly after") ?? false)
    }

    @Test("a sink that takes long is no fault of the registry")
    func slowSink() async throws {
        final class SlowSink: BlobSink {
            let recorder = Recorder()
            private let hasPaused = Atomic(false)

            func write(_ bytes: UnsafeRawBufferPointer) throws {
                try recorder.write(bytes)
                // Longer than the registry may be silent, while more than any buffer holds is still to come.
                if !hasPaused.exchange(true, ordering: .relaxed) { usleep(400_000) }
            }

            func restart() throws { try recorder.restart() }
        }
        try await withRegistry { registry in
            let bytes = [UInt8](repeating: 1, count: 64 << 20)
            let blob = Descriptor(mediaType: .ociLayer, digest: Digest(of: bytes), size: Int64(bytes.count))
            registry.put(bytes, in: "team/app")
            let location = RepositoryLocation(try Reference("\(registry.host)/team/app"))
            let (sink, recorder) = (SlowSink(), Recorder())
            try await withClient(recorder: recorder, { $0.limits.idleTimeout = .milliseconds(150) }) {
                try await $0.fetch(blob, of: location, into: sink)
            }
            #expect(sink.recorder.bytes == bytes)
            #expect(sink.recorder.restarts == 0)
            // The connection that was given up is not told; on a busy machine others may be.
            let requests = registry.requests.filter { $0.path.contains("/blobs/") }
            #expect(requests.count > recorder.retries.count + 1)
        }
    }

    @Test("a connection that has no end after the last byte is no cut")
    func silenceAtTheEnd() async throws {
        let fault = Fault(.silence(after: 70_000), path: "/blobs/")
        let short = try await fetch([fault]) { $0.limits.idleTimeout = .seconds(1) }
        #expect(short.recorder.bytes == FetchTests.bytes)
        #expect(short.requests.count == 1)
    }

    struct Failing: CustomTestStringConvertible, Sendable {
        let name: String
        let fault: Fault
        /// Parts of the message.
        let message: [String]

        var testDescription: String { name }
    }

    static let failing: [Failing] = [
        Failing(
            name: "always cut after 10 bytes",
            fault: Fault(.cutBody(at: 10), path: "/blobs/", times: 99),
            message: ["team/app", blob.digest.description, "the connection was cut", "of 70000 bytes", "after 5 tries"]
        ),
        Failing(
            name: "always wrong content",
            fault: Fault(.body { $0.map { $0 ^ 1 } }, path: "/blobs/", times: 2),
            message: ["127.0.0.1", "team/app", blob.digest.description, "has the digest"]
        ),
        Failing(
            name: "always longer",
            fault: Fault(.body { $0 + $0 }, path: "/blobs/", times: 2),
            message: ["team/app", "is longer than the 70000 bytes"]
        ),
        Failing(
            name: "without an end",
            fault: Fault(.endlessBody, path: "/blobs/", times: 2),
            message: ["is longer than the 70000 bytes"]
        ),
        Failing(
            name: "always 503",
            fault: Fault(.status(503, body: "busy"), path: "/blobs/", times: 5),
            message: ["the registry answered HTTP 503", "after 5 tries"]
        ),
        Failing(
            name: "404",
            fault: Fault(.status(404), path: "/blobs/"),
            message: ["not found or no access (HTTP 404)"]
        ),
        Failing(
            name: "a part that was not asked for",
            fault: Fault(.status(206), path: "/blobs/"),
            message: ["is a part of the blob, which was not asked for"]
        ),
        Failing(
            name: "a redirect that goes on for ever",
            fault: Fault(.redirect(to: "?again"), path: "/blobs/", times: 11),
            message: ["more than 10 redirects"]
        ),
        Failing(
            name: "a redirect to a file",
            fault: Fault(.redirect(to: "file:///etc/passwd"), path: "/blobs/"),
            message: ["redirected to `file`", "it is no web address"]
        ),
        Failing(
            name: "a redirect to a socket",
            fault: Fault(.redirect(to: "http+unix://%2Frun%2Fx.sock/"), path: "/blobs/"),
            message: ["redirected to `http+unix`", "it is no web address"]
        ),
        Failing(
            name: "a redirect with a password",
            fault: Fault(.redirect(to: "http://a:b@127.0.0.1/"), path: "/blobs/"),
            message: ["it is no web address"]
        ),
    ]

    @Test("what does not pass is an error that names registry, blob and reason", arguments: failing)
    func failingFaults(_ row: Failing) async throws {
        try await withRegistry { registry in
            registry.put(FetchTests.bytes, in: "team/app")
            registry.add(row.fault)
            let location = RepositoryLocation(try Reference("\(registry.host)/team/app"))
            let error = await registryError {
                try await withClient { try await $0.fetch(FetchTests.blob, of: location, into: Recorder()) }
            }
            let message = try #require(error?.message)
            #expect(message.contains(registry.host))
            for part in row.message { #expect(message.contains(part), "\(message)") }
        }
    }

    @Test("what the sink throws ends the download and is thrown on")
    func sinkFails() async throws {
        struct Full: Error {}
        final class FullSink: BlobSink {
            func write(_ bytes: UnsafeRawBufferPointer) throws { throw Full() }
            func restart() throws {}
        }
        try await withRegistry { registry in
            registry.put(FetchTests.bytes, in: "team/app")
            let location = RepositoryLocation(try Reference("\(registry.host)/team/app"))
            await #expect(throws: Full.self) {
                try await withClient { try await $0.fetch(FetchTests.blob, of: location, into: FullSink()) }
            }
            #expect(registry.requests.filter { $0.path.contains("/blobs/") }.count == 1)
        }
    }

    @Test("a cancelled download ends at once, also while it waits", arguments: [true, false])
    func cancelled(_ isSilent: Bool) async throws {
        try await withRegistry { registry in
            registry.put(FetchTests.bytes, in: "team/app")
            registry.add(
                Fault(isSilent ? .silence(after: 10) : .status(503, headers: [("Retry-After", "50")]), path: "/blobs/")
            )
            let location = RepositoryLocation(try Reference("\(registry.host)/team/app"))
            let (starts, start) = AsyncStream<Void>.makeStream()
            final class Starting: BlobSink {
                let start: AsyncStream<Void>.Continuation
                init(_ start: AsyncStream<Void>.Continuation) { self.start = start }
                func write(_ bytes: UnsafeRawBufferPointer) throws { start.finish() }
                func restart() throws {}
            }
            var settings = RegistrySettings(environment: [:])
            settings.systemFolder = "/nonexistent"
            let client = RegistryClient(
                settings: settings,
                events: { event in
                    if case .retrying = event { start.finish() }
                }
            ) { _, _ in nil }
            let task = Task { try await client.fetch(FetchTests.blob, of: location, into: Starting(start)) }
            for await _ in starts {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            await client.close()
        }
    }

    @Test("a layer that the registry lacks comes from its own addresses if that is allowed, without a log-in")
    func foreign() async throws {
        try await withRegistry({ $0.logIn = .basic(username: "user", password: "password") }) { registry in
            try await withRegistry { elsewhere in
                elsewhere.put(FetchTests.bytes, in: "files")
                let address = "http://\(elsewhere.host)/v2/files/blobs/\(FetchTests.blob.digest)"
                let type = try MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
                let blob = Descriptor(
                    mediaType: type,
                    digest: FetchTests.blob.digest,
                    size: FetchTests.blob.size,
                    urls: [ByteString(address)]
                )
                let location = RepositoryLocation(try Reference("\(registry.host)/team/app"))
                let credential = Credential(username: "user", password: "password")
                let sink = Recorder()
                try await withClient(credential: credential, { $0.fetchesForeignLayers = true }) {
                    try await $0.fetch(blob, of: location, into: sink)
                }
                #expect(sink.bytes == FetchTests.bytes)
                #expect(elsewhere.requests.allSatisfy { $0.headers["authorization"] == nil })
                let error = await registryError {
                    try await withClient(credential: credential) { try await $0.fetch(blob, of: location, into: sink) }
                }
                #expect(error?.message.contains("not found or no access") ?? false)
            }
        }
    }
}
