import Bytes
import LoopbackRegistry
import Registry
import Testing

/// Files of the web, from a server in this process.
@Suite("Downloads", .timeLimit(.minutes(2)))
struct DownloadTests {
    private static let old = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let now = "Mon, 07 Nov 1994 08:49:37 GMT"

    private func file(_ server: LoopbackRegistry, _ path: String = "/f", limit: Int64 = 1 << 30) -> WebFile {
        WebFile(url: "http://\(server.host)\(path)", shown: "http://server/f", limit: limit)
    }

    /// Downloads `/f` of a server that a test has prepared.
    private func download(
        _ change: (inout WebFile) -> Void = { _ in },
        limit: Int64 = 1 << 30,
        recorder: Recorder = Recorder(),
        from server: LoopbackRegistry
    ) async throws -> FileAnswer {
        try await withClient(recorder: recorder) { client in
            var file = file(server, limit: limit)
            change(&file)
            return try await client.download(file, into: recorder)
        }
    }

    private func failure(_ body: () async throws -> Void) async -> DownloadError? {
        do { try await body() } catch let error as DownloadError { return error } catch {
            Issue.record("another error: \(error)")
        }
        return nil
    }

    @Test("a file comes with what its server says of its version")
    func plain() async throws {
        try await withRegistry { server in
            server.put(
                LoopbackFile("text", etag: "\"1\"", modified: DownloadTests.old, date: DownloadTests.now),
                at: "/f"
            )
            let recorder = Recorder()
            let answer = try await download(recorder: recorder, from: server)
            let version = FileVersion(etag: "\"1\"", modified: DownloadTests.old, comparesTime: true)
            #expect(answer == .content(version))
            #expect(recorder.bytes == Array("text".utf8))
            #expect(version.modifiedSeconds == 784_111_777)
            #expect(server.requests.first?.headers["accept-encoding"] == "identity")
        }
    }

    @Test("a known version that is still right does not come again, by ETag or by time")
    func unchanged() async throws {
        try await withRegistry { server in
            server.put(LoopbackFile("text", etag: "W/\"1\"", modified: DownloadTests.old), at: "/f")
            let versions = [
                FileVersion(etag: "W/\"1\"", modified: nil),
                FileVersion(etag: nil, modified: DownloadTests.old, comparesTime: true),
                FileVersion(etag: "\"0\"", modified: DownloadTests.old, comparesTime: true),
            ]
            var isUnchanged: [Bool] = []
            for known in versions {
                let answer = try await download({ $0.known = known }, from: server)
                isUnchanged.append(answer == .unchanged)
            }
            #expect(isUnchanged == [true, true, false])
        }
    }

    @Test("a time that is too young to tell versions apart is not asked by")
    func youngTime() async throws {
        try await withRegistry { server in
            server.put(LoopbackFile("text", modified: DownloadTests.old, date: DownloadTests.old), at: "/f")
            let answer = try await download(from: server)
            guard case .content(let version) = answer else { return #expect(Bool(false), "\(answer)") }
            #expect(!version.isComparable)
            server.forgetRequests()
            let second = try await download({ $0.known = version }, from: server)
            #expect(second == answer)
            #expect(server.requests.first?.headers["if-modified-since"] == nil)
        }
    }

    @Test("a cut is mended with the rest where the ETag says that bytes are equal, else from the start")
    func cut() async throws {
        for (etag, ranges) in [("\"1\"", [nil, "bytes=4-"]), ("W/\"1\"", [nil, nil])] {
            try await withRegistry { server in
                server.put(LoopbackFile("some text", etag: etag), at: "/f")
                server.add(Fault(.cutBody(at: 4)))
                let recorder = Recorder()
                _ = try await download(recorder: recorder, from: server)
                #expect(recorder.bytes == Array("some text".utf8))
                #expect(server.requests.map { $0.headers["range"] } == ranges)
                #expect(recorder.restarts == (ranges[1] == nil ? 1 : 0))
            }
        }
    }

    @Test("a file that changed between two parts of it comes whole")
    func changedWhileItCame() async throws {
        try await withRegistry { server in
            server.put(LoopbackFile("old content", etag: "\"1\""), at: "/f")
            server.add(Fault(.cutBody(at: 4)))
            server.add(Fault(.ignoreRange))
            let recorder = Recorder()
            _ = try await download(recorder: recorder, from: server)
            #expect(recorder.bytes == Array("old content".utf8))
            #expect(recorder.restarts == 1)
        }
    }

    @Test("what may pass is waited out, what will not pass is told at once")
    func refusals() async throws {
        try await withRegistry { server in
            server.put(LoopbackFile("text"), at: "/f")
            server.add(Fault(.status(503), times: 2))
            let recorder = Recorder()
            _ = try await download(recorder: recorder, from: server)
            #expect(recorder.bytes == Array("text".utf8) && recorder.retries.count == 2)
            server.forgetRequests()
            for status in [404, 403, 401, 400] {
                server.add(Fault(.status(status, headers: [("Content-Type", "text/plain")], body: "no such thing")))
                let error = await failure { _ = try await download(from: server) }
                #expect(error == .refused(url: "http://server/f", status: status, told: "no such thing", tries: 1))
            }
            #expect(server.requests.count == 4)
        }
    }

    @Test("a body without end, or one that says it is too long, is given up at the limit")
    func endless() async throws {
        try await withRegistry { server in
            server.put(LoopbackFile("0123456789"), at: "/f")
            #expect(
                await failure { _ = try await download(limit: 9, from: server) }
                    == .tooLarge(url: "http://server/f", limit: 9)
            )
            server.add(Fault(.endlessBody))
            let recorder = Recorder()
            #expect(
                await failure { _ = try await download(limit: 1 << 20, recorder: recorder, from: server) }
                    == .tooLarge(url: "http://server/f", limit: 1 << 20)
            )
            #expect(recorder.bytes.count <= 1 << 20)
        }
    }

    /// What a server does wrong each time.
    enum Lie: String, CaseIterable {
        case endlessHeaders, wrongLength, cut, partUnasked, unchangedUnasked, choices

        var action: Fault.Action {
            switch self {
            case .endlessHeaders: .headers((0..<3000).map { ("X-\($0)", String(repeating: "x", count: 100)) })
            case .wrongLength: .headers([("Content-Length", "100")])
            case .cut: .cutBeforeAnswer
            case .partUnasked: .status(206)
            case .unchangedUnasked: .status(304)
            case .choices: .status(300)
            }
        }
    }

    @Test("an answer that is a lie, or has no end, is an error and no file", arguments: Lie.allCases)
    func lies(_ lie: Lie) async throws {
        try await withRegistry { server in
            server.put(LoopbackFile("text"), at: "/f")
            server.add(Fault(lie.action, times: 5))
            let error = await failure {
                try await withClient { settings in
                    settings.limits.tries = 2
                    settings.limits.idleTimeout = .milliseconds(200)
                } _: { client in
                    _ = try await client.download(file(server), into: Recorder())
                }
            }
            #expect(error != nil)
        }
    }

    @Test(
        "only http and https are followed, and not without end",
        arguments: [
            "file:///etc/passwd", "ftp://h/f", "http://user:password@h/f", "/f",
        ]
    )
    func redirects(_ target: String) async throws {
        try await withRegistry { server in
            server.put(LoopbackFile("text"), at: "/f")
            server.add(Fault(.redirect(to: target, status: 302), times: 20))
            let error = await failure { _ = try await download(from: server) }
            guard case .failed(.refusedRedirect) = error else {
                return #expect(Bool(false), "\(String(describing: error))")
            }
            #expect(error?.message.contains("password") == false)
        }
    }

    @Test("who is asking is told to the URL's own host and to no other")
    func authorization() async throws {
        try await withRegistry { other in
            try await withRegistry { server in
                other.put(LoopbackFile("text"), at: "/f")
                server.add(Fault(.redirect(to: "http://\(other.host)/f", status: 302)))
                _ = try await download({ $0.authorization = .bearer("hidden") }, from: server)
                #expect(server.requests.first?.headers["authorization"] == "Bearer hidden")
                #expect(other.requests.first?.headers["authorization"] == nil)
            }
        }
    }

    @Test(
        "a certificate is verified whatever was allowed for registries",
        .enabled(if: TestCertificates.arePossible, "openssl is missing")
    )
    func certificates() async throws {
        let certificates = try TestCertificates()
        defer { certificates.remove() }
        try await withRegistry {
            $0.certificates = certificates
        } _: { server in
            server.put(LoopbackFile("text"), at: "/f")
            let file = WebFile(url: "https://\(server.host)/f", shown: "https://server/f", limit: 100)
            let error = await failure {
                try await withClient {
                    $0.insecureRegistries = [server.host]
                } _: { client in
                    _ = try await client.download(file, into: Recorder())
                }
            }
            guard case .failed(.untrustedCertificate) = error else {
                return #expect(Bool(false), "\(String(describing: error))")
            }
            let authority = ByteString(certificates.path("ca.crt"))
            try await withClient {
                $0.environment["SSL_CERT_FILE"] = authority
            } _: { client in
                _ = try await client.download(file, into: Recorder())
            }
        }
    }
}
