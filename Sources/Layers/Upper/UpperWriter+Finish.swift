internal import Bytes
internal import Linux
internal import OCI
internal import Synchronization
package import Trees

extension UpperWriter {
    /// Gives the directories their modes, owners, attributes and times, and tells what was written.
    ///
    /// Call it once, when no thread writes any more.
    package func finish() throws -> Delta {
        try state.withLock { state in
            var entries: [Delta.Entry] = []
            var firsts: [ObjectIdentifier: TreePath] = [:]
            let root = state.root
            var stack = try DirectoryStack(root: upper)
            var frames = [Frame(root)]
            if root.origin == .written {
                frames[0].entryIndex = 0
                entries.append(entry(for: root))
            }
            while let frame = frames.last {
                guard frame.next < frame.names.count else {
                    try dress(frame.folder, in: stack.current, &state)
                    // Attributes that were refused are not in the delta either; the entry went in before its children.
                    if let index = frame.entryIndex { entries[index] = entry(for: frame.folder) }
                    frames.removeLast()
                    if !frames.isEmpty { try at(frame.folder.path) { () throws(SystemError) in try stack.ascend() } }
                    continue
                }
                frames[frames.count - 1].next += 1
                let name = frame.names[frame.next]
                switch frame.folder.children[name] {
                case .folder(let folder):
                    try at(folder.path) { () throws(SystemError) in
                        try stack.descend(name, status: try stack.current.status(name))
                    }
                    var inner = Frame(folder)
                    if folder.origin == .written || !folder.children.isEmpty {
                        inner.entryIndex = entries.count
                        entries.append(entry(for: folder))
                    }
                    frames.append(inner)
                case .file(let file):
                    let path = frame.folder.path.appending(name)
                    var linkedTo: TreePath?
                    if let links = file.links {
                        linkedTo = firsts[ObjectIdentifier(links)]
                        if linkedTo == nil { firsts[ObjectIdentifier(links)] = path }
                    }
                    let change = Delta.Change.write(file.entry, modified: file.modified, linkedTo: linkedTo)
                    entries.append(Delta.Entry(path: path, change: change))
                case .whiteout:
                    entries.append(Delta.Entry(path: frame.folder.path.appending(name), change: .whiteout))
                case nil: break
                }
            }
            return Delta(entries: entries)
        }
    }

    private struct Frame {
        let folder: UpperFolder
        let names: [ByteString]
        var next = 0
        /// Where the folder is in the delta.
        var entryIndex: Int?

        init(_ folder: UpperFolder) {
            self.folder = folder
            names = folder.children.keys.sorted()
        }
    }

    func entry(for folder: UpperFolder) -> Delta.Entry {
        let change = Delta.Change.directory(
            folder.attributes,
            modified: folder.modified ?? FileTime.fileClock,
            isOpaque: folder.isOpaque
        )
        return Delta.Entry(path: folder.path, change: change)
    }

    /// The time of a folder that nobody gave one: what it is below, or now.
    func settleTime(of folder: UpperFolder) {
        guard folder.modified == nil else { return }
        let isBelow = if case .nothing = folder.contents { false } else { true }
        folder.modified = (isBelow ? below.modified(folder.path) : nil) ?? FileTime.fileClock
    }

    private func dress(_ folder: UpperFolder, in directory: Directory, _ state: inout State) throws {
        let attributes = folder.attributes
        settleTime(of: folder)
        try at(folder.path) { () throws(SystemError) in
            try directory.setOwner(uid: attributes.uid, gid: attributes.gid)
            try directory.setMode(mode: attributes.mode)
            if folder.isOpaque && folder.parent != nil {
                try directory.setXattr(
                    "",
                    Xattr(name: OverlayMark.trusted + OverlayMark.opaque, value: OverlayMark.yes)
                )
            }
        }
        if !attributes.xattrs.isEmpty {
            folder.attributes.xattrs = try UpperWriter.setXattrs(
                attributes.xattrs,
                "",
                in: directory,
                path: folder.path,
                &state.notices
            )
        }
        try at(folder.path) { () throws(SystemError) in
            try directory.setModified("", folder.modified ?? FileTime.fileClock)
        }
    }
}
