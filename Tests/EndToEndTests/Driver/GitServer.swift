import Glibc

/// Repositories in a folder, served by `git daemon` on a port of 127.0.0.1.
final class GitServer {
    /// Whether it can be had; what is missing is printed where it cannot.
    static let isThere = Tool.has("git", "/usr/lib/git-core/git-daemon", for: "tests of git repositories")

    let folder: String
    let host: String
    private let daemon: Program

    init(folder: String) throws {
        self.folder = folder
        guard mkdir(folder, 0o755) == 0 else { throw DriverError(call: "mkdir", folder) }
        var (server, port): (Program?, UInt16) = (nil, 0)
        // Somebody else may take a free port first.
        for _ in 0..<5 where server == nil {
            port = try GitServer.freePort()
            let words = ["git", "daemon", "--verbose", "--export-all", "--reuseaddr", "--base-path=" + folder]
            let started = try Program(words + ["--listen=127.0.0.1", "--port=\(port)", folder])
            if (try? started.wait(for: "Ready to rumble")) != nil { server = started }
        }
        guard let server else { throw DriverError("git daemon does not listen") }
        daemon = server
        host = "127.0.0.1:\(port)"
    }

    func stop() throws { _ = try daemon.stop() }

    /// What it was asked, in lines.
    func url(_ name: String) -> String { "git://\(host)/\(name)" }

    /// A new repository with a branch `main` and nothing in it.
    func repository(_ name: String) throws -> GitRepository {
        let repository = GitRepository(path: folder + "/" + name)
        try run("git", "init", "-q", "-b", "main", repository.path)
        try repository("config", "user.name", "A")
        try repository("config", "user.email", "a@b")
        return repository
    }

    private static func freePort() throws -> UInt16 {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, length) == 0 ? getsockname(file, $0, &length) : -1
            }
        }
        guard code == 0 else { throw DriverError(call: "bind", "127.0.0.1") }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// A repository with its files.
struct GitRepository {
    let path: String

    @discardableResult
    func callAsFunction(_ words: String...) throws -> String {
        let command = ["git", "-c", "protocol.file.allow=always", "-C", path] + words
        let outcome = try Program(command, environment: ["GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"]).finish()
        guard outcome.status == 0 else { throw DriverError("git \(words): \(outcome.error)") }
        return outcome.output.split(separator: "\n").first.map(String.init) ?? ""
    }

    /// Writes a file and commits everything; the commit's hash.
    @discardableResult
    func commit(_ name: String, _ content: String) throws -> String {
        try writeFile(path + "/" + name, Array(content.utf8))
        try self("add", "-A")
        try self("commit", "-q", "-m", name)
        return try self("rev-parse", "HEAD")
    }
}
