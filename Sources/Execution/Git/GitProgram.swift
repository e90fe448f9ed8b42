internal import Bytes
internal import Graph
internal import Linux
internal import Registry

/// The program `git` of this host, asked about one repository.
///
/// It reads no configuration of the system or the user, asks nobody, runs no hooks, and speaks to no repository on this
/// host's disks: what a Dockerfile names must not reach further than a URL does. What is secret goes to it by its
/// environment, which only this user can read.
struct GitProgram: Sendable {
    let source: GitSource
    private let program: ByteString
    private let environment: [ByteString: ByteString]
    private let settings: [(name: ByteString, value: ByteString)]
    /// Texts that are not shown though `git` may repeat them.
    private let hidden: [String]

    /// Looks for it.
    ///
    /// `environment`: of this process; of it PATH and the proxies count. `agent`: the socket of an SSH agent that it may
    /// ask; without one it has no keys at all.
    /// Throws `GitError.notInstalled`.
    init(
        _ source: GitSource,
        _ environment: [ByteString: ByteString],
        _ secrets: Secrets,
        agent: ByteString? = nil
    ) throws(GitError) {
        self.source = source
        guard let program = HelperProcess.find("git", environment: environment) else {
            throw .notInstalled(repository: source.shown)
        }
        self.program = program
        var own = GitProgram.fixed
        let passed: [ByteString] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"]
        for name in ["PATH"] + passed + passed.map(\.lowercased) { own[name] = environment[name] }
        own["GIT_SSL_CAINFO"] = environment["SSL_CERT_FILE"]
        own["SSH_AUTH_SOCK"] = agent
        // No `file`, which could read this host's files, and no `ext`, which runs what it is given. A repository of the
        // web must not make this host speak ssh.
        own["GIT_ALLOW_PROTOCOL"] = source.isSecureShell ? "http:https:git:ssh" : "http:https:git"
        self.environment = own
        var settings = GitProgram.settings
        var hidden: [String] = []
        if let header = source.authorization(secrets) {
            settings.append(("http." + source.tokenScope + ".extraheader", "Authorization: " + ByteString(header)))
            hidden += [header] + header.split(separator: " ").map(String.init)
            // What shows who is asking must not follow to where an answer points.
            settings.append(("http.followRedirects", "false"))
        }
        if let password = source.user?.password { hidden += [password.text, password.escaped] }
        if source.remote.hasPrefix("http"), let name = source.user?.name, name != "git" { hidden.append(name.text) }
        self.settings = settings
        self.hidden = hidden.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
    }

    private static let fixed: [ByteString: ByteString] = [
        "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1", "HOME": "/dev/null", "XDG_CONFIG_HOME": "/dev/null", "LC_ALL": "C",
        // Of the user's own keys none: those of an agent are given on purpose. New hosts are written nowhere.
        "GIT_SSH_COMMAND": "ssh -F /dev/null -o BatchMode=yes -o IdentityFile=none -o StrictHostKeyChecking=accept-new "
            + "-o UserKnownHostsFile='/dev/null ~/.ssh/known_hosts' -o ConnectTimeout=30 -o ServerAliveInterval=15",
    ]

    private static let settings: [(name: ByteString, value: ByteString)] = [
        ("core.hooksPath", "/dev/null"), ("core.fsmonitor", "false"), ("core.logAllRefUpdates", "false"),
        ("core.autocrlf", "false"), ("core.symlinks", "true"), ("core.fileMode", "true"), ("credential.helper", ""),
        ("gc.auto", "0"), ("maintenance.auto", "false"), ("advice.detachedHead", "false"),
        ("init.defaultBranch", "master"), ("fetch.recurseSubmodules", "false"), ("submodule.recurse", "false"),
        ("transfer.fsckObjects", "true"),
        // A transfer that comes to a halt is given up.
        ("http.lowSpeedLimit", "1000"), ("http.lowSpeedTime", "60"),
    ]

    /// Where a command works.
    struct Place: Sendable {
        var repository: ByteString
        /// Nil while there is no repository yet.
        var files: ByteString?
    }

    /// Runs one command to its end.
    ///
    /// `doing`: what it is for, for messages. `names`: whether `origin` stands for the repository; in a place it does so
    /// by the place's own configuration.
    /// Returns what it prints. Throws `GitError.failed`, `HelperProcessError`, `CancellationError`.
    func run(
        _ arguments: [ByteString],
        _ doing: String,
        in place: Place? = nil,
        names: Bool = false
    ) async throws -> ByteString {
        var helper = HelperProcess(program: program, arguments: arguments, environment: environment)
        // Never one that this process stands in: its configuration is anybody's.
        helper.environment["GIT_DIR"] = place?.repository ?? "/dev/null"
        helper.environment["GIT_WORK_TREE"] = place?.files
        if let files = place?.files { helper.arguments = ["-C", files] + arguments }
        var settings = settings
        if names { settings.append(("remote.origin.url", source.remote)) }
        helper.environment["GIT_CONFIG_COUNT"] = ByteString(String(settings.count))
        for (index, setting) in settings.enumerated() {
            helper.environment["GIT_CONFIG_KEY_" + ByteString(String(index))] = setting.name
            helper.environment["GIT_CONFIG_VALUE_" + ByteString(String(index))] = setting.value
        }
        helper.timeout = .seconds(3600)
        let outcome = try await helper.run()
        guard outcome.ending.isSuccess else {
            throw GitError.failed(repository: source.shown, doing: doing, told: told(outcome.diagnostics))
        }
        return ByteString(outcome.output)
    }

    /// The last lines that say something, on one.
    private func told(_ diagnostics: [UInt8]) -> String {
        let lines = ByteString(diagnostics).split(separator: 0x0A).map(\.text).filter { !$0.isEmpty }
        let marks = ["fatal: ", "error: ", "ERROR: "]
        let errors = lines.filter { line in
            marks.contains(where: line.hasPrefix) || line.contains("Permission denied (")
                || line.contains("HOST IDENTIFICATION")
        }
        var text = (errors.isEmpty ? lines : errors).suffix(2).map { line in
            line.hasPrefix("fatal: ") || line.hasPrefix("error: ") ? String(line.dropFirst(7)) : line
        }.joined(separator: "; ")
        for secret in hidden { text = text.replacing(secret, with: "…") }
        let shown = ByteString(text).escaped
        return shown.count > 400 ? shown.prefix(400) + "…" : shown
    }
}

extension GitSource {
    /// What shows who is asking: a secret, for the host or for all, as BuildKit names them.
    fileprivate func authorization(_ secrets: Secrets) -> String? {
        guard remote.hasPrefix("http") else { return nil }
        let host = authority
        func token(_ name: ByteString) -> String? {
            secrets.line(name).map { WebAuthorization.basic(username: "x-access-token", password: $0).header }
        }
        let given = user.map { user in
            WebAuthorization.basic(username: user.name.text, password: user.password?.text ?? "").header
        }
        return secrets.line("GIT_AUTH_HEADER." + host) ?? token("GIT_AUTH_TOKEN." + host) ?? secrets.line(
            "GIT_AUTH_HEADER"
        )
            ?? token("GIT_AUTH_TOKEN") ?? given
    }

    /// The URLs that get it: of GitHub all, since submodules are elsewhere there.
    fileprivate var tokenScope: ByteString {
        for prefix: ByteString in ["https://github.com/", "https://www.github.com/"] where remote.hasPrefix(prefix) {
            return prefix
        }
        return remote
    }

    /// Host and port of a URL.
    private var authority: ByteString {
        let parts = remote.split(separator: UInt8(ascii: "/"))
        guard parts.count > 2 else { return "" }
        return parts[2].split(separator: UInt8(ascii: "@")).last ?? ""
    }
}
