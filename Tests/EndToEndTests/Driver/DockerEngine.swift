import Glibc

/// Debian's Docker engine with all its state in a folder.
final class DockerEngine {
    static let script = Tool.shared + "/peers/docker.sh"
    /// Whether it is here; what is missing is printed.
    static let isThere = Tool.has("skopeo", "/usr/sbin/dockerd", "/usr/bin/docker", script, for: "Docker's engine")
    let address: String
    private let folder: String

    init(folder: String) throws {
        self.folder = folder
        address = "unix://\(folder)/docker.sock"
        try run("sh", "-c", "'\(DockerEngine.script)' start '\(folder)' > /dev/null 2>&1")
    }

    deinit {
        _ = try? run(DockerEngine.script, "stop", folder)
        _ = Clock.until { access(folder + "/pid", F_OK) != 0 }
        for mount in ((try? mounts(with: folder)) ?? []) {
            _ = try? run("umount", "-l", mount.split(separator: " ").map(String.init)[4], mayFail: true)
        }
    }

    /// What its client prints.
    func callAsFunction(_ words: [String]) throws -> String {
        let outcome = try Program(["/usr/bin/docker", "-H", address] + words).finish()
        guard outcome.status == 0 else { throw DriverError("docker \(words): \(outcome.error)") }
        return outcome.output
    }

    func callAsFunction(_ words: String...) throws -> String { try self(words) }
}
