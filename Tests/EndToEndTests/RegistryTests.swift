import Bytes
import Glibc
import LoopbackRegistry
import OCI
import Testing

/// The real program against a registry in this process, which records what it is asked and does wrong on demand.
@Suite("Registries", .enabled(if: Tool.canBuild), .timeLimit(.minutes(5)))
struct RegistryTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    /// A registry with the base image as `team/base:1`.
    private func registry(_ options: LoopbackRegistry.Options = .init()) async throws -> LoopbackRegistry {
        let registry = try await LoopbackRegistry(options)
        try registry.put(layout: try #require(BaseImage.layout), in: "team/base", tag: "1")
        return registry
    }

    private func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        let all = work.environment.merging(environment) { $1 }
        return try Program([Tool.path] + arguments, environment: all).finish()
    }

    @Test("a base that no step reads is never downloaded, and a push of what is built on it mounts its layers")
    func lazy() async throws {
        let registry = try await registry()
        let base = "\(registry.host)/team/base:1"
        let app = "\(registry.host)/team/app:1"
        try work.build("FROM \(base)\nENV A=b\nCMD [\"true\"]", ["-t", app])
        let pushed = try run("push", app)
        #expect(pushed.status == 0, "\(pushed.error)")
        let layers = try registry.layers(of: "team/base", tag: "1")
        #expect(!layers.isEmpty)
        for layer in layers {
            #expect(!registry.requests.contains { $0.method == "GET" && $0.path.hasSuffix("/blobs/\(layer)") })
            #expect(
                registry.requests.contains { $0.query("mount") == layer.description && $0.query("from") == "team/base" }
            )
        }
        #expect(try registry.layers(of: "team/app", tag: "1") == layers)
        // What needs the bytes fetches them now.
        let saved = try run("save", app, "-o", work.path + "/app.tar")
        #expect(saved.status == 0, "\(saved.error)")
        let shown = try run("layers", work.path + "/app.tar")
        #expect(shown.output.contains("COPY busybox"), "\(shown.error)")
        await registry.stop()
    }

    @Test("a name without a registry is looked for in the search registries of registries.conf, in their order")
    func search() async throws {
        let (first, second) = (try await LoopbackRegistry(), try await registry())
        let file = work.path + "/registries.conf"
        let text = "unqualified-search-registries = [\"\(first.host)\", \"\(second.host)\"]\n"
        try writeFile(file, Array(text.utf8))
        let environment = ["CONTAINERS_REGISTRIES_CONF": file]
        let found = try work.build("FROM team/base:1\nRUN echo found", [], environment: environment)
        #expect(found.error.contains("\(second.host)/team/base:1 at \(second.host)"), "\(found.error)")
        #expect(first.requests.contains { $0.path.hasSuffix("/v2/team/base/manifests/1") })
        await second.stop()
        let absent = try work.tryBuild("FROM team/absent:1\nRUN echo found", [], environment: environment)
        #expect(absent.status == 4)
        await first.stop()
    }

    @Test("layers that cuts and wrong bytes interrupt are fetched whole, and the build tells of each new try")
    func faults() async throws {
        let registry = try await registry()
        let layers = try registry.layers(of: "team/base", tag: "1")
        let layer = try #require(layers.first)
        registry.add(Fault(.cutBody(at: 1000), path: "/blobs/\(layer)"))
        registry.add(Fault(.status(503, headers: [("Retry-After", "0")]), path: "/manifests/1"))
        let build = try work.build("FROM \(registry.host)/team/base:1\nRUN echo read", [])
        #expect(build.printed == "read")
        #expect(build.error.contains("trying again"))
        #expect(registry.faultsLeft == 0)
        await registry.stop()
    }

    @Test("bytes that are not those of their digest are refused by registry and digest, and leave nothing")
    func lies() async throws {
        let registry = try await registry()
        let layer = try #require(try registry.layers(of: "team/base", tag: "1").first)
        registry.add(
            Fault(
                .body { bytes in
                    var bytes = bytes
                    bytes[500] ^= 1
                    return bytes
                },
                path: "/blobs/\(layer)",
                times: 10
            )
        )
        let build = try work.tryBuild("FROM \(registry.host)/team/base:1\nRUN echo read", [])
        #expect(build.status == 4)
        #expect(build.error.contains("\(registry.host)/team/base"))
        #expect(build.error.contains(layer.description))
        #expect(access("\(work.state)/content/sha256/\(layer.hex)", F_OK) != 0)
        await registry.stop()
    }

    @Test("a name in the store needs no registry, --pull asks all the same, and a digest never needs to be asked again")
    func offline() async throws {
        let registry = try await registry()
        let base = "\(registry.host)/team/base"
        let pulled = try run("pull", "\(base):1")
        #expect(pulled.status == 0, "\(pulled.error)")
        #expect(pulled.output.contains("Status: Downloaded newer image for \(base):1"))
        let digest = Digest(of: try #require(registry.manifest("1", in: "team/base")))
        #expect(pulled.output.contains("Digest: \(digest)"))
        try work.build("FROM \(base)@\(digest)\nRUN echo pinned", [], environment: [:])
        let other = try Workspace()
        try other.build("FROM \(base)@\(digest)\nRUN echo pinned")
        await registry.stop()
        let named = try work.build("FROM \(base):1\nRUN echo named")
        #expect(named.error.contains("\(base):1 in the store is \(digest)"))
        try other.build("FROM \(base)@\(digest)\nRUN echo again")
        let asked = try work.tryBuild("FROM \(base):1\nRUN echo named", ["--pull"])
        #expect(asked.status == 4)
    }

    @Test("a log-in that the registry takes is kept, serves a push, and is gone after a log-out")
    func login() async throws {
        var options = LoopbackRegistry.Options()
        options.logIn = .bearer(TokenIssuer(), realm: nil)
        options.user = ("user", "s3cr3t-p4ss")
        let registry = try await registry(options)
        let environment = ["DOCKER_CONFIG": work.path + "/docker"]
        let base = "\(registry.host)/team/base:1"
        let app = "\(registry.host)/team/app:1"
        // Anybody may pull.
        try work.build("FROM \(base)\nRUN echo x > /x", ["-t", app], environment: environment)
        let refused = try run("push", app, environment: environment)
        #expect(refused.status == 4)
        #expect(refused.error.contains("swift-build-image login \(registry.host)"))
        let wrong = try run("login", "-u", "user", "-p", "wrong-one", registry.host, environment: environment)
        #expect(wrong.status == 4)
        #expect(access(work.path + "/docker/config.json", F_OK) != 0)
        let login = try run("login", "-u", "user", "-p", "s3cr3t-p4ss", registry.host, environment: environment)
        #expect(login.status == 0, "\(login.error)")
        #expect(login.output == "Login Succeeded\n")
        let pushed = try run("push", app, environment: environment)
        #expect(pushed.status == 0, "\(pushed.error)")
        #expect(registry.manifest("1", in: "team/app") != nil)
        for text in [refused, wrong, login, pushed].flatMap({ [$0.output, $0.error] }) {
            #expect(!text.contains("s3cr3t") && !text.contains("wrong-one"))
        }
        let logout = try run("logout", registry.host, environment: environment)
        #expect(logout.output == "Removing login credentials for \(registry.host)\n")
        #expect(try run("push", app, environment: environment).status == 4)
        await registry.stop()
    }

    @Test("a pinned index gives each platform its own image, whatever an earlier build has left in the store")
    func variants() async throws {
        let registry = try await registry()
        let blobs = try registry.layers(of: "team/base", tag: "1")
        var entries: [Descriptor] = []
        for (text, label) in [("linux/arm/v6", "v6"), ("linux/arm/v7", "v7")] {
            let platform = try Platform(parsing: ByteString(text))
            var entry = try registry.putVariant(of: "team/base", tag: "1", platform, label: label, blobs)
            entry.platform = platform
            entries.append(entry)
        }
        let index = Document(Index(manifests: entries))
        registry.put(manifest: index.bytes, type: index.descriptor.mediaType.text, in: "team/base")
        let file = "FROM \(registry.host)/team/base@\(index.digest)\nLABEL mine=1"
        for (platform, label) in [("linux/arm/v6", "v6"), ("linux/arm/v7", "v7")] {
            let image = try work.image(file, ["--platform=" + platform], named: label)
            #expect(image.config.config.labels["which"] == ByteString(label))
        }
        await registry.stop()
    }

    @Test("of bases that share layers, each layer's place is remembered, and several places are tried")
    func places() async throws {
        let (registry, gone) = (try await registry(), try await registry())
        for tag in ["1", "2"] {
            let file = "FROM \(registry.host)/team/base:1\nRUN echo \(tag) > /tag"
            try work.build(file, ["-t", "\(registry.host)/team/app:\(tag)", "--push"])
        }
        let other = try Workspace()
        for tag in ["1", "2"] {
            try other.build("FROM \(registry.host)/team/app:\(tag)\nLABEL lazy=1", ["-t", "lazy:\(tag)"])
        }
        // What is pushed elsewhere is there, too, until that registry is gone.
        let copy = "\(gone.host)/team/copy:2"
        try other.build("FROM \(registry.host)/team/app:2\nLABEL lazy=1", ["-t", copy, "--push"])
        await gone.stop()
        for tag in ["1", "2"] {
            #expect(try other.build("FROM lazy:\(tag)\nRUN cat /tag").printed == tag)
        }
        await registry.stop()
    }

    @Test("a layer that cannot be had is an input's error, whichever layer it is, and no interruption")
    func missingLayers() async throws {
        let registry = try await registry()
        for layer in try registry.layers(of: "team/base", tag: "1") {
            registry.add(Fault(.status(404), path: "/blobs/\(layer)", times: 100))
            let build = try Workspace().tryBuild("FROM \(registry.host)/team/base:1\nRUN true")
            #expect(build.status == 4, "\(build.error)")
            #expect(!build.error.contains("interrupted"))
        }
        await registry.stop()
    }

    @Test("more stages than there are threads begin with bases that share layers")
    func manyStages() async throws {
        let registry = try await registry()
        let blobs = try registry.layers(of: "team/base", tag: "1")
        var file = ""
        for number in 0..<80 {
            let tag = "many\(number)"
            let entry = try registry.putVariant(of: "team/base", tag: "1", .host, label: tag, blobs)
            file += "FROM \(registry.host)/team/base@\(entry.digest) AS s\(number)\nRUN echo \(number) > /n\n"
        }
        file += "FROM scratch\n" + (0..<80).map { "COPY --from=s\($0) /n /\($0)\n" }.joined()
        try work.build(file, [], environment: ["SWIFT_BUILD_IMAGE_CHECK": ""], within: 120)
        await registry.stop()
    }

    /// How Debian's registry is spoken to.
    enum Way: String, Sendable, CaseIterable {
        case plain, tls, login
    }

    @Test(
        "Debian's registry gives bases and takes images, plain, with TLS and with a log-in; skopeo gets back what was pushed",
        .enabled(if: Tool.has("skopeo", "openssl", "docker-registry", for: "Debian's registry")),
        arguments: Way.allCases
    )
    func debian(way: Way) throws {
        let certificates = try way == .tls ? TestCertificates() : nil
        defer { certificates?.remove() }
        let registry = try DockerRegistry(way == .login ? .basic : .none, tls: certificates)
        defer { registry.stop() }
        var environment = ["DOCKER_CONFIG": work.path + "/docker"]
        environment["SSL_CERT_FILE"] = certificates?.path("ca.crt")
        let theirs = way == .login ? ["--creds=user:password"] : []
        func skopeo(_ words: [String]) throws {
            let outcome = try Program(["skopeo", "copy", "-q", "--insecure-policy"] + words).finish()
            #expect(outcome.status == 0, "\(words): \(outcome.error)")
        }
        let insecure = ["--dest-tls-verify=false"] + theirs.map { $0.replacing("--creds", with: "--dest-creds") }
        let layout = "oci:\(try #require(BaseImage.layout))"
        try skopeo(insecure + [layout, "docker://\(registry.host)/team/base:1"])
        if way == .login {
            let refused = try work.tryBuild("FROM \(registry.host)/team/base:1\nRUN true", [], environment: environment)
            #expect(refused.status == 4 && refused.error.contains("login \(registry.host)"), "\(refused.error)")
            let login = try run("login", "-u", "user", "-p", "password", registry.host, environment: environment)
            #expect(login.status == 0, "\(login.error)")
        }
        let app = "\(registry.host)/team/app:1"
        let file = "FROM \(registry.host)/team/base:1\nRUN echo built > /stamp\nCMD [\"cat\", \"/stamp\"]"
        try work.build(file, ["-t", app, "--push"], environment: environment)
        let from = ["--src-tls-verify=false"] + theirs.map { $0.replacing("--creds", with: "--src-creds") }
        try skopeo(from + ["docker://" + app, "oci:\(work.path)/back:1"])
        let back = try ExportedImage(work.path + "/back", outcome: work.build(file, [], environment: environment))
        let ours = try work.image(file, [], environment: environment)
        #expect(back.manifestDigest == ours.manifestDigest)
        // Into a store of its own, as another machine would.
        let other = ["SWIFT_BUILD_IMAGE_ROOT": work.path + "/other"].merging(environment) { $1 }
        let pulled = try run("pull", app, environment: other)
        #expect(pulled.output.contains("Digest: \(ours.manifestDigest)"), "\(pulled.error)")
    }

    @Test(
        "Docker's engine pulls and runs what was pushed",
        .enabled(if: DockerEngine.isThere && DockerRegistry.isInstalled)
    )
    func docker() throws {
        let registry = try DockerRegistry()
        defer { registry.stop() }
        let app = "\(registry.host)/team/app:1"
        try work.build("FROM busybox\nRUN echo built > /stamp\nCMD [\"cat\", \"/stamp\"]", ["-t", app, "--push"])
        let docker = try DockerEngine(folder: work.path + "/docker")
        _ = try docker("pull", "-q", app)
        #expect(try docker("run", "--rm", "--network", "none", app) == "built\n")
        let id = try docker("images", "--no-trunc", "-q", app)
        #expect(try run("images", "--no-trunc", "-q", app).output == id)
        // And the other way: what it pushes is a base here.
        let theirs = "\(registry.host)/team/theirs:1"
        _ = try docker("tag", app, theirs)
        _ = try docker("push", "-q", theirs)
        #expect(try work.build("FROM \(theirs)\nRUN cat /stamp", ["--pull"]).printed == "built")
    }
}

extension LoopbackRegistry {
    /// Puts the first image of a layout folder into a repository.
    func put(layout: String, in repository: String, tag: String) throws {
        let index = try Document<Index>(bytes: try readFile(layout + "/index.json")).content
        let entry = try #require(index.manifests.first)
        let bytes = try readFile(layout + "/" + ImageLayout.path(of: entry.digest).text)
        let manifest = try Document<Manifest>(bytes: bytes, of: entry).content
        for blob in manifest.layers + [manifest.config] {
            put(try readFile(layout + "/" + ImageLayout.path(of: blob.digest).text), in: repository)
        }
        put(manifest: bytes, type: entry.mediaType.text, in: repository, tag: tag)
    }

    /// The layers of an image in a repository.
    func layers(of repository: String, tag: String) throws -> [Digest] {
        let bytes = try #require(manifest(tag, in: repository))
        return try Document<Manifest>(bytes: bytes).content.layers.map(\.digest)
    }

    /// Puts an image with the layers of another one, a platform and a label into a repository, and says what leads to it.
    func putVariant(
        of repository: String,
        tag: String,
        _ platform: Platform,
        label: String,
        _ layers: [Digest]
    ) throws -> Descriptor {
        let bytes = try #require(manifest(tag, in: repository))
        var content = try Document<Manifest>(bytes: bytes).content
        let known = try #require(blob(content.config.digest, in: repository))
        var config = try Document<ImageConfig>(bytes: known, of: content.config).content
        config.platform = platform
        config.config.labels["which"] = ByteString(label)
        let document = Document(config)
        put(document.bytes, in: repository)
        content.config = document.descriptor
        let made = Document(content)
        put(manifest: made.bytes, type: made.descriptor.mediaType.text, in: repository)
        return made.descriptor
    }
}
