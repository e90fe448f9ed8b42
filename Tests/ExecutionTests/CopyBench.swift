import Bytes
import Contexts
import Glibc
import Graph
import Layers
import Linux
import OCI
import Testing
import Trees

@testable import Execution

/// A COPY as the executor does it, without a store: a real folder is the source, a writer over a tree the target.
struct CopyBench {
    let source: Scratch
    private let target: Scratch
    private let objects = MemoryTrees()

    init() throws {
        source = try Scratch()
        target = try Scratch()
        try target.folder("below")
        try target.folder("upper")
    }

    /// One instruction.
    struct Instruction: Sendable {
        var words: [ByteString]
        var destination: ByteString
        var owner: (uid: UInt32, gid: UInt32)?
        var mode: ByteString?
        /// What happens between the hashing of the sources and their copying.
        var meanwhile: (@Sendable (Scratch) throws -> Void)?

        init(_ words: [ByteString], to destination: ByteString) {
            self.words = words
            self.destination = destination
        }
    }

    /// Lays a tree that `make` writes below what is copied.
    func below(_ make: (UpperWriter) throws -> Void) throws -> Below {
        let directory = try target.folder("below")
        let writer = try UpperWriter(upper: directory, below: .nothing)
        try make(writer)
        let editor = try TreeEditor(.empty, source: objects)
        try editor.apply(try writer.finish())
        return Below(tree: try editor.commit(into: objects), source: objects, lowers: [directory])
    }

    /// Copies, and tells what changed.
    func copy(_ instruction: Instruction, over below: Below) async throws -> Copied {
        let root = source.directory
        let context = try LocalContext(path: source.path, root: root, rules: IgnoreRules(), indexFolder: nil)
        let listing = try await context.scan()
        try await listing.hash()
        let tree = listing.tree()
        let selections = try instruction.words.map { try Selection(of: $0, in: tree, from: listing) }
        try instruction.meanwhile?(source)
        let upper = try target.folder("upper")
        let writer = try UpperWriter(upper: upper, below: below)
        let mode = try modeChange(instruction.mode)
        let copier = TreeCopier(writer: writer, owner: instruction.owner, mode: mode)
        for item in selections.flatMap(\.items) {
            try copier.copy(item, from: CopySource(root: root, trees: listing), to: instruction.destination)
        }
        return Copied(delta: try writer.finish(), upper: upper)
    }

    /// Runs the copier over a tree, for what has no source.
    func write(over below: Below, mode: ByteString? = nil, _ body: (TreeCopier) throws -> Void) throws -> Copied {
        let upper = try target.folder("upper")
        let writer = try UpperWriter(upper: upper, below: below)
        try body(TreeCopier(writer: writer, owner: nil, mode: try modeChange(mode)))
        return Copied(delta: try writer.finish(), upper: upper)
    }

    private func modeChange(_ text: ByteString?) throws -> ModeChange? {
        guard let text else { return nil }
        let change: ModeChange = try #require(ModeChange(text))
        return change
    }

    struct Copied {
        let delta: Delta
        let upper: Directory

        var lines: [String] { delta.lines }

        func text(_ path: ByteString) throws -> ByteString {
            ByteString(try upper.openBeneath(path, flags: O_RDONLY).readAll(limit: 1 << 20))
        }

        func modified(_ path: String) -> FileTime? {
            for entry in delta.entries where "\(entry.path)" == path {
                switch entry.change {
                case .directory(_, let time, _), .write(_, let time, _): return time
                case .whiteout: return nil
                }
            }
            return nil
        }
    }
}

extension UpperWriter {
    /// A file of root, 0644.
    func file(_ path: ByteString, _ text: ByteString = "", mode: UInt16 = 0o644) throws {
        try file(TreePath(parsing: path), Attributes(mode: mode), modified: FileTime(seconds: 1), bytes: text.bytes)
    }

    func directory(_ path: ByteString, mode: UInt16 = 0o755, uid: UInt32 = 0) throws {
        let attributes = Attributes(mode: mode, uid: uid)
        try directory(TreePath(parsing: path), attributes, modified: FileTime(seconds: 1))
    }

    func link(_ path: ByteString, to target: ByteString) throws {
        try symlink(TreePath(parsing: path), target: target, Attributes(mode: 0o777), modified: FileTime(seconds: 1))
    }
}
