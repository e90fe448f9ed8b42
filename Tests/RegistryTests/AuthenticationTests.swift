import Bytes
import LoopbackRegistry
import OCI
import Registry
import Testing

@Suite("Logging in")
struct AuthenticationTests {
    static let image = TestImage()
    static let user = Credential(username: "user", password: "pass word:1")
    static let identity = Credential(username: "", identityToken: "identity-token-1")

    /// A registry with tokens and the image in `team/app`.
    private func withTokens(
        _ change: (inout LoopbackRegistry.Options) -> Void = { _ in },
        _ body: (LoopbackRegistry, TokenIssuer) async throws -> Void
    ) async throws {
        let issuer = TokenIssuer()
        try await withRegistry({ options in
            options.logIn = .bearer(issuer, realm: nil)
            options.user = ("user", "pass word:1")
            options.identityToken = "identity-token-1"
            change(&options)
        }) { registry in
            AuthenticationTests.image.put(into: registry, "team/app")
            try await body(registry, issuer)
        }
    }

    private func resolve(
        _ registry: LoopbackRegistry,
        _ credential: Credential? = nil,
        _ recorder: Recorder = Recorder()
    ) async throws {
        let name = try Reference("\(registry.host)/team/app")
        try await withClient(credential: credential, recorder: recorder) { client in
            let found = try await client.resolve(name, platform: .host)
            #expect(found.manifest.digest == AuthenticationTests.image.manifest.digest)
        }
    }

    @Test("basic: nothing is shown before the registry asks; then each request shows it at once")
    func basic() async throws {
        try await withRegistry({ $0.logIn = .basic(username: "user", password: "pass word:1") }) { registry in
            AuthenticationTests.image.put(into: registry, "team/app")
            try await resolve(registry, AuthenticationTests.user)
            let shown = registry.requests.filter { $0.path != "/v2/" }.map { $0.headers["authorization"] != nil }
            #expect(shown == [false, true, true])
        }
    }

    @Test("anybody may pull: one token serves manifest and config")
    func anonymous() async throws {
        try await withTokens { registry, issuer in
            try await resolve(registry)
            #expect(issuer.count == 1)
            let asked = try #require(registry.requests.first { $0.path == "/token" })
            #expect(asked.queries("scope") == ["repository:team/app:pull"])
            #expect(asked.query("service") == "loopback")
            #expect(asked.headers["authorization"] == nil)
        }
    }

    @Test("a user gets a token for the password, which the registry itself never sees")
    func userToken() async throws {
        try await withTokens({ $0.isPrivate = true }) { registry, _ in
            try await resolve(registry, AuthenticationTests.user)
            let basic = registry.requests.filter { $0.headers["authorization"]?.hasPrefix("Basic") ?? false }
            #expect(basic.map(\.path) == ["/token"])
            #expect(basic.first?.query("account") == "user")
        }
    }

    @Test("an identity token is exchanged by POST")
    func identityToken() async throws {
        try await withTokens({ $0.isPrivate = true }) { registry, _ in
            try await resolve(registry, AuthenticationTests.identity)
            let asked = try #require(registry.requests.first { $0.path == "/token" })
            #expect(asked.method == "POST")
            #expect(!asked.target.contains("identity-token-1"))
        }
    }

    @Test("many requests at once share one token")
    func shared() async throws {
        try await withTokens { registry, issuer in
            let bytes = (0..<20).map { TestImage.bytes(2000, seed: UInt64($0)) }
            for blob in bytes { registry.put(blob, in: "team/app") }
            let location = RepositoryLocation(try Reference("\(registry.host)/team/app"))
            try await withClient { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for blob in bytes {
                        let size = Int64(blob.count)
                        let blob = Descriptor(mediaType: .ociLayer, digest: Digest(of: blob), size: size)
                        group.addTask { try await client.fetch(blob, of: location, into: Recorder()) }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(issuer.count == 1)
        }
    }

    @Test("a token that the registry no longer takes is replaced once")
    func revoked() async throws {
        try await withTokens { registry, issuer in
            let name = try Reference("\(registry.host)/team/app")
            try await withClient { client in
                _ = try await client.resolve(name, platform: .host)
                issuer.revokeAll()
                _ = try await client.resolve(name, platform: .host)
            }
            #expect(issuer.count == 2)
        }
    }

    @Test("a registry that takes no token gets two requests, not a loop")
    func loop() async throws {
        try await withTokens { registry, issuer in
            let challenge = [("WWW-Authenticate", "Bearer realm=\"http://\(registry.host)/token\",service=\"x\"")]
            registry.add(Fault(.status(401, headers: challenge), path: "/manifests/", times: 99))
            let error = await registryError { try await resolve(registry, AuthenticationTests.user) }
            #expect(error?.message.contains("not found or no access (HTTP 401)") ?? false)
            #expect(error?.remedy?.contains("swift-build-image login \(registry.host)") ?? false)
            #expect(registry.requests.filter { $0.path.contains("/manifests/") }.count == 2)
            #expect(issuer.count == 1)
        }
    }

    @Test("bearer wins over basic where a registry offers both, in one line or two", arguments: [true, false])
    func severalChallenges(_ inOneLine: Bool) async throws {
        try await withTokens { registry, _ in
            let bearer =
                "Bearer realm=\"http://\(registry.host)/token\",service=\"loopback\",scope=\"repository:team/app:pull\""
            let lines = inOneLine ? ["Basic realm=\"a, b\", " + bearer] : ["Basic realm=\"a\"", bearer]
            let headers = lines.map { ("WWW-Authenticate", $0) }
            registry.add(Fault(.status(401, headers: headers), path: "/manifests/"))
            try await resolve(registry, AuthenticationTests.user)
            #expect(registry.requests.contains { $0.path == "/token" })
        }
    }

    @Test("a push asks for push, and for pull where it mounts from")
    func pushScopes() async throws {
        try await withTokens { registry, _ in
            let image = AuthenticationTests.image.pushed(origins: ["\(registry.host)/team/app"])
            let name = try Reference("\(registry.host)/team/copy")
            let report = try await withClient(credential: AuthenticationTests.user) {
                try await $0.push(image, to: name)
            }
            #expect(report.mounted == 2)
            let scopes = Set(registry.requests.filter { $0.path == "/token" }.map { $0.queries("scope").sorted() })
            let both = ["repository:team/app:pull", "repository:team/copy:pull,push"]
            // The registry names single actions in its challenge; what it names is asked for too.
            #expect(scopes.contains { Set($0).isSuperset(of: both) })
        }
    }

    @Test("who may not push is told to log in")
    func anonymousPush() async throws {
        try await withTokens { registry, _ in
            let name = try Reference("\(registry.host)/team/copy")
            let error = await registryError {
                _ = try await withClient { try await $0.push(AuthenticationTests.image.pushed, to: name) }
            }
            #expect(error?.message.contains("no access (HTTP 401") ?? false, "\(error as Any)")
            #expect(error?.remedy == "check the name, or log in: swift-build-image login \(registry.host)")
        }
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let fault: @Sendable (_ host: String) -> Fault
        let message: String

        var testDescription: String { name }
    }

    private static func realm(_ realm: String) -> Fault {
        let challenge = [("WWW-Authenticate", "Bearer realm=\"\(realm)\",service=\"x\"")]
        return Fault(.status(401, headers: challenge), path: "/manifests/")
    }

    static let rows: [Row] = [
        Row(
            name: "a realm of another domain",
            fault: { _ in realm("https://auth.attacker.example/token") },
            message: "auth.attacker.example as its token server, which would get the password: it is of another domain"
        ),
        Row(
            name: "a realm without TLS",
            fault: { _ in realm("http://auth.attacker.example/token") },
            message: "it is not encrypted"
        ),
        Row(
            name: "a realm that is a file",
            fault: { _ in realm("file:///etc/passwd") },
            message: "it is no web address"
        ),
        Row(
            name: "a scheme that is not known",
            fault: { _ in Fault(.status(401, headers: [("WWW-Authenticate", "Negotiate")]), path: "/manifests/") },
            message: "asks for a log-in that is not supported: negotiate"
        ),
        Row(
            name: "a token server without an end",
            fault: { _ in Fault(.endlessBody, path: "/token") },
            message: "the answer has more than 1048576 bytes"
        ),
        Row(
            name: "a token of 1 GB, said",
            fault: { _ in Fault(.headers([("Content-Length", "1073741824")]), path: "/token") },
            message: "the answer has more than 1048576 bytes"
        ),
        Row(
            name: "a token that would end its header",
            fault: { _ in Fault(.status(200, body: #"{"token":"a\r\nHost: b"}"#), path: "/token") },
            message: "gave a token that is not plain text"
        ),
        Row(
            name: "no token",
            fault: { _ in Fault(.status(200, body: "{}"), path: "/token") },
            message: "gave no token"
        ),
        Row(name: "no JSON", fault: { _ in Fault(.status(200, body: "<"), path: "/token") }, message: "gave no JSON"),
        Row(
            name: "a token server that is busy for ever",
            fault: { _ in Fault(.status(503), path: "/token", times: 5) },
            message: "the registry answered HTTP 503 (after 5 tries)"
        ),
    ]

    @Test("a token server that lies or is elsewhere is refused", arguments: rows)
    func refused(_ row: Row) async throws {
        try await withTokens { registry, _ in
            registry.add(row.fault(registry.host))
            let recorder = Recorder()
            let error = await registryError { try await resolve(registry, AuthenticationTests.user, recorder) }
            let message = try #require(error?.message)
            #expect(message.contains(row.message), "\(message)")
            #expect(message.contains(registry.host))
            #expect(registry.faultsLeft == 0)
        }
    }

    @Test("a token server that is named as trusted may be of another domain")
    func trustedTokenServer() async throws {
        try await withTokens { registry, _ in
            registry.add(AuthenticationTests.realm("https://auth.attacker.example:1/token"))
            let name = try Reference("\(registry.host)/team/app")
            let error = await registryError {
                _ = try await withClient(
                    credential: AuthenticationTests.user,
                    { $0.trustedTokenServers = ["auth.attacker.example:1"] }
                ) { try await $0.resolve(name, platform: .host) }
            }
            // It is asked, and of course not there.
            guard case .unreachable(let subject, _, _) = error else { throw Unexpected(error) }
            #expect(subject.asked == "token")
        }
    }

    @Test("no log-in follows a redirect to another host", arguments: ["/manifests/", "/blobs/"])
    func redirect(_ path: String) async throws {
        try await withRegistry { elsewhere in
            AuthenticationTests.image.put(into: elsewhere, "team/app")
            try await withTokens { registry, _ in
                let target = "http://\(elsewhere.host)/v2/team/app" + path
                let digest = AuthenticationTests.image.config.digest
                let place = target + (path == "/blobs/" ? digest.description : "latest")
                let name = try Reference("\(registry.host)/team/app")
                try await withClient(credential: AuthenticationTests.user) { client in
                    // Once to have a token, which is then shown from the first request on.
                    _ = try await client.resolve(name, platform: .host)
                    registry.add(Fault(.redirect(to: place), path: path))
                    _ = try await client.resolve(name, platform: .host)
                }
                #expect(registry.faultsLeft == 0)
                let there = elsewhere.requests.filter { $0.path.contains(path) }
                #expect(there.count == 1)
                #expect(there.allSatisfy { $0.headers["authorization"] == nil && $0.headers["cookie"] == nil })
            }
        }
    }

    @Test("a redirect on the same host keeps the log-in")
    func redirectAtHome() async throws {
        try await withTokens { registry, _ in
            registry.put(
                manifest: AuthenticationTests.image.manifest.bytes,
                type: MediaType.ociManifest.text,
                in: "team/app",
                tag: "other"
            )
            registry.add(Fault(.redirect(to: "other"), path: "/manifests/latest"))
            try await resolve(registry, AuthenticationTests.user)
            #expect(registry.faultsLeft == 0)
        }
    }

    @Test("an identity token is not sent on to another host")
    func redirectedTokenServer() async throws {
        try await withRegistry { elsewhere in
            let place = "http://\(elsewhere.host)/token"
            try await withTokens { registry, _ in
                registry.add(Fault(.redirect(to: place, status: 307), path: "/token"))
                let error = await registryError { try await resolve(registry, AuthenticationTests.identity) }
                #expect(error?.message.contains("it would get a secret") ?? false)
                #expect(elsewhere.requests.isEmpty)
            }
        }
    }

    @Test("what a registry repeats of a secret is not shown, nor is it in any event")
    func secretsAreHidden() async throws {
        try await withTokens { registry, _ in
            // This token server repeats the header that it got.
            let wrong = Credential(username: "user", password: "other secret")
            let recorder = Recorder()
            let first = await registryError { try await resolve(registry, wrong, recorder) }
            guard case .credentialsRefused = first else { throw Unexpected(first) }
            let error = try #require(first)
            let token = Credential(username: "", identityToken: "other secret token")
            let second = try #require(await registryError { try await resolve(registry, token, recorder) })
            let body = #"{"errors":[{"code":"BUSY","message":"wait, loopback-token-1"}]}"#
            registry.add(Fault(.status(503, body: body), path: "/blobs/"))
            try await resolve(registry, nil, recorder)
            let told = "\(error) \(error.message) \(second) \(second.message) \(recorder.events)"
            #expect(told.contains("you sent") && told.contains("bad refresh token") && told.contains("busy: wait, …"))
            #expect(!told.contains("secret") && !told.contains("loopback-token") && !told.contains("dXNlcjpv"))
        }
    }

    @Test(
        "without its credential helper a public image is pulled as by anybody, a private one ends with the helper's error"
    )
    func brokenHelper() async throws {
        try await withTokens { registry, _ in
            let scratch = try Scratch()
            try scratch.write(".docker/config.json", #"{"credsStore":"not-installed"}"#)
            let recorder = Recorder()
            var settings = RegistrySettings(environment: scratch.environment)
            settings.systemFolder = scratch.path
            let client = RegistryClient(settings: settings) { recorder.tell($0) }
            let name = try Reference("\(registry.host)/team/app")
            _ = try await client.resolve(name, platform: .host)
            let told = recorder.events.filter {
                if case .withoutCredential(registry.host, let reason) = $0 {
                    reason.contains("not-installed")
                } else {
                    false
                }
            }
            #expect(told.count == 1)
            let error = await settingsError {
                _ = try await client.push(AuthenticationTests.image.pushed, to: name.tagged("2"))
            }
            #expect(error?.message.contains("docker-credential-not-installed") ?? false)
            await client.close()
        }
    }

    // MARK: Trying a log-in

    private func logIn(_ registry: LoopbackRegistry, _ credential: Credential) async throws -> Credential {
        try await withClient { try await $0.checkLogin(to: registry.host, with: credential) }
    }

    @Test("a log-in is tried at a registry with basic, and a wrong password is told")
    func logInBasic() async throws {
        try await withRegistry({ $0.logIn = .basic(username: "user", password: "pass word:1") }) { registry in
            let stored = try await logIn(registry, AuthenticationTests.user)
            #expect(stored == AuthenticationTests.user)
            let wrong = Credential(username: "user", password: "wrong")
            let error = await registryError { _ = try await logIn(registry, wrong) }
            let message = "\(registry.host) refuses the user name and password: unauthorized: authentication required"
            #expect(error?.message == message)
        }
    }

    @Test("a token server's identity token is what is to be stored, in place of the password")
    func logInToken() async throws {
        try await withTokens { registry, _ in
            let stored = try await logIn(registry, AuthenticationTests.user)
            #expect(stored == Credential(username: "user", identityToken: "identity-token-1"))
            registry.change { $0.identityToken = nil }
            let plain = try await logIn(registry, AuthenticationTests.user)
            #expect(plain == AuthenticationTests.user)
            let wrong = Credential(username: "user", password: "wrong")
            let error = await registryError { _ = try await logIn(registry, wrong) }
            guard case .credentialsRefused = error else { throw Unexpected(error) }
        }
    }

    // MARK: Searching

    @Test("a search is answered by the registry, or out of its catalog")
    func search() async throws {
        try await withRegistry { registry in
            AuthenticationTests.image.put(into: registry, "team/app")
            try await withClient { client in
                let found = try await client.search("app", in: registry.host, limit: 5)
                #expect(found == [SearchResult(name: "team/app", description: "one", stars: 7, isOfficial: true)])
                registry.add(Fault(.status(404), path: "/v1/search", times: 2))
                let listed = try await client.search("app", in: registry.host, limit: 5)
                #expect(listed.map(\.name) == ["team/app"])
                registry.add(Fault(.status(404), path: "/v2/_catalog"))
                let error = await registryError { _ = try await client.search("app", in: registry.host, limit: 5) }
                #expect(error == .searchUnsupported(registry: registry.host))
            }
        }
    }
}
