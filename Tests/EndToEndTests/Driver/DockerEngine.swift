import Glibc

/// A Docker engine of a test's own, with all its state in one folder.
final class DockerEngine {
    let address: String
    private let folder: String

    private static let script = Tool.shared + "/peers/docker.sh"

    /// Whether one can be started here; the reason is printed where it cannot.
    static let isThere = Tool.has("/usr/sbin/dockerd", "/usr/bin/docker", script, for: "Docker's engine")

    /// Starts it; nil, with the reason printed, where the host does not let it.
    init?(folder: String) throws {
        self.folder = folder
        let started = try run(DockerEngine.script, "start", folder, within: 90, mayFail: true)
        guard started.status == 0, let address = started.output.split(separator: "\n").last else {
            print("Docker's engine: skipped, it does not start: \(started.error.suffix(500))")
            return nil
        }
        self.address = String(address)
    }

    deinit {
        let number = (try? readText(folder + "/pid")).flatMap { pid_t($0.trimming { $0.isWhitespace }) }
        _ = try? run(DockerEngine.script, "stop", folder, mayFail: true)
        guard let number else { return }
        _ = Clock.until(within: 30) { kill(number, 0) != 0 }
        // What it left mounted below its folder, the deepest first.
        for line in ((try? mounts(with: " \(folder)/")) ?? []).reversed() {
            let path = line.split(separator: " ").dropFirst(4).first.map(String.init) ?? ""
            _ = try? run("umount", path, mayFail: true)
        }
    }

    /// What its client prints; standard output and error together where it fails.
    func callAsFunction(_ words: String...) throws -> String {
        let line = (["/usr/bin/docker", "-H", address] + words).map { "'\($0)'" }.joined(separator: " ")
        return try run("sh", "-c", line).output
    }

    /// What its client prints, with a file as standard input.
    func reading(_ file: String, _ words: String...) throws -> String {
        let line = (["/usr/bin/docker", "-H", address] + words).map { "'\($0)'" }.joined(separator: " ")
        return try run("sh", "-c", "\(line) < '\(file)'").output
    }
}

extension String {
    fileprivate func trimming(_ isDropped: (Character) -> Bool) -> String {
        String(self.drop(while: isDropped).reversed().drop(while: isDropped).reversed())
    }
}
