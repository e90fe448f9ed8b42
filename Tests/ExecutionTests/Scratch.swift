import Bytes
import Glibc
import Linux
import OCI
import Testing
import Trees

/// A folder of a test that goes away with it, and how to fill it.
final class Scratch: Sendable {
    let path: ByteString
    let directory: Directory

    init() throws {
        var template = Array("/tmp/execution-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        path = ByteString(template.dropLast().map { UInt8(bitPattern: $0) })
        directory = try Directory.open(hostPath: path)
        try directory.setMode(mode: 0o755)
    }

    deinit {
        guard let parent = try? Directory.open(hostPath: "/tmp") else { return }
        try? parent.removeTree(ByteString(Array(path.bytes.dropFirst("/tmp/".utf8.count))))
    }

    /// The folder at a relative path, made with its parents.
    @discardableResult
    func folder(_ path: ByteString, mode: UInt16? = nil) throws -> Directory {
        var directory = directory
        for name in TreePath(parsing: path).components {
            directory = try directory.makeOrOpenDirectory(name, mode: 0o755)
        }
        if let mode { try directory.setMode(mode: mode) }
        return directory
    }

    /// Writes a file in place, so that it keeps its inode; parents are made.
    func write(_ path: ByteString, _ text: ByteString, mode: UInt16 = 0o644) throws {
        let (parent, name) = try place(path)
        try parent.open(name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode).write(text.bytes)
        try parent.setMode(name, mode: mode)
    }

    func link(_ path: ByteString, to target: ByteString) throws {
        let (parent, name) = try place(path)
        try parent.makeSymlink(name, target: target)
    }

    func hardLink(_ path: ByteString, to existing: ByteString) throws {
        let (parent, name) = try place(path)
        let (source, old) = try place(existing)
        try parent.makeLink(name, to: old, in: source)
    }

    func place(_ path: ByteString) throws -> (Directory, ByteString) {
        let path = TreePath(parsing: path)
        return (try folder(path.parent.bytes), path.last ?? "")
    }
}

/// Whether the tests may make upper directories; the reason is printed where they may not.
let isRoot: Bool = {
    if geteuid() == 0 { return true }
    print("not root: tests that write upper directories are skipped")
    return false
}()

/// The failure of a call; nil if it did not fail.
func failure(of body: () throws -> Void) -> (any Error)? {
    do { try body() } catch { return error }
    return nil
}

extension Delta {
    /// One line for each entry, times left out: what tests compare.
    var lines: [String] {
        entries.map { entry in
            switch entry.change {
            case .whiteout: "\(entry.path) whiteout"
            case .directory(let attributes, _, let isOpaque):
                "\(entry.path) directory \(attributes.text)\(isOpaque ? " opaque" : "")"
            case .write(let written, _, let linkedTo):
                "\(entry.path) \(written.text)\(linkedTo.map { " = \($0)" } ?? "")"
            }
        }
    }
}

extension TreeEntry {
    fileprivate var text: String {
        switch node {
        case .symlink(let target): "link \(attributes.text) -> \(target)"
        default: "\(kind) \(attributes.text)"
        }
    }
}

extension Attributes {
    fileprivate var text: String { String(mode, radix: 8) + (uid == 0 && gid == 0 ? "" : " \(uid):\(gid)") }
}

extension Directory {
    /// Makes an empty file of any name.
    func make(_ name: ByteString) throws { _ = try open(name, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644) }
}
