import Bytes
import Contexts
import Glibc
import Linux
import OCI
import Testing
import Trees

/// A folder of a test that goes away with it, and how to fill it.
final class Folder: Sendable {
    let path: String
    let directory: Directory

    init() throws {
        var template = Array("/tmp/contexts-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        directory = try Directory.open(hostPath: ByteString(path))
    }

    deinit {
        guard let parent = try? Directory.open(hostPath: "/tmp") else { return }
        try? parent.removeTree(ByteString(path.dropFirst(5)))
    }

    /// The folder at a relative path, made with its parents.
    @discardableResult
    func folder(_ path: ByteString) throws -> Directory {
        var directory = directory
        for name in TreePath(parsing: path).components {
            directory = try directory.makeOrOpenDirectory(name, mode: 0o755)
        }
        return directory
    }

    func parent(of path: ByteString) throws -> (Directory, ByteString) {
        let path = TreePath(parsing: path)
        return (try folder(path.parent.bytes), path.last ?? "")
    }

    /// Writes a file in place, so that it keeps its inode; parents are made.
    func write(_ path: ByteString, _ text: ByteString, mode: UInt16 = 0o644) throws {
        let (parent, name) = try parent(of: path)
        let file = try parent.open(name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try file.write(text.bytes)
        try parent.setMode(name, mode: mode)
    }

    func link(_ path: ByteString, to target: ByteString) throws {
        let (parent, name) = try parent(of: path)
        try parent.makeSymlink(name, target: target)
    }

    /// Waits until files that are there count as old: the clock of file times has moved on by more than the margin.
    func settle() { usleep(30_000) }

    func scan(ignoring rules: String = "", index: Folder? = nil) async throws -> ContextListing {
        let context = LocalContext(
            path: ByteString(path),
            root: directory,
            rules: try IgnoreRules(file: Array(rules.utf8)),
            indexFolder: index?.directory
        )
        return try await context.scan()
    }
}

extension ContextListing {
    /// All entries, one line each: path, mode, kind and what it holds.
    ///
    /// Throws if a hash is a placeholder.
    func lines() throws -> [String] {
        let tree = tree()
        var result: [String] = []
        func visit(_ hash: ContentHash, _ prefix: String) throws {
            let object = try directoryObject(hash)
            #expect(object.hash == hash)
            for child in object.children {
                let path = prefix + child.name.text
                let mode = String(child.entry.attributes.mode, radix: 8)
                #expect(child.entry.attributes.uid == 0 && child.entry.attributes.gid == 0)
                switch child.entry.node {
                case .file(let hash, let size): result.append("\(path) \(mode) file \(size) \(hash.hex.prefix(8))")
                case .directory(let hash):
                    result.append("\(path) \(mode) directory")
                    try visit(hash, path + "/")
                case .symlink(let target): result.append("\(path) \(mode) link \(target)")
                case .characterDevice(let number): result.append("\(path) \(mode) character \(number)")
                case .blockDevice(let number): result.append("\(path) \(mode) block \(number)")
                case .fifo: result.append("\(path) \(mode) fifo")
                case .socket: result.append("\(path) \(mode) socket")
                }
            }
            for set in object.linkSets { result.append("\(prefix.isEmpty ? "." : prefix) links \(set.map(\.text))") }
        }
        try visit(tree.rootObject, "")
        return result
    }

    func names() throws -> [String] {
        try lines().filter { !$0.contains(" links ") }.map { String($0.split(separator: " ")[0]) }
    }
}

/// The first digits of a text's hash, as `lines()` shows them.
func digits(_ text: ByteString) -> String { String(ContentHash(of: text.bytes).hex.prefix(8)) }
