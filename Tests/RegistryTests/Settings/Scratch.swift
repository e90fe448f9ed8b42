import Bytes
import Glibc
import Linux
import Registry

/// A folder of one test that goes away with it.
final class Scratch: Sendable {
    let path: ByteString
    let directory: Directory

    init() throws {
        var template = Array("/tmp/registry-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        path = ByteString(template.dropLast().map { UInt8(bitPattern: $0) })
        directory = try Directory.open(hostPath: path)
    }

    deinit {
        guard let parent = try? Directory.open(hostPath: "/tmp") else { return }
        try? parent.removeTree(ByteString(Array(path.bytes.dropFirst("/tmp/".utf8.count))))
    }

    /// Writes a file at a relative path, with the folders above it.
    func write(_ path: ByteString, _ text: String, mode: UInt16 = 0o644) throws {
        var parts = path.split(separator: 0x2F)
        let name = parts.removeLast()
        var folder = directory
        for part in parts { folder = try folder.makeOrOpenDirectory(part, mode: 0o755) }
        do {
            let file = try folder.open(name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
            try file.write(Array(text.utf8))
        }
        if mode & 0o111 != 0 { Scratch.waitUntilNobodyWrites(try folder.open(name, flags: O_RDONLY)) }
    }

    /// A process that another test starts holds what was open here until it executes its program, and a program that is
    /// open for writing cannot be run (ETXTBSY): a read lease is given only when nobody has it open so.
    private static func waitUntilNobodyWrites(_ file: Linux.Descriptor) {
        // F_SETLEASE, which Glibc's module hides.
        let setLease: CInt = 1024
        while fcntl(file.number, setLease, CInt(F_RDLCK)) < 0, errno == EAGAIN { sched_yield() }
        _ = fcntl(file.number, setLease, CInt(F_UNLCK))
    }

    func read(_ path: ByteString) throws -> String {
        let file = try directory.openBeneath(path, flags: O_RDONLY)
        return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
    }

    /// The environment of a user whose home this folder is; PATH has `bin` before the host's programs.
    var environment: [ByteString: ByteString] { ["HOME": path, "PATH": path + "/bin:/usr/bin:/bin"] }

    /// Credentials as this user has them.
    func credentials(
        helperTimeout: Duration = .seconds(30),
        adding settings: [ByteString: ByteString] = [:]
    ) -> CredentialStore {
        CredentialStore(
            environment: environment.merging(settings) { $1 },
            helperTimeout: helperTimeout,
            runFolder: path + "/run"
        )
    }
}

/// The settings error of a call; nil if there was none.
func settingsError(of body: () async throws -> Void) async -> SettingsError? {
    do { try await body() } catch { return error as? SettingsError }
    return nil
}
