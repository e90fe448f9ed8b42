internal import Bytes
internal import Glibc
internal import Linux

/// The way from a root to the directory that a walk is in, with a bounded number of them open.
///
/// Deep trees have more levels than a process may open files, and paths longer than a call takes; so directories are
/// opened from their parent, only the deepest stay open, and the others are reached again through `..`. The tree must be
/// one that nobody renames directories in meanwhile; a parent that is not the one left is an error.
struct DirectoryStack: ~Copyable {
    private static let openLevels = 64

    private struct Level {
        var directory: Directory?
        var inode: UInt64
        var device: UInt64
    }

    private var levels: [Level]
    private(set) var current: Directory

    init(root: Directory) throws(SystemError) {
        let status = try root.status()
        levels = [Level(directory: root, inode: status.inode, device: status.device)]
        current = root
    }

    /// Opens a child of the current directory and makes it the current one.
    ///
    /// `status`: what the caller has found it to be.
    mutating func descend(_ name: ByteString, status: FileStatus) throws(SystemError) {
        current = try current.child(name)
        levels.append(Level(directory: current, inode: status.inode, device: status.device))
        let leaving = levels.count - 1 - DirectoryStack.openLevels
        if leaving > 0 { levels[leaving].directory = nil }
    }

    /// Goes back to the parent.
    ///
    /// Not for the root.
    mutating func ascend() throws(SystemError) {
        precondition(levels.count > 1, "the root of a walk has no parent")
        let child = current
        levels.removeLast()
        let parent = levels[levels.count - 1]
        if let directory = parent.directory {
            current = directory
            return
        }
        let number = try retrying("open ..") { openat(child.number, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        let directory = Directory(Descriptor(owning: number))
        let status = try directory.status()
        guard status.inode == parent.inode, status.device == parent.device else {
            throw SystemError(code: ESTALE, call: "walk: a directory was moved")
        }
        levels[levels.count - 1].directory = directory
        current = directory
    }
}
