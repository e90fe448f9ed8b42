import Bytes
import Linux
import Registry
import Testing

@Suite("Credential helpers")
struct CredentialHelperTests {
    /// A helper that keeps one answer a registry in a folder, as the real ones do in their places.
    private static let keeper = """
        #!/bin/sh
        cd "$HOME/kept" || exit 9
        case $1 in
        get) read -r url; name=$(echo "$url" | tr / _)
            [ -f "$name" ] || { echo "credentials not found in native keychain"; exit 1; }; cat "$name";;
        store) json=$(cat); name=$(echo "$json" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/' | tr / _)
            echo "$json" > "$name";;
        erase) read -r url; rm -f "$(echo "$url" | tr / _)";;
        esac
        """

    private func scratch(_ config: String, helper script: String, named name: String = "keep") throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(".docker/config.json", config)
        try scratch.write(ByteString("bin/docker-credential-\(name)"), script, mode: 0o755)
        try scratch.directory.makeDirectory("kept", mode: 0o755)
        return scratch
    }

    @Test("what is stored goes to the helper and not into the file, is found again, and is erased there")
    func roundTrip() async throws {
        let config = #"{"credsStore": "keep", "auths": {"docker.io": {"auth": "b2xkOm9sZA=="}}}"#
        let scratch = try scratch(config, helper: Self.keeper)
        let store = scratch.credentials()
        let credentials = [
            ("docker.io", Credential(username: "ann", password: "p\"w")),
            ("r.example:5000", Credential(username: "<token>", identityToken: "t0ken")),
        ]
        for (registry, credential) in credentials {
            #expect(try await store.store(credential, for: registry) == "docker-credential-keep")
            #expect(try await store.credential(for: registry, repository: "x") == credential)
        }
        let file = try scratch.read(".docker/config.json")
        #expect(!file.contains("b2xkOm9sZA==") && !file.contains("t0ken"))
        #expect(
            try scratch.directory.child("kept").names().sorted() == ["https:__index.docker.io_v1_", "r.example:5000"]
        )
        #expect(try await store.erase(for: "docker.io"))
        #expect(try await store.credential(for: "docker.io", repository: "x") == nil)
        #expect(try await store.credential(for: "r.example:5000", repository: "x") != nil)
    }

    @Test("a registry's own helper comes before that for all, and an empty name means the file")
    func ownHelper() async throws {
        let config = """
            {"credsStore": "missing", "credHelpers": {"r.example": "keep", "f.example": ""},
             "auths": {"f.example": {"auth": "YW5uOnB3"}}}
            """
        let scratch = try scratch(config, helper: Self.keeper)
        let store = scratch.credentials()
        #expect(try await store.credential(for: "r.example", repository: "x") == nil)
        let inFile = try await store.credential(for: "f.example", repository: "x")
        #expect(inFile == Credential(username: "ann", password: "pw"))
        let error = await settingsError { _ = try await store.credential(for: "o.example", repository: "x") }
        #expect(error == .helperMissing("docker-credential-missing"))
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let script: String
        let error: SettingsError
        var testDescription: String { script }
    }

    @Test(
        "a helper that fails is an error with its name",
        arguments: [
            Fault(script: "exit 0", error: .helperAnswer("docker-credential-keep", reason: "it is empty")),
            Fault(
                script: "echo hunter2",
                error: .helperAnswer("docker-credential-keep", reason: "it is not a JSON object")
            ),
            Fault(
                script: #"echo '{"Username": "hunter2"}'"#,
                error: .helperAnswer("docker-credential-keep", reason: "it lacks `Username` or `Secret`")
            ),
            Fault(
                script: "echo 'locked\u{1B}[31m'; exit 4",
                error: .helperFailed("docker-credential-keep", reason: #"exit status 4: locked\x1b[31m"#)
            ),
            Fault(
                script: "echo said >&2; echo '{\"Secret\": \"hunter2\"}'; exit 1",
                error: .helperFailed("docker-credential-keep", reason: "exit status 1: said")
            ),
            Fault(
                script: "kill -9 $$",
                error: .helperFailed("docker-credential-keep", reason: "signal 9")
            ),
        ]
    )
    func faults(fault: Fault) async throws {
        let scratch = try scratch(#"{"credsStore": "keep"}"#, helper: "#!/bin/sh\n" + fault.script + "\n")
        let store = scratch.credentials()
        #expect(
            await settingsError { _ = try await store.credential(for: "r.example", repository: "x") } == fault.error
        )
    }

    @Test("a helper that hangs, says a gigabyte, or is no program ends in time with its name")
    func limits() async throws {
        let scratch = try scratch(#"{"credsStore": "keep"}"#, helper: "#!/bin/sh\nexec sleep 1000\n")
        let program = scratch.path + "/bin/docker-credential-keep"
        func error() async -> SettingsError? {
            let store = scratch.credentials(helperTimeout: .milliseconds(200))
            return await settingsError { _ = try await store.credential(for: "r.example", repository: "x") }
        }
        let name = "docker-credential-keep"
        #expect(await error() == .helperNotRun(name, .timedOut(program, .milliseconds(200))))
        try scratch.write("bin/docker-credential-keep", "#!/no/such/shell\n", mode: 0o755)
        #expect(await error()?.message.contains(name) == true)
        try scratch.write("bin/docker-credential-keep", "#!/bin/sh\nexec head -c 1000000000 /dev/zero\n", mode: 0o755)
        let store = scratch.credentials()
        let flood = await settingsError { _ = try await store.credential(for: "r.example", repository: "x") }
        #expect(flood == .helperNotRun(name, .tooMuchOutput(program, limit: 1 << 20)))
    }

    @Test("the secret that a failing helper repeats is not in the error")
    func repeatedSecret() async throws {
        let scratch = try scratch(#"{"credsStore": "keep"}"#, helper: "#!/bin/sh\ncat >&2; exit 1\n")
        let error = await settingsError {
            _ = try await scratch.credentials().store(Credential(username: "u", password: "hunter2"), for: "r.example")
        }
        #expect(error?.message.contains("r.example") == true)
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test("a name that is no program's is refused", arguments: ["../sh", "a/b", "a b", "a;b", "a\\n"])
    func names(name: String) async throws {
        let scratch = try scratch("{\"credsStore\": \"\(name)\"}", helper: "")
        let error = await settingsError {
            _ = try await scratch.credentials().credential(for: "r.example", repository: "x")
        }
        #expect(error?.message.contains("cannot be the name of a credential helper") == true)
    }
}
