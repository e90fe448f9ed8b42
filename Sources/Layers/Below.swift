package import Bytes
internal import Glibc
package import Linux
package import Trees

/// What a delta is laid over: the tree, and the upper directories of the layers that make it.
///
/// The tree answers what is there; the directories are only asked for what a tree does not hold: modification times and
/// the bytes of files.
package struct Below: Sendable {
    package let tree: Tree
    package let source: any TreeSource
    /// In overlay form, the top layer first.
    package let lowers: [Directory]
    private let times: (@Sendable (TreePath) -> FileTime?)?

    package init(tree: Tree, source: any TreeSource, lowers: [Directory]) {
        self.tree = tree
        self.source = source
        self.lowers = lowers
        times = nil
    }

    /// Layers of which some may not be unpacked: all that is asked of them is times.
    package init(tree: Tree, source: any TreeSource, times: @escaping @Sendable (TreePath) -> FileTime?) {
        self.tree = tree
        self.source = source
        self.times = times
        lowers = []
    }

    /// What `FROM scratch` starts from.
    package static let nothing = Below(tree: .empty, source: MemoryTrees(), lowers: [])

    /// The modification time of an entry that the tree has, from the topmost layer that holds it; nil if none does.
    package func modified(_ path: TreePath) -> FileTime? {
        if let times { return times(path) }
        guard let place = topmost(path) else { return nil }
        return try? place.parent.status(place.name).modified
    }

    /// Opens a regular file of the tree for reading.
    ///
    /// - Throws: `LayersError.file` if no layer has it.
    package func open(_ path: TreePath) throws(LayersError) -> Linux.Descriptor {
        guard let place = topmost(path) else {
            throw .file(path, SystemError(code: ENOENT, call: "open in the layers below"))
        }
        return try at(path) { () throws(SystemError) in
            let file = try place.parent.open(place.name, flags: O_RDONLY | O_NONBLOCK)
            guard try file.status().kind == .file else {
                throw SystemError(code: EINVAL, call: "open: no regular file")
            }
            return file
        }
    }

    /// The modification time that one layer's upper directory has of a path; nil where it does not have it.
    package static func modified(_ path: TreePath, in lower: Directory) -> FileTime? {
        Below(tree: .empty, source: MemoryTrees(), lowers: [lower]).modified(path)
    }

    /// The place of the entry in the topmost layer that has it.
    ///
    /// The tree says that it is there, so a layer above that has it is what the overlay shows.
    private func topmost(_ path: TreePath) -> (parent: Directory, name: ByteString)? {
        for lower in lowers {
            guard let parent = try? lower.directory(at: path.parent) else { continue }
            let name = path.last ?? ""
            if let status = try? parent.statusIfPresent(name), !OverlayMark.isWhiteout(status) { return (parent, name) }
        }
        return nil
    }

    /// Gives an upper directory itself what its root is below: mode, owner, extended attributes and times.
    ///
    /// The attributes of an upper directory are those of the `/` that a step sees, so call it before an upper is
    /// mounted.
    package static func prepareRoot(of upper: Directory, like below: Below) throws(LayersError) {
        let attributes = below.tree.rootAttributes
        try at(.root) { () throws(SystemError) in
            try upper.setOwner(uid: attributes.uid, gid: attributes.gid)
            try upper.setMode(mode: attributes.mode)
            for xattr in attributes.xattrs { try upper.setXattr("", xattr) }
            if let modified = below.modified(.root) { try upper.setModified("", modified) }
        }
    }
}

/// Names the entry that a system call failed on.
func at<Value>(
    _ path: @autoclosure () -> TreePath,
    _ body: () throws(SystemError) -> Value
) throws(LayersError) -> Value {
    do throws(SystemError) { return try body() } catch { throw .file(path(), error) }
}

extension Directory {
    /// Opens the directory at a path beneath this one, however long the path is; no link is followed.
    func directory(at path: TreePath) throws(SystemError) -> Directory {
        var current = self
        for name in path.components { current = try current.child(name) }
        return current
    }
}
