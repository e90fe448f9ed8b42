import Bytes
import Linux
import OCI
import Registry
import Testing

@Suite("registries.conf")
struct RegistriesConfigurationTests {
    private static let file = """
        unqualified-search-registries = ["one.example", "docker.io"]
        short-name-mode = "permissive"

        [[registry]]
        prefix = "docker.io"
        location = "docker.io"
        [[registry.mirror]]
        location = "mirror.example/hub"
        [[registry.mirror]]
        location = "tags.example"
        pull-from-mirror = "tag-only"
        insecure = true
        [[registry.mirror]]
        location = "digests.example/"
        pull-from-mirror = "digest-only"

        [[registry]]
        prefix = "docker.io/library"
        location = "library.example:5000/official"
        mirror-by-digest-only = true
        [[registry.mirror]]
        location = "exact.example"

        [[registry]]
        prefix = "*.corp.example"
        location = "cache.example/corp"
        insecure = true

        [[registry]]
        prefix = "*.kept.example"
        insecure = true

        [[registry]]
        prefix = "bad.example"
        blocked = true

        [[registry]]
        prefix = "bad.example/good"
        location = "bad.example/good"

        [aliases]
        "app" = "pin.example/team/app"
        "none" = ""
        """

    private func configuration(_ files: [ByteString: String]) throws -> (RegistriesConfiguration, Scratch) {
        let scratch = try Scratch()
        for (path, text) in files { try scratch.write(path, text) }
        let own = RegistriesConfiguration(environment: scratch.environment, systemFolder: scratch.path + "/etc")
        return (own, scratch)
    }

    private func places(_ configuration: RegistriesConfiguration, _ name: String) throws -> [String] {
        try configuration.endpoints(for: try Reference(name)).map { endpoint in
            let marks = (endpoint.isMirror ? " mirror" : "") + (endpoint.isInsecure ? " insecure" : "")
            return endpoint.host + "/" + endpoint.repository + marks
        }
    }

    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(
        "a name is looked for at the mirrors of the longest fitting prefix, in their order, then at its own place",
        arguments: [
            (
                "ann/app",
                ["mirror.example/hub/ann/app mirror", "tags.example/ann/app mirror insecure", "docker.io/ann/app"]
            ),
            (
                "ann/app@\(digest)",
                ["mirror.example/hub/ann/app mirror", "digests.example/ann/app mirror", "docker.io/ann/app"]
            ),
            ("busybox", ["library.example:5000/official/busybox"]),
            ("busybox@\(digest)", ["exact.example/busybox mirror", "library.example:5000/official/busybox"]),
            ("a.b.corp.example/x", ["cache.example/corp/x insecure"]),
            ("corp.example/x", ["corp.example/x"]),
            ("x.kept.example:5000/y", ["x.kept.example:5000/y insecure"]),
            ("x.kept.example/y", ["x.kept.example/y insecure"]),
            ("bad.example/good/x", ["bad.example/good/x"]), ("abad.example/x", ["abad.example/x"]),
            ("ghcr.io/x/y", ["ghcr.io/x/y"]),
            ("localhost:5000/x", ["localhost:5000/x insecure"]),
            ("127.0.0.1:5000/x", ["127.0.0.1:5000/x insecure"]),
        ]
    )
    func endpoints(name: String, expected: [String]) throws {
        let (configuration, scratch) = try configuration(["etc/containers/registries.conf": Self.file])
        #expect(try places(configuration, name) == expected)
        withExtendedLifetime(scratch) {}
    }

    @Test(
        "a blocked registry is refused by name, with the file that says so",
        arguments: ["bad.example/x", "bad.example/goods/x", "bad.example:5000/x"]
    )
    func blocked(name: String) async throws {
        let (configuration, scratch) = try configuration(["etc/containers/registries.conf": Self.file])
        let error = await settingsError { _ = try configuration.endpoints(for: try Reference(name)) }
        #expect(error == .registryBlocked(name: name, file: scratch.path + "/etc/containers/registries.conf"))
    }

    @Test("a short name has its alias, or one name for each search registry, or Docker's reading; tag and digest stay")
    func shortNames() throws {
        let (configuration, scratch) = try configuration(["etc/containers/registries.conf": Self.file])
        func candidates(_ name: String) throws -> [String] {
            try configuration.candidates(forShortName: name).map(\.description)
        }
        #expect(try candidates("app:1") == ["pin.example/team/app:1"])
        #expect(try candidates("app@\(Self.digest)") == ["pin.example/team/app@\(Self.digest)"])
        #expect(try candidates("busybox") == ["one.example/busybox:latest", "docker.io/library/busybox:latest"])
        #expect(try candidates("ann/x:2") == ["one.example/ann/x:2", "docker.io/ann/x:2"])
        #expect(try candidates("none") == ["one.example/none:latest", "docker.io/library/none:latest"])
        #expect(try candidates("ghcr.io/app") == ["ghcr.io/app:latest"])
        #expect(try candidates("localhost/app") == ["localhost/app:latest"])
        #expect(try candidates("host:5000/app:1") == ["host:5000/app:1"])
        #expect(try configuration.alias(for: "app")?.name == "pin.example/team/app")
        #expect(try configuration.alias(for: "none") == nil)
        #expect(try configuration.searchRegistries == ["one.example", "docker.io"])
        #expect(try configuration.shortNameMode == .permissive)
        let empty = RegistriesConfiguration(environment: [:], systemFolder: scratch.path)
        #expect(try empty.candidates(forShortName: "busybox:1").map(\.description) == ["docker.io/library/busybox:1"])
        #expect(try empty.searchRegistries.isEmpty)
    }

    @Test("the user's file is taken before the system's, and later drop-ins win by prefix, name and key")
    func order() throws {
        func rule(_ location: String) -> String { "[[registry]]\nprefix = \"r.example\"\nlocation = \"\(location)\"\n" }
        let (configuration, scratch) = try configuration([
            "etc/containers/registries.conf": "unqualified-search-registries = [\"system.example\"]\n"
                + rule("system.example"),
            "etc/containers/registries.conf.d/10-a.conf": rule("a.example")
                + "[aliases]\nx = \"a.example/x\"\ny = \"a.example/y\"\n",
            "etc/containers/registries.conf.d/20-b.conf": "unqualified-search-registries = [\"b.example\"]\n",
            "etc/containers/registries.conf.d/30-c.bak": "this is not read",
            ".config/containers/registries.conf.d/05-u.conf": "[aliases]\nx = \"u.example/x\"\n",
        ])
        #expect(try places(configuration, "r.example/x") == ["a.example/x"])
        #expect(try configuration.searchRegistries == ["b.example"])
        #expect(try configuration.alias(for: "x")?.name == "u.example/x")
        #expect(try configuration.alias(for: "y")?.name == "a.example/y")

        try scratch.write(".config/containers/registries.conf", rule("user.example"))
        try scratch.directory.openBeneath("etc/containers/registries.conf.d", flags: 0).withDirectory {
            try $0.removeFile("10-a.conf")
        }
        let own = RegistriesConfiguration(environment: scratch.environment, systemFolder: scratch.path + "/etc")
        #expect(try places(own, "r.example/x") == ["user.example/x"])

        try scratch.write("given.conf", rule("given.example"))
        try scratch.write("given.conf.d/1.conf", "short-name-mode = \"disabled\"\n")
        let environment = scratch.environment.merging(["CONTAINERS_REGISTRIES_CONF": scratch.path + "/given.conf"]) {
            $1
        }
        let given = RegistriesConfiguration(environment: environment, systemFolder: scratch.path + "/etc")
        #expect(try places(given, "r.example/x") == ["given.example/x"])
        #expect(try given.shortNameMode == .disabled)
        #expect(try given.searchRegistries.isEmpty)
    }

    @Test("a file that the environment names must be there; /dev/null is an empty one")
    func givenFile() async throws {
        func configuration(_ path: ByteString) -> RegistriesConfiguration {
            RegistriesConfiguration(environment: ["CONTAINERS_REGISTRIES_CONF": path], systemFolder: "/no/such/folder")
        }
        #expect(try configuration("/dev/null").searchRegistries.isEmpty)
        let error = await settingsError { _ = try configuration("/no/such/file").searchRegistries }
        #expect(error == .missingFile("/no/such/file", variable: "CONTAINERS_REGISTRIES_CONF"))
    }

    struct Malformed: Sendable, CustomTestStringConvertible {
        let text: String
        let reason: String
        var testDescription: String { text }
    }

    @Test(
        "a malformed file is an error with the file and the place in it",
        arguments: [
            Malformed(text: "a = 1\nb = = 2\n", reason: "line 2: "),
            Malformed(text: "[[registry]]\nprefix = 1\n", reason: "registry[1]: `prefix` is not a string"),
            Malformed(text: "[[registry]]\ninsecure = true\n", reason: "registry[1]: it needs `prefix` or `location`"),
            Malformed(text: "[[registry]]\nlocation = \"https://a.example\"\n", reason: "registry[1]: `location`: "),
            Malformed(
                text: "[[registry]]\nlocation = \"a.example\"\n[[registry.mirror]]\ninsecure = true\n",
                reason: "registry[1].mirror[1]: it needs `location`"
            ),
            Malformed(
                text: "[[registry]]\nlocation = \"a.example\"\nblocked = \"yes\"\n",
                reason: "registry[1]: `blocked` is not true or false"
            ),
            Malformed(
                text: "[[registry]]\nlocation = \"a.example:5000/x:1\"\n",
                reason: "registry[1]: `location` has a tag or a digest, which is not supported"
            ),
            Malformed(text: "[[registry]]\nprefix = \"*.a/b\"\n", reason: "registry[1]: `prefix` is not `*.`"),
            Malformed(
                text: "[[registry]]\nlocation = \"a.example\"\npull-from-mirror = \"all\"\n",
                reason: "registry[1]: `pull-from-mirror` belongs to a mirror"
            ),
            Malformed(
                text: "[[registry]]\nlocation = \"a\"\n[[registry]]\nlocation = \"a\"\n",
                reason: "there are two `[[registry]]` tables for a"
            ),
            Malformed(text: "[registries.search]\nregistries = []\n", reason: "`[registries.…]` is the old form"),
            Malformed(text: "a = 1\n\0b = 2\n", reason: "it is not UTF-8, or has a NUL byte"),
            Malformed(text: "short-name-mode = \"maybe\"\n", reason: "`short-name-mode` is none of"),
            Malformed(text: "unqualified-search-registries = [1]\n", reason: "`unqualified-search-registries` is not"),
        ]
    )
    func malformed(row: Malformed) async throws {
        let (configuration, scratch) = try configuration(["etc/containers/registries.conf": row.text])
        for _ in 0..<2 {
            let error = await settingsError { _ = try configuration.searchRegistries }
            let start = "\(scratch.path)/etc/containers/registries.conf: \(row.reason)"
            #expect(error?.message.hasPrefix(start) == true, "\(error?.message ?? "no error")")
        }
    }

    @Test("a rule that makes no image's name of a name is told with both")
    func wrongRewriting() async throws {
        let text = "[[registry]]\nprefix = \"a.example/x\"\nlocation = \"plain\"\n"
        let (configuration, scratch) = try configuration(["etc/containers/registries.conf": text])
        let error = await settingsError { _ = try configuration.endpoints(for: try Reference("a.example/x/y")) }
        #expect(error == .rewrittenName("a.example/x/y", to: "plain/y"))
        withExtendedLifetime(scratch) {}
    }

    @Test("Docker's mirrors are asked for names on Docker Hub only, and its insecure registries and ranges are known")
    func daemon() throws {
        let text = """
            {"registry-mirrors": ["https://m.example/", "http://n.example:5000"], "debug": true,
             "insecure-registries": ["i.example:5000", "10.1.0.0/16", "http://j.example"]}
            """
        let (configuration, scratch) = try configuration(["etc/docker/daemon.json": text])
        #expect(
            try places(configuration, "busybox") == [
                "m.example/library/busybox mirror", "n.example:5000/library/busybox mirror insecure",
                "docker.io/library/busybox",
            ]
        )
        #expect(try places(configuration, "i.example:5000/x") == ["i.example:5000/x insecure"])
        let hosts = [
            "i.example:5000", "i.example", "10.1.2.3:5000", "10.2.0.1", "j.example", "localhost", "[::1]:5000",
        ]
        #expect(try hosts.map(configuration.isInsecure) == [true, false, true, false, true, true, true])
        withExtendedLifetime(scratch) {}
    }

    @Test("a host is insecure where the rules that lead to it say so")
    func insecureHosts() throws {
        let (configuration, scratch) = try configuration(["etc/containers/registries.conf": Self.file])
        let hosts = ["tags.example", "mirror.example", "cache.example", "x.kept.example", "docker.io", "other.example"]
        #expect(try hosts.map(configuration.isInsecure) == [true, false, true, true, false, false])
        withExtendedLifetime(scratch) {}
    }

    @Test(
        "a malformed daemon.json is an error that names it and holds no password",
        arguments: [
            #"{"registry-mirrors": "https://m.example"}"#, #"{"registry-mirrors": ["m.example"]}"#,
            #"{"registry-mirrors": ["https://u:hunter2@m.example"]}"#, #"{"insecure-registries": ["10.0.0.0/99"]}"#,
            "[]",
        ]
    )
    func malformedDaemon(text: String) async throws {
        let (configuration, scratch) = try configuration(["etc/docker/daemon.json": text])
        let error = await settingsError { _ = try configuration.searchRegistries }
        #expect(error?.message.hasPrefix("\(scratch.path)/etc/docker/daemon.json: ") == true)
        #expect(error?.message.contains("hunter2") == false)
    }
}

extension Linux.Descriptor {
    fileprivate func withDirectory(_ body: (Directory) throws -> Void) rethrows { try body(Directory(self)) }
}
