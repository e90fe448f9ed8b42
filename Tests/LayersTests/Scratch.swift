import Bytes
import Foundation
import Glibc
import Layers
import Linux
import OCI
import Trees

/// A directory for one test that goes away with it.
final class Scratch: Sendable {
    let path: String
    let directory: Directory

    init() throws {
        var template = Array("/tmp/layers-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        directory = try Directory.open(hostPath: ByteString(path))
    }

    deinit {
        guard let parent = try? Directory.open(hostPath: "/tmp") else { return }
        try? parent.removeTree(ByteString(String(path.split(separator: "/").last ?? "")))
    }

    /// A new empty directory in it, 0755.
    func folder(_ name: String) throws -> Directory {
        try directory.makeDirectory(ByteString(name), mode: 0o755)
        let folder = try directory.child(ByteString(name))
        try folder.setMode(mode: 0o755)
        return folder
    }

    /// Makes a file of its own with these bytes and opens it.
    func file(_ name: String, _ bytes: [UInt8] = []) throws -> Linux.Descriptor {
        let file = try directory.open(ByteString(name), flags: O_RDWR | O_CREAT | O_TRUNC, mode: 0o644)
        try file.write(bytes)
        return file
    }

    /// Runs a shell script in it and gives what it printed.
    @discardableResult
    func shell(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-e", "-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else { throw ScriptFailure(output: text) }
        return text
    }

    struct ScriptFailure: Error { let output: String }
}

/// Whether the tests may make devices and change owners; prints why not.
let isRoot: Bool = {
    if geteuid() == 0 { return true }
    print("not root: tests that write upper directories are skipped")
    return false
}()

extension TreePath: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(parsing: ByteString(value)) }
}

let plain = Attributes(mode: 0o644)
let folder = Attributes(mode: 0o755)
let time = FileTime(seconds: 1_600_000_000, nanoseconds: 123_456_789)

extension Below {
    /// A layer over this, with the tree that comes of it.
    func adding(_ delta: Delta, in upper: Directory) throws -> Below {
        let objects = MemoryTrees(over: source)
        let editor = try TreeEditor(tree, source: objects)
        try editor.apply(delta)
        return Below(tree: try editor.commit(into: objects), source: objects, lowers: [upper] + lowers)
    }
}

extension LayerWriter {
    /// The packed layer with its bytes.
    func packed() throws -> (layer: PackedLayer, bytes: [UInt8]) {
        var bytes: [UInt8] = []
        let layer = try pack { bytes += $0 }
        return (layer, bytes)
    }
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
                "\(entry.path) \(written.kind) \(written.attributes.text)\(linkedTo.map { " = \($0)" } ?? "")"
            }
        }
    }
}

extension Attributes {
    var text: String {
        var text = String(mode, radix: 8) + " \(uid):\(gid)"
        for xattr in xattrs { text += " \(xattr.name)=\(xattr.value)" }
        return text
    }
}

/// What differs in two trees, a line for each entry.
func differences(_ left: Tree, _ right: Tree, in source: any TreeSource) -> String {
    var lines: [String] = []
    func compare(_ left: TreeEntry?, _ right: TreeEntry?, _ path: TreePath) {
        guard left != right else { return }
        lines.append("\(path): \(left.map(line) ?? "none") / \(right.map(line) ?? "none")")
        let (one, other) = (object(left), object(right))
        if one.linkSets != other.linkSets { lines.append("  links \(one.linkSets) / \(other.linkSets)") }
        for name in Set(one.children.map(\.name)).union(other.children.map(\.name)).sorted() {
            compare(one[name], other[name], path.appending(name))
        }
    }
    func object(_ entry: TreeEntry?) -> DirectoryObject {
        guard case .directory(let hash) = entry?.node else { return .empty }
        return (try? source.directoryObject(hash)) ?? .empty
    }
    func line(_ entry: TreeEntry) -> String { "\(entry.kind) \(entry.attributes.text)" }
    compare(left.rootEntry, right.rootEntry, .root)
    return lines.joined(separator: "\n")
}
