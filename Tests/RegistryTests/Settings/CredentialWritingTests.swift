import Bytes
import Glibc
import Linux
import Registry
import Testing

@Suite("Keeping credentials")
struct CredentialWritingTests {
    private let ann = Credential(username: "ann", password: "pw")

    @Test("a first login makes the folder and the file for the owner alone, and what was stored is found")
    func firstLogin() async throws {
        let scratch = try Scratch()
        let store = scratch.credentials()
        #expect(try await store.store(ann, for: "r.example") == "\(scratch.path)/.docker/config.json")
        #expect(try scratch.directory.status(".docker").mode == 0o700)
        let folder = try scratch.directory.child(".docker")
        #expect(try folder.status("config.json").mode == 0o600)
        #expect(try folder.names() == ["config.json"])
        #expect(try await store.credential(for: "r.example", repository: "x") == ann)
        #expect(try await store.erase(for: "r.example"))
        #expect(try await store.credential(for: "r.example", repository: "x") == nil)
        #expect(try await !store.erase(for: "r.example"))
    }

    @Test("what others keep in the file stays, in its order, and all keys of the registry become one")
    func unknownMembersStay() async throws {
        let scratch = try Scratch()
        try scratch.write(
            ".docker/config.json",
            """
            {"z": 1.50, "auths": {"https://r.example": {"auth": "b2xkOm9sZA=="}, "other": {"auth": "eA==", "email": "e"}},
             "a": {"psFormat": "<&>"}}
            """
        )
        _ = try await scratch.credentials().store(ann, for: "r.example")
        #expect(
            try scratch.read(".docker/config.json") == """
                {
                  "z": 1.50,
                  "auths": {
                    "other": {
                      "auth": "eA==",
                      "email": "e"
                    },
                    "r.example": {
                      "auth": "YW5uOnB3"
                    }
                  },
                  "a": {
                    "psFormat": "<&>"
                  }
                }

                """
        )
    }

    @Test("Docker Hub is stored under the key that Docker reads, and erased under all its names")
    func hub() async throws {
        let scratch = try Scratch()
        let store = scratch.credentials()
        _ = try await store.store(Credential(username: "ann", identityToken: "t"), for: "docker.io")
        #expect(try scratch.read(".docker/config.json").contains("\"https://index.docker.io/v1/\""))
        let found = try await store.credential(for: "registry-1.docker.io", repository: "library/busybox")
        #expect(found == Credential(username: "ann", identityToken: "t"))
        #expect(try await store.erase(for: "index.docker.io"))
        #expect(try await store.credential(for: "docker.io", repository: "library/busybox") == nil)
    }

    @Test("a link is followed to what it names, and stays", arguments: ["../real/c.json", "ABSOLUTE/real/c.json"])
    func links(target: String) async throws {
        let scratch = try Scratch()
        try scratch.write("real/c.json", "{\"keep\": true}", mode: 0o644)
        try scratch.directory.makeDirectory(".docker", mode: 0o755)
        let text = target.replacing("ABSOLUTE", with: scratch.path.text)
        try scratch.directory.child(".docker").makeSymlink("config.json", target: ByteString(text))
        _ = try await scratch.credentials().store(ann, for: "r.example")
        #expect(try scratch.directory.child(".docker").status("config.json").kind == .symlink)
        #expect(try scratch.read("real/c.json").contains("\"keep\": true"))
        #expect(try scratch.read("real/c.json").contains("YW5uOnB3"))
        #expect(try scratch.directory.child("real").status("c.json").mode == 0o600)
    }

    @Test("a loop of links and a folder that cannot be made are errors that name the file")
    func notWritten() async throws {
        let scratch = try Scratch()
        try scratch.write("file", "")
        for folder: ByteString in ["/file/x", "/loop"] {
            if folder == "/loop" { try scratch.directory.makeSymlink("loop", target: "loop") }
            let store = scratch.credentials(adding: ["DOCKER_CONFIG": scratch.path + folder])
            let error = await settingsError { _ = try await store.store(ann, for: "r.example") }
            #expect(error?.message.hasPrefix("\(scratch.path)\(folder)/config.json cannot be") == true)
        }
        let homeless = CredentialStore(environment: [:], runFolder: scratch.path)
        #expect(await settingsError { _ = try await homeless.store(ann, for: "r.example") } == .noPlaceForCredentials)
    }

    @Test("what could not be read back is refused and not written")
    func unstorable() async throws {
        let scratch = try Scratch()
        for credential in [Credential(username: "a:b", password: "c"), Credential(username: "a", password: "b\0")] {
            let error = await settingsError { _ = try await scratch.credentials().store(credential, for: "r.example") }
            #expect(error?.message.hasPrefix("this credential cannot be stored") == true)
        }
        #expect(try scratch.directory.statusIfPresent(".docker") == nil)
    }

    @Test("erasing takes the registry's entries out of every file and leaves those of single repositories")
    func eraseEverywhere() async throws {
        let scratch = try Scratch()
        try scratch.write(".docker/config.json", #"{"auths": {"r.example": {"auth": "YW5uOnB3"}}}"#)
        try scratch.write(
            ".config/containers/auth.json",
            #"{"auths": {"r.example": {"auth": "YW5uOnB3"}, "r.example/team": {"auth": "dGVhbTpwdw=="}}}"#
        )
        let store = scratch.credentials()
        #expect(try await store.erase(for: "r.example"))
        #expect(try await store.credential(for: "r.example", repository: "x") == nil)
        #expect(try await store.credential(for: "r.example", repository: "team/x")?.username == "team")
    }
}
