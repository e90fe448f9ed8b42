import Bytes
import Glibc
import Linux
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
