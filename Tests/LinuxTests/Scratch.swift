import Bytes
import Glibc
import Linux
import Synchronization
import Testing

/// A directory of one test that goes away with it.
final class Scratch: Sendable {
    let path: ByteString
    let directory: Directory

    init() throws {
        var template = Array("/tmp/linux-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        path = ByteString(template.dropLast().map { UInt8(bitPattern: $0) })
        directory = try Directory.open(hostPath: path)
    }

    deinit {
        guard let parent = try? Directory.open(hostPath: "/tmp") else { return }
        try? parent.removeTree(ByteString(Array(path.bytes.dropFirst("/tmp/".utf8.count))))
    }

    /// The directory at a relative path, made with its parents.
    @discardableResult
    func folder(_ path: ByteString) throws -> Directory {
        var current = directory
        for name in path.split(separator: 0x2F) where !name.isEmpty {
            current = try current.makeOrOpenDirectory(name, mode: 0o755)
        }
        return current
    }
}

extension Directory {
    /// Makes a file with this text.
    func write(_ name: ByteString, _ text: ByteString = "") throws {
        try open(name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644).write(text.bytes)
    }

    func read(_ name: ByteString) throws -> ByteString {
        ByteString(try open(name, flags: O_RDONLY).readAll(limit: 1 << 20))
    }
}

/// The failure of a call; nil if it did not fail.
func failure(of body: () throws -> Void) -> SystemError? {
    do { try body() } catch { return error as? SystemError }
    return nil
}

/// Whether the tests may do what only root may; the reason is printed where they may not.
let isRoot: Bool = {
    if geteuid() == 0 { return true }
    print("not root: tests of modes and owners that bind all others are skipped")
    return false
}()

/// Says once that something has happened, to another thread.
final class Flag: Sendable {
    private let isSet = Atomic(false)

    var value: Bool { isSet.load(ordering: .acquiring) }

    func set() { isSet.store(true, ordering: .releasing) }

    func wait() { while !value { usleep(200) } }
}

/// Where a program of the host is; the reason is printed where it is not there.
func findTool(_ name: String) -> String? {
    let found = ["/usr/bin/", "/bin/", "/usr/sbin/"].map { $0 + name }.first { (path: String) in access(path, X_OK) == 0
    }
    if found == nil { print("no \(name)(1): tests that need it are skipped") }
    return found
}

/// Starts a program of the host.
func start(_ program: String, _ arguments: String...) throws -> pid_t {
    var texts = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, program, nil, nil, &texts, nil)
    guard code == 0 else { throw SystemError(code: code, call: "posix_spawn", path: ByteString(program)) }
    return pid
}
