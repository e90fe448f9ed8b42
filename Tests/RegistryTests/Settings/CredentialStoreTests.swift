import Bytes
import Glibc
import Linux
import Registry
import Testing

@Suite("Kept credentials")
struct CredentialStoreTests {
    /// `ann:pw`, `bob:pw` and so on in Base64, as the files hold them.
    private static let ann = #"{"auth": "YW5uOnB3"}"#
    private static let bob = #"{"auth": "Ym9iOnB3"}"#

    struct Case: Sendable, CustomTestStringConvertible {
        let key: String
        let registry: String
        var repository = "team/app"
        let isFound: Bool

        var testDescription: String { "\(key) for \(registry)/\(repository)" }
    }

    @Test(
        "a key of auths is found as each tool writes it, and for nothing else",
        arguments: [
            Case(key: "ghcr.io", registry: "ghcr.io", isFound: true),
            Case(key: "https://ghcr.io", registry: "ghcr.io", isFound: true),
            Case(key: "http://ghcr.io/v2/", registry: "ghcr.io", isFound: true),
            Case(key: "GHCR.io/v1/", registry: "ghcr.io", isFound: true),
            Case(key: "ghcr.io:443", registry: "ghcr.io", isFound: false),
            Case(key: "localhost:5000", registry: "localhost:5000", isFound: true),
            Case(key: "localhost", registry: "localhost:5000", isFound: false),
            Case(key: "evil-ghcr.io", registry: "ghcr.io", isFound: false),
            Case(key: "https://index.docker.io/v1/", registry: "docker.io", isFound: true),
            Case(key: "docker.io", registry: "registry-1.docker.io", isFound: true),
            Case(key: "registry-1.docker.io", registry: "index.docker.io", isFound: true),
            Case(key: "hub.docker.io", registry: "docker.io", isFound: false),
            Case(key: "ghcr.io/team", registry: "ghcr.io", isFound: true),
            Case(key: "ghcr.io/team/app", registry: "ghcr.io", isFound: true),
            Case(key: "ghcr.io/tea", registry: "ghcr.io", isFound: false),
            Case(key: "ghcr.io/team/app/sub", registry: "ghcr.io", isFound: false),
            Case(key: "", registry: "ghcr.io", isFound: false),
        ]
    )
    func keys(row: Case) async throws {
        let scratch = try Scratch()
        try scratch.write(".docker/config.json", "{\"auths\": {\"\(row.key)\": \(Self.ann)}}")
        let found = try await scratch.credentials().credential(for: row.registry, repository: row.repository)
        #expect(found == (row.isFound ? Credential(username: "ann", password: "pw") : nil))
    }

    @Test("the longest path of a repository wins, and an exact key over one that means the same")
    func mostParticularFirst() async throws {
        let scratch = try Scratch()
        try scratch.write(
            ".config/containers/auth.json",
            """
            {"auths": {"https://r.example/v2/": \(Self.bob), "r.example": \(Self.ann),
              "r.example/team": {"auth": "dGVhbTpwdw=="}, "r.example/team/app": {"auth": "YXBwOnB3"}}}
            """
        )
        let store = scratch.credentials()
        var names: [String?] = []
        for repository in ["team/app", "team/app/x", "team/other", "teams/app"] {
            names.append(try await store.credential(for: "r.example", repository: repository)?.username)
        }
        #expect(names == ["app", "app", "team", "ann"])
    }

    @Test(
        "an entry holds a password or an identity token in several forms",
        arguments: [
            (#"{"auth": "YTpiOmM="}"#, Credential(username: "a", password: "b:c")),
            (#"{"auth": "YW5uOnB3AAA="}"#, Credential(username: "ann", password: "pw")),
            (#"{"username": "u", "password": "pä"}"#, Credential(username: "u", password: "pä")),
            (#"{"auth": "YW5uOg==", "identitytoken": "t"}"#, Credential(username: "ann", identityToken: "t")),
            (#"{"auth": "", "identitytoken": "t"}"#, Credential(username: "", identityToken: "t")),
            (#"{}"#, nil), (#"{"email": "a@b"}"#, nil),
        ]
    )
    func entries(entry: String, expected: Credential?) async throws {
        let scratch = try Scratch()
        try scratch.write(".docker/config.json", "{\"auths\": {\"r.example\": \(entry)}}")
        #expect(try await scratch.credentials().credential(for: "r.example", repository: "x") == expected)
    }

    @Test("files are read in their order: Docker's, REGISTRY_AUTH_FILE, the session's, the system's, the home's")
    func order() async throws {
        let scratch = try Scratch()
        let paths: [ByteString] = [
            "docker/config.json", "given.json", "session/containers/auth.json",
            ByteString("run/\(geteuid())/auth.json"),
            ".config/containers/auth.json",
        ]
        for (index, path) in paths.enumerated() {
            let entry = #"{"username": "\#(index)", "password": "p"}"#
            try scratch.write(path, "{\"auths\": {\"r.example\": \(entry)}}")
        }
        let store = scratch.credentials(adding: [
            "DOCKER_CONFIG": scratch.path + "/docker", "REGISTRY_AUTH_FILE": scratch.path + "/given.json",
            "XDG_RUNTIME_DIR": scratch.path + "/session",
        ])
        var names: [String?] = []
        for path in paths {
            names.append(try await store.credential(for: "r.example", repository: "x")?.username)
            try scratch.directory.openBeneath(path, flags: O_WRONLY | O_TRUNC).write(Array("{}".utf8))
        }
        #expect(names == ["0", "1", "2", "3", "4"])
        #expect(try await store.credential(for: "r.example", repository: "x") == nil)
    }

    @Test(
        "a malformed file is an error that names it and holds no secret",
        arguments: [
            #"{"auths": {"r.example": {"auth": "hunter2"}}"#, #"{"auths": ["hunter2"]}"#, #"["hunter2"]"#,
            #"{"auths": {"r.example": {"auth": "hunter2!"}}}"#, #"{"auths": {"r.example": {"auth": "aHVudGVyMg=="}}}"#,
            #"{"auths": {"r.example": "hunter2"}}"#, #"{"auths": {"r.example": {"password": ["hunter2"]}}}"#,
            #"{"credsStore": 1}"#, #"{"credHelpers": {"r.example": ["hunter2"]}}"#,
            #"{"auths": {"r.example": {"registrytoken": "hunter2"}}}"#,
        ]
    )
    func malformed(text: String) async throws {
        let scratch = try Scratch()
        try scratch.write(".docker/config.json", text)
        let error = await settingsError {
            _ = try await scratch.credentials().credential(for: "r.example", repository: "x")
        }
        let message = try #require(error?.message)
        #expect(message.hasPrefix("\(scratch.path)/.docker/config.json: "))
        #expect(!message.contains("hunter2"))
    }

    @Test("an empty file is nothing; a folder, a fifo and a file over 4 MiB are refused")
    func oddFiles() async throws {
        let scratch = try Scratch()
        let store = scratch.credentials(adding: ["DOCKER_CONFIG": scratch.path])
        let read = { _ = try await store.credential(for: "r.example", repository: "x") }
        let path = scratch.path + "/config.json"
        try scratch.write("config.json", " \n")
        try await read()
        try scratch.write("config.json", String(repeating: " ", count: (4 << 20) + 1))
        #expect(await settingsError(of: read) == .tooLarge(path, limit: 4 << 20))
        try scratch.directory.removeFile("config.json")
        try scratch.directory.makeNode("config.json", kind: .fifo, mode: 0o600)
        #expect(await settingsError(of: read) == .notAFile(path))
        try scratch.directory.removeFile("config.json")
        try scratch.directory.makeDirectory("config.json", mode: 0o700)
        #expect(await settingsError(of: read) == .notAFile(path))
    }

    @Test(
        "a host with a slash, a newline or two points is refused",
        arguments: ["a/b", "a\nb", "a..b", "", "https://a"]
    )
    func hosts(host: String) async throws {
        let store = try Scratch().credentials()
        let error = await settingsError { _ = try await store.credential(for: host, repository: "x") }
        #expect(error == .malformedHost(ByteString(host)))
    }
}
