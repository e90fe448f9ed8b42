package import Bytes
internal import CLinux
internal import Glibc

extension Directory {
    /// Removes an entry with all below it, whatever its kind; links are removed, never followed.
    ///
    /// An entry that is gone already is no error. Files and directories marked immutable are unmarked first.
    ///
    /// However deep the tree is, a bounded number of files is open and no call is nested. Nobody may rename directories
    /// in it meanwhile: one that is not where it was is an error (ESTALE).
    package func removeTree(_ name: ByteString) throws(SystemError) {
        try Directory.checkName(name)
        guard try !removeUnlessDirectory(name) else { return }
        var walk = try RemovalWalk(of: name, in: self)
        while try walk.removeNext() {}
    }

    /// Removes an entry of any kind but a directory.
    ///
    /// Of a directory it is not tried whether it is empty: with a filled one the kernel would walk all that it knows of
    /// below it, at every level again.
    ///
    /// - Returns: false for a directory.
    fileprivate func removeUnlessDirectory(_ name: ByteString) throws(SystemError) -> Bool {
        let refusal: SystemError
        do throws(SystemError) {
            try removeFile(name)
            return true
        } catch { refusal = error }
        if refusal.isNotFound { return true }
        guard refusal.code == EISDIR || refusal.code == EPERM else { throw refusal }
        // EPERM is POSIX's word for a directory, and Linux's for an immutable file.
        guard let found = try statusIfPresent(name) else { return true }
        if found.kind == .directory { return false }
        guard found.kind == .file else { throw refusal }
        let file = try open(name, flags: O_RDONLY | O_NONBLOCK)
        _ = sbi_clear_immutable(file.number)
        try removeFile(name)
        return true
    }

    /// Opens a child directory whose contents are to be removed, whatever its mode.
    fileprivate func childForRemoval(_ name: ByteString) throws(SystemError) -> Directory {
        let inside: Directory
        do throws(SystemError) { inside = try child(name) } catch {
            guard error.code == EACCES else { throw error }
            try setMode(name, mode: 0o700)
            inside = try child(name)
        }
        if !CurrentUser.isRoot { try? inside.setMode(mode: 0o700) }
        _ = sbi_clear_immutable(inside.number)
        return inside
    }
}

/// The way from a directory to the one that is being emptied: the deepest stay open, the others are reached again
/// through `..`.
private struct RemovalWalk {
    private static let openLevels = 64

    private struct Level {
        /// Nil for one that was closed; the first never is.
        var directory: Directory?
        var inode: UInt64
        var device: UInt64
        /// What is still to be removed in it.
        var names: [ByteString]
        /// The child that is being emptied.
        var child: ByteString = ""
    }

    private var levels: [Level] = []

    init(of name: ByteString, in directory: Directory) throws(SystemError) {
        try add(directory, names: [])
        try descend(to: name, from: directory)
    }

    /// Removes one entry, or leaves an emptied directory and removes that.
    ///
    /// - Returns: false when all is done.
    mutating func removeNext() throws(SystemError) -> Bool {
        let last = levels.count - 1
        guard let current = levels[last].directory else { throw SystemError(code: EBADF, call: "remove") }
        if let name = levels[last].names.popLast() {
            if try !current.removeUnlessDirectory(name) { try descend(to: name, from: current) }
            return true
        }
        if last == 0 { return false }
        let parent = try ascend(from: current)
        try parent.removeDirectory(levels[last - 1].child)
        return true
    }

    private mutating func add(_ directory: Directory, names: [ByteString]) throws(SystemError) {
        let status = try directory.status()
        // What is mounted in the tree is not part of it.
        if let first = levels.first, first.device != status.device {
            throw SystemError(code: EXDEV, call: "remove a mounted directory", path: levels[levels.count - 1].child)
        }
        levels.append(Level(directory: directory, inode: status.inode, device: status.device, names: names))
    }

    private mutating func descend(to name: ByteString, from current: Directory) throws(SystemError) {
        let inside = try current.childForRemoval(name)
        levels[levels.count - 1].child = name
        try add(inside, names: try inside.names())
        let leaving = levels.count - 1 - RemovalWalk.openLevels
        if leaving > 0 { levels[leaving].directory = nil }
    }

    private mutating func ascend(from child: Directory) throws(SystemError) -> Directory {
        levels.removeLast()
        let parent = levels[levels.count - 1]
        if let directory = parent.directory { return directory }
        let number = try retrying("open ..") { openat(child.number, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        let directory = Directory(Descriptor(owning: number))
        let status = try directory.status()
        guard status.inode == parent.inode, status.device == parent.device else {
            throw SystemError(code: ESTALE, call: "remove: a directory was moved")
        }
        levels[levels.count - 1].directory = directory
        return directory
    }
}
