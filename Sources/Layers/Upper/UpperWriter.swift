internal import Bytes
internal import Glibc
package import Linux
internal import OCI
internal import Synchronization
internal import Trees

/// Writes a delta straight into the upper directory of a new snapshot, in overlay form, and tells it at the end.
///
/// Paths are real paths of the tree: no link is followed, and an ancestor that is no directory is an error. Ancestors
/// that the upper lacks are made as they are below. What was written before under a path is replaced. Nothing on the disk
/// is looked up by a path, so what an archive writes cannot lead a later entry elsewhere.
///
/// Several threads may write, each to paths of its own; best each in its own directory. Directories get their modes,
/// owners, attributes and times in ``finish()``; until then they are the engine's own, so that nothing is inherited from
/// a setgid bit or a default ACL. After an error the upper is to be thrown away.
/// A path deeper than `TreePath.depthLimit` is refused with `LayersError.tooDeep`.
///
/// Needs the privileges of root. Files are made with their final mode as far as the umask of the process lets them be.
package final class UpperWriter: Sendable {
    struct State {
        let root: UpperFolder
        /// Folders whose directory is open, oldest first; the root is not among them.
        var openFolders: [UpperFolder] = []
        /// The folder that was looked for last: the next one is mostly near it.
        var near: UpperFolder?
        var notices = NoticeList()
        /// Whether another tree below could have given another result.
        var dependsOnBelow = false
        /// Counts what may change where a path leads.
        var generation = 0
        /// On paper: where the bytes of files are, by folders of the source.
        var sources: [@Sendable () throws -> Directory] = []
    }

    /// As many directories are kept open.
    private static let openLimit = 192

    let below: Below
    let upper: Directory
    /// Whether nothing is written and only noted what would be: ``PaperUpper``.
    package let isOnPaper: Bool
    let buffers = BufferPool()
    let state: Mutex<State>
    private let ownUser = geteuid()
    private let ownGroup = getegid()

    ///
    /// `upper`: an empty directory.
    package convenience init(upper: Directory, below: Below) throws(LayersError) {
        self.init(upper, below, isOnPaper: false)
        // The mode is what lets this process in, until finish() sets all.
        try at(.root) { () throws(SystemError) in try upper.setMode(mode: 0o700) }
    }

    init(_ upper: Directory, _ below: Below, isOnPaper: Bool) {
        self.upper = upper
        self.below = below
        self.isOnPaper = isOnPaper
        let root = UpperFolder(
            path: .root,
            parent: nil,
            origin: .mirrored,
            attributes: below.tree.rootAttributes,
            contents: .stored(below.tree.rootObject)
        )
        root.directory = upper
        state = Mutex(State(root: root))
    }

    deinit { state.withLock { $0.root.takeApart() } }

    /// What the user should know, once all is written.
    package var notices: [LayersNotice] { state.withLock { $0.notices.notices } }

    /// Whether another tree below could have given another delta or another upper.
    var dependsOnBelow: Bool { state.withLock { $0.dependsOnBelow } }

    /// Grows when something changed that a resolved path may depend on.
    var generation: Int { state.withLock { $0.generation } }

    func notice(_ notice: LayersNotice) { state.withLock { $0.notices.add(notice) } }

    // MARK: Folders, under the lock

    /// The folder at a path; missing ones are made as they are below, or 0755 of root.
    func folder(at path: TreePath, _ state: inout State) throws -> UpperFolder {
        var folder = nearest(to: path, state)
        for name in path.components[folder.path.components.count...] {
            switch folder.children[name] {
            case .folder(let child): folder = child
            case .file: throw LayersError.notADirectory(folder.path.appending(name))
            case .whiteout, nil: folder = try implied(name, in: folder, &state)
            }
        }
        state.near = folder
        return folder
    }

    /// The folder at the path or above it that is reached from the one that was looked for last.
    func nearest(to path: TreePath, _ state: State) -> UpperFolder {
        guard var folder = state.near else { return state.root }
        let names = folder.path.components
        var common = 0
        while common < min(names.count, path.components.count), names[common] == path.components[common] { common += 1 }
        for _ in common..<names.count { folder = folder.parent ?? state.root }
        return folder
    }

    private func implied(_ name: ByteString, in folder: UpperFolder, _ state: inout State) throws -> UpperFolder {
        state.dependsOnBelow = true
        if case nil = folder.children[name], let entry = try folder.below(name, from: below.source) {
            guard case .directory(let hash) = entry.node else {
                throw LayersError.notADirectory(folder.path.appending(name))
            }
            return try make(name, in: folder, .mirrored, entry.attributes, .stored(hash), &state)
        }
        return try make(name, in: folder, .implied, Attributes(mode: 0o755), .nothing, &state)
    }

    /// Makes a directory in the place of what the folder has under the name.
    func make(
        _ name: ByteString,
        in folder: UpperFolder,
        _ origin: UpperFolder.Origin,
        _ attributes: Attributes,
        _ contents: UpperFolder.Contents,
        _ state: inout State
    ) throws -> UpperFolder {
        let path = folder.path.appending(name)
        try LayersError.checkDepth(of: path)
        guard !OverlayMark.isReserved(name) else { throw LayersError.whiteoutName(path) }
        let parent = try open(folder, &state)
        try clear(name, in: folder, parent, &state)
        if !isOnPaper { try at(path) { () throws(SystemError) in try parent.makeDirectory(name, mode: 0o700) } }
        let child = UpperFolder(path: path, parent: folder, origin: origin, attributes: attributes, contents: contents)
        if case .nothing = contents, let hidden = try folder.below(name, from: below.source) {
            child.isOpaque = hidden.isDirectory
            state.dependsOnBelow = true
        }
        folder.children[name] = .folder(child)
        return child
    }

    /// Removes what this writer has put under the name.
    func clear(_ name: ByteString, in folder: UpperFolder, _ directory: Directory, _ state: inout State) throws {
        if isOnPaper, folder.children[name] != nil { throw NotOnPaper() }
        switch folder.children[name] {
        case nil: return
        case .folder(let child):
            state.generation += 1
            try at(folder.path.appending(name)) { () throws(SystemError) in try directory.removeTree(name) }
            child.takeApart()
            state.near = nil
        case .file(let file):
            if case .symlink = file.entry.node { state.generation += 1 }
            try at(folder.path.appending(name)) { () throws(SystemError) in try directory.removeFile(name) }
        case .whiteout:
            try at(folder.path.appending(name)) { () throws(SystemError) in try directory.removeFile(name) }
        }
        folder.children[name] = nil
    }

    /// The folder's directory, opened from the nearest ancestor that is open.
    func open(_ folder: UpperFolder, _ state: inout State) throws(LayersError) -> Directory {
        if isOnPaper { return upper }
        if let directory = folder.directory { return directory }
        var chain: [UpperFolder] = []
        var next: UpperFolder? = folder
        var current = upper
        while let candidate = next {
            if let directory = candidate.directory {
                current = directory
                break
            }
            chain.append(candidate)
            next = candidate.parent
        }
        for folder in chain.reversed() {
            let parent = current
            current = try at(folder.path) { () throws(SystemError) in try parent.child(folder.path.last ?? "") }
        }
        folder.directory = current
        state.openFolders.append(folder)
        if state.openFolders.count > UpperWriter.openLimit {
            for folder in state.openFolders.prefix(UpperWriter.openLimit / 2) { folder.directory = nil }
            state.openFolders.removeFirst(UpperWriter.openLimit / 2)
        }
        return current
    }

    // MARK: Attributes

    /// Gives a new entry its owner, the mode's bits that a change of owner takes away, its attributes and its time.
    ///
    /// - Returns: the attributes as they are now: extended attributes that the file system refused are left out.
    func dress(
        _ name: ByteString,
        in directory: Directory,
        path: @autoclosure () -> TreePath,
        _ attributes: Attributes,
        isSymlink: Bool = false,
        modified: FileTime
    ) throws(LayersError) -> Attributes {
        var result = attributes
        if isSymlink {
            result.mode = 0o777
            result.xattrs = []
        }
        do throws(SystemError) {
            let isForeign = attributes.uid != ownUser || attributes.gid != ownGroup
            if isForeign { try directory.setOwner(name, uid: attributes.uid, gid: attributes.gid) }
            // A change of owner clears setuid and setgid; the umask has kept its bits off.
            let isMasked = result.mode & ProcessMask.value != 0 || isForeign && result.mode & 0o6000 != 0
            if isMasked && !isSymlink { try directory.setMode(name, mode: result.mode) }
        } catch { throw .file(path(), error) }
        if !result.xattrs.isEmpty {
            var notices = NoticeList()
            result.xattrs = try UpperWriter.setXattrs(result.xattrs, name, in: directory, path: path(), &notices)
            for notice in notices.notices { self.notice(notice) }
        }
        do throws(SystemError) { try directory.setModified(name, modified) } catch { throw .file(path(), error) }
        return result
    }

    /// Sets those attributes that a tree covers.
    ///
    /// What the file system has no room or no support for is left out and told.
    static func setXattrs(
        _ xattrs: [Xattr],
        _ name: ByteString,
        in directory: Directory,
        path: @autoclosure () -> TreePath,
        _ notices: inout NoticeList
    ) throws(LayersError) -> [Xattr] {
        var result: [Xattr] = []
        for xattr in xattrs where Attributes.covers(xattr.name) {
            do throws(SystemError) {
                try directory.setXattr(name, xattr)
                result.append(xattr)
            } catch {
                guard [E2BIG, ENOSPC, EDQUOT, EOPNOTSUPP, EPERM, ERANGE].contains(error.code) else {
                    throw .file(path(), error)
                }
                notices.add(.droppedXattr(xattr.name, at: path(), reason: error.reason))
            }
        }
        return result
    }
}
