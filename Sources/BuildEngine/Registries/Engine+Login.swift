public import Bytes
internal import Graph
internal import Linux
internal import OCI
internal import Registry

/// What a log-in came to.
public struct LoginResult: Sendable, Hashable {
    /// The registry, as names write it.
    public var registry: String
    /// Where the credential is kept now: a file, or a helper's name.
    public var keptIn: String
}

// Nothing here needs root or a state root.
extension Engine {
    /// Shows a registry a user's credential and keeps it when it is right: with the helper that the user's configuration
    /// names for the registry, else in Docker's configuration file.
    ///
    /// - Parameters:
    ///   - registry: a host with its port if it has one; nil for Docker Hub.
    ///   - username: as the registry knows the user.
    ///   - password: or a token that serves as one. It is in no error and no log.
    ///   - options: how the engine works.
    /// - Returns: where it is kept.
    /// - Throws: `BuildFailure`: the registry refuses it, or it cannot be kept.
    public static func logIn(
        to registry: String?,
        username: String,
        password: ByteString,
        options: Options
    ) async throws -> LoginResult {
        let host = registryHost(registry)
        return try await withClient(options) { client in
            let credential = Credential(username: username, password: password.text)
            let kept = try await client.checkLogin(to: host, with: credential)
            let store = CredentialStore(environment: options.environment)
            return LoginResult(registry: host, keptIn: try await store.store(kept, for: host))
        }
    }

    /// Forgets the credential of a registry wherever it is kept.
    ///
    /// - Returns: the registry, as names write it, and whether there was one.
    public static func logOut(from registry: String?, options: Options) async throws -> (
        registry: String, wasLoggedIn: Bool
    ) {
        let host = registryHost(registry)
        return try await withClient(options) { _ in
            (host, try await CredentialStore(environment: options.environment).erase(for: host))
        }
    }

    /// The user that is logged in to a registry; nil if none is.
    public static func user(of registry: String?, options: Options) async throws -> String? {
        let host = registryHost(registry)
        return try await withClient(options) { _ in
            try await CredentialStore(environment: options.environment).credential(for: host, repository: "")?.username
        }
    }

    /// Asks on the terminal for a line that is not shown.
    ///
    /// - Throws: `BuildFailure` where there is no terminal; `CancellationError` when the user gives up.
    public static func askSecret(_ text: ByteString) async throws -> ByteString {
        do { return try await PasswordPrompt().read(text) } catch let error as CancellationError {
            throw error
        } catch {
            throw BuildFailure(error, in: nil)
        }
    }

    /// `https://ghcr.io/x` is `ghcr.io`; Hub has many names.
    private static func registryHost(_ text: String?) -> String {
        var host = Substring(text ?? "")
        for scheme in ["https://", "http://"] where host.hasPrefix(scheme) { host = host.dropFirst(scheme.count) }
        host = host.prefix { $0 != "/" }
        let hub: Set<Substring> = ["", "index.docker.io", "registry-1.docker.io", "docker.io"]
        return hub.contains(host) ? "docker.io" : String(host)
    }
}
