internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import Glibc
internal import Reports

/// `login [SERVER]`: keeps a credential for a registry once the registry has taken it.
struct LoginCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in to a registry.",
        discussion: """
            The credential is shown to the registry before it is kept: with the helper that ~/.docker/config.json names \
            for the registry, else in that file. Without a server it is Docker Hub.
            """
    )

    @Option(
        name: [.customLong("username"), .customShort("u")],
        parsing: .unconditional,
        help: ArgumentHelp("The user's name.", valueName: "name")
    )
    var username: ArgumentValue?

    @Option(
        name: [.customLong("password"), .customShort("p")],
        parsing: .unconditional,
        help: ArgumentHelp("The password; whoever sees the list of processes sees it, too.", valueName: "text")
    )
    var password: ArgumentValue?

    @Flag(name: .customLong("password-stdin"), help: "Read the password from standard input.")
    var readsPassword = false

    @OptionGroup var registries: RegistryOptions

    @Argument(help: ArgumentHelp("The registry. (default: Docker Hub)", valueName: "server"))
    var server: ArgumentValue?

    /// Longer ones are no passwords.
    private static let passwordLimit = 64 << 10

    func run(in environment: [ByteString: ByteString]) async throws {
        guard !(readsPassword && password != nil) else {
            throw UsageError.conflict("--password and --password-stdin exclude each other")
        }
        guard !readsPassword || username != nil else { throw UsageError.conflict("--password-stdin needs --username") }
        let options = registries.engineOptions(in: environment)
        let registry = server?.bytes.text
        let name = try username?.bytes.text ?? askName()
        guard !name.isEmpty else { throw UsageError.conflict("a log-in needs a user's name") }
        if password != nil {
            StandardError.write("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n")
        }
        let secret: ByteString
        if readsPassword {
            secret = try passwordFromInput()
        } else if let given = password?.bytes {
            secret = given
        } else {
            guard isatty(STDIN_FILENO) == 1 else { throw Self.noTerminal }
            secret = try await Engine.askSecret("Password: ")
        }
        guard !secret.isEmpty else { throw UsageError.conflict("the password is empty") }
        let result = try await Engine.logIn(to: registry, username: name, password: secret, options: options)
        StandardError.write("kept in \(ByteString(result.keptIn).escaped)\n")
        try StandardOutput.writeResult("Login Succeeded\n")
    }

    private static let noTerminal = UsageError.conflict(
        "no terminal to ask for the password: give it on standard input, with --username and --password-stdin"
    )

    private func askName() throws -> String {
        guard isatty(STDIN_FILENO) == 1 else { throw Self.noTerminal }
        StandardError.write("Username: ")
        return readLine() ?? ""
    }

    /// The first line break at the end is none of the password's, as Docker has it.
    private func passwordFromInput() throws -> ByteString {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= Self.passwordLimit {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        guard bytes.count <= Self.passwordLimit else { throw UsageError.conflict("the password is too long") }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return ByteString(bytes)
    }
}

/// `logout [SERVER]`: forgets the credential of a registry.
struct LogoutCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Forget the credential of a registry."
    )

    @Argument(help: ArgumentHelp("The registry. (default: Docker Hub)", valueName: "server"))
    var server: ArgumentValue?

    func run(in environment: [ByteString: ByteString]) async throws {
        let options = Engine.Options(environment: environment)
        let (registry, wasLoggedIn) = try await Engine.logOut(from: server?.bytes.text, options: options)
        let text = wasLoggedIn ? "Removing login credentials for \(registry)" : "Not logged in to \(registry)"
        try StandardOutput.writeResult(text + "\n")
    }
}
