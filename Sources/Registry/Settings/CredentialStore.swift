package import Bytes
internal import Glibc
internal import Linux

/// The credentials that Docker, the containers tools and we keep for registries.
///
/// They are looked for in Docker's `config.json` and the helpers that it names, then in the `auth.json` files. Each call
/// reads the files anew, so that what another program writes meanwhile is seen. A file that is not there is nothing; one
/// that cannot be read is an error.
package struct CredentialStore: Sendable {
    private let dockerFile: ByteString?
    private let containersFiles: [ByteString]
    private let surroundings: HelperSurroundings

    /// - Parameters:
    ///   - environment: DOCKER_CONFIG, HOME, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, and PATH for helpers, which get all.
    ///   - helperTimeout: how long a helper may take for one answer.
    ///   - runFolder: where the containers tools keep a user's file while the machine runs.
    package init(
        environment: [ByteString: ByteString],
        helperTimeout: Duration = .seconds(30),
        runFolder: ByteString = "/run/containers"
    ) {
        func value(_ name: ByteString) -> ByteString? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let home = value("HOME")
        dockerFile = (value("DOCKER_CONFIG") ?? home.map { $0 + "/.docker" }).map { $0 + "/config.json" }
        let candidates: [ByteString?] = [
            value("REGISTRY_AUTH_FILE"),
            value("XDG_RUNTIME_DIR").map { $0 + ByteString("/containers/auth.json") },
            runFolder + ByteString("/\(geteuid())/auth.json"),
            home.map { $0 + ByteString("/.config/containers/auth.json") },
        ]
        containersFiles = candidates.compactMap { $0 }
        surroundings = HelperSurroundings(environment: environment, timeout: helperTimeout)
    }

    private var files: [ByteString] { (dockerFile.map { [$0] } ?? []) + containersFiles }

    /// What is known for a repository of a registry.
    ///
    /// - Parameters:
    ///   - registry: the host and the port, such as `docker.io` or `ghcr.io`.
    ///   - repository: the repository's path, by which `auth.json` may tell apart.
    /// - Returns: nil where there is nothing.
    /// - Throws: `SettingsError`; `CancellationError` while a helper runs.
    @concurrent
    package func credential(for registry: String, repository: String) async throws -> Credential? {
        let key = try AuthKey(registry: registry)
        for path in files {
            guard let file = try AuthFile.read(path) else { continue }
            if let helper = try file.helper(for: key), let found = try await helper.get(key, in: surroundings) {
                return found
            }
            if let found = try file.credential(for: key, repository: repository) { return found }
        }
        return nil
    }

    /// Keeps a credential: with the helper that Docker's file names for the registry, or else in that file.
    ///
    /// The file is written under another name first; its mode is 0600, and a link is followed to what it names.
    ///
    /// - Returns: the file's path or the helper's name.
    @concurrent
    package func store(_ credential: Credential, for registry: String) async throws -> String {
        let key = try AuthKey(registry: registry)
        guard let path = dockerFile ?? surroundings.environment["REGISTRY_AUTH_FILE"], !path.isEmpty else {
            throw SettingsError.noPlaceForCredentials
        }
        var file = try AuthFile.readOrNew(path)
        if let helper = try file.helper(for: key) {
            try await helper.store(credential, for: key, in: surroundings)
            if try file.blank(key) { try file.write() }
            return helper.program
        }
        try file.set(credential, for: key)
        try file.write()
        return path.text
    }

    /// Forgets what is kept for a registry, in every file and by every helper that is asked for it.
    ///
    /// Entries for single repositories stay.
    ///
    /// - Returns: whether there was anything.
    @concurrent
    package func erase(for registry: String) async throws -> Bool {
        let key = try AuthKey(registry: registry)
        var hasErased = false
        for path in files {
            guard var file = try AuthFile.read(path) else { continue }
            if let helper = try file.helper(for: key), try await helper.get(key, in: surroundings) != nil {
                try await helper.erase(key, in: surroundings)
                hasErased = true
            }
            if try file.remove(key) {
                try file.write()
                hasErased = true
            }
        }
        return hasErased
    }
}
