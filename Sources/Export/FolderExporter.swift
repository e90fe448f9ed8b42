package import Bytes
internal import Glibc
package import Linux
package import Trees

/// Puts the files of a tree into a folder of the host, merged into what is there (`--output type=local`).
///
/// A directory that is there gets the tree's attributes and keeps what else is in it; anything else of the same name is
/// replaced, each file whole or not at all. Links in the folder are never followed.
package struct FolderExporter: ~Copyable {
    private let delta: Delta
    private let source: Directory
    private let isRoot = geteuid() == 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)

    /// A tree's files.
    ///
    /// - Parameters:
    ///   - delta: what a `TreeListing` gives.
    ///   - source: where its files are.
    package init(_ delta: Delta, from source: Directory) {
        self.delta = delta
        self.source = source
    }

    deinit { buffer.deallocate() }

    /// Whether the folder is there or could be made.
    ///
    /// - Throws: `ExportError.cannotWrite`.
    package static func check(_ path: ByteString) throws { try HostFile.checkFolder(path, makesParents: true) }

    /// Writes all entries.
    ///
    /// Blocks. Throws `ExportError.cannotWrite` or `CancellationError`; what was written until then stays.
    package func write(to path: ByteString) throws {
        let folder = try HostFile.makeFolders(path)
        var open = OpenDirectories(target: folder, source: source)
        var directories: [(path: TreePath, attributes: Attributes, modified: FileTime)] = []
        for entry in delta.entries {
            try Task.checkCancellation()
            do throws(SystemError) {
                let (target, source) = try open.directories(entry.path.parent)
                let name = entry.path.last ?? ""
                switch entry.change {
                case .whiteout: break
                case .directory(let attributes, let modified, _):
                    try makeDirectory(name, in: target)
                    directories.append((entry.path, attributes, modified))
                case .write(let written, let modified, let linkedTo):
                    try put(name, in: target) { (temporary) throws(SystemError) in
                        if let linkedTo {
                            let (first, _) = try open.directories(linkedTo.parent)
                            return try target.makeLink(temporary, to: linkedTo.last ?? "", in: first)
                        }
                        try make(written, temporary, in: target, from: source, name)
                        try dress(temporary, in: target, written, modified)
                    }
                }
            } catch { throw ExportError.cannotWrite(path + "/" + entry.path.bytes, error) }
        }
        // Last and from below: what is written into a directory changes its time, and its mode may shut others out.
        for (path, attributes, modified) in directories.reversed() {
            do throws(SystemError) {
                let (parent, _) = try open.directories(path.parent)
                try dress(
                    path.last ?? "",
                    in: parent,
                    TreeEntry(.directory(DirectoryObject.empty.hash), attributes),
                    modified
                )
            } catch { throw ExportError.cannotWrite(path.bytes, error) }
        }
    }

    // MARK: Entries

    private func makeDirectory(_ name: ByteString, in target: Directory) throws(SystemError) {
        if let found = try target.statusIfPresent(name) {
            if found.kind == .directory { return }
            try target.removeFile(name)
        }
        try target.makeDirectory(name, mode: 0o700)
    }

    /// Makes an entry under a temporary name, then puts it in its place.
    private func put(
        _ name: ByteString,
        in target: Directory,
        _ body: (ByteString) throws(SystemError) -> Void
    ) throws(SystemError) {
        let temporary = ByteString(".swift-build-image-\(getpid()).tmp")
        if try target.statusIfPresent(temporary) != nil { try target.removeFile(temporary) }
        do throws(SystemError) {
            try body(temporary)
            if try target.statusIfPresent(name)?.kind == .directory { try target.removeTree(name) }
            try target.rename(temporary, to: name, in: target)
            // A rename between two names of one file does nothing, and leaves both.
            if try target.statusIfPresent(temporary) != nil { try target.removeFile(temporary) }
        } catch {
            _ = try? target.removeFile(temporary)
            throw error
        }
    }

    private func make(
        _ entry: TreeEntry,
        _ temporary: ByteString,
        in target: Directory,
        from source: Directory,
        _ name: ByteString
    ) throws(SystemError) {
        switch entry.node {
        case .file:
            let input = try source.open(name, flags: O_RDONLY | O_NONBLOCK)
            let output = try target.open(temporary, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            if output.clone(from: input) { return }
            while true {
                let count = try input.read(into: buffer)
                if count == 0 { return }
                try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        case .symlink(let text): try target.makeSymlink(temporary, target: text)
        case .characterDevice(let number):
            try target.makeNode(temporary, kind: .characterDevice, mode: 0o600, device: number)
        case .blockDevice(let number):
            try target.makeNode(temporary, kind: .blockDevice, mode: 0o600, device: number)
        case .fifo: try target.makeNode(temporary, kind: .fifo, mode: 0o600)
        case .directory, .socket: return
        }
    }

    /// Gives an entry its owner, as far as this user may, its mode, its attributes and its time.
    private func dress(
        _ name: ByteString,
        in target: Directory,
        _ entry: TreeEntry,
        _ modified: FileTime
    ) throws(SystemError) {
        let attributes = entry.attributes
        if isRoot { try target.setOwner(name, uid: attributes.uid, gid: attributes.gid) }
        if entry.kind != .symlink {
            try target.setMode(name, mode: attributes.mode)
            for xattr in attributes.xattrs {
                // A file system without them, or without some, is no reason to leave the file out.
                _ = try? target.setXattr(name, xattr)
            }
        }
        try target.setModified(name, modified)
    }
}

/// The directory that the writing is in, on both sides: neighbours share it.
private struct OpenDirectories {
    private var path: TreePath?
    private var current: (target: Directory, source: Directory)
    private let roots: (target: Directory, source: Directory)

    init(target: Directory, source: Directory) {
        roots = (target, source)
        current = roots
    }

    mutating func directories(_ wanted: TreePath) throws(SystemError) -> (target: Directory, source: Directory) {
        if path == wanted { return current }
        var start = roots
        var rest = wanted.components[...]
        if let path, wanted.components.starts(with: path.components) {
            start = current
            rest = rest.dropFirst(path.components.count)
        }
        for name in rest { start = (try start.target.child(name), try start.source.child(name)) }
        (path, current) = (wanted, start)
        return start
    }
}
