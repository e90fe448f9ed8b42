package import Bytes
package import Linux

/// The mount points that an image lacks, made in a lower directory of their own between image and upper.
///
/// So the upper never holds one: nothing has to be remembered and removed after the step, and a step that removes a
/// stub leaves no trace, since a whiteout over nothing is none. A directory that the image has and that holds a stub is
/// made here too, with the attributes that it has in the image, because overlay shows those of the topmost layer.
package struct StubLayer: Sendable {
    /// A mount point that must exist: a directory, or a file.
    package struct Target: Sendable, Hashable {
        package var path: MountPath
        package var isDirectory: Bool

        package init(_ path: MountPath, isDirectory: Bool) {
            self.path = path
            self.isDirectory = isDirectory
        }
    }

    /// What the image has at a path, its link not followed.
    package struct Existing: Sendable, Hashable {
        package var kind: FileKind
        package var mode: UInt16
        package var uid: UInt32
        package var gid: UInt32
        /// Only needed of directories.
        package var xattrs: [Xattr]
        /// Only needed of directories; nil leaves the time of making.
        package var modified: FileTime?
        /// The text of a link.
        package var linkTarget: ByteString

        package init(
            kind: FileKind,
            mode: UInt16 = 0o755,
            uid: UInt32 = 0,
            gid: UInt32 = 0,
            xattrs: [Xattr] = [],
            modified: FileTime? = nil,
            linkTarget: ByteString = ""
        ) {
            self.kind = kind
            self.mode = mode
            self.uid = uid
            self.gid = gid
            self.xattrs = xattrs
            self.modified = modified
            self.linkTarget = linkTarget
        }
    }

    /// What the image has at these names from the root down, or nil.
    ///
    /// No names are the root. It may throw what it likes.
    package typealias Lookup = ([ByteString]) throws -> Existing?

    /// Where each target really is, links followed, in the order of the targets that were given.
    package let resolved: [MountPath]
    /// Whether anything had to be made: if not, the directory is not needed as a layer.
    package let isNeeded: Bool

    /// The mount points that every step has: /proc, /sys, /dev.
    private static let kernelDirectories: [ByteString] = ["dev", "proc", "sys"]

    /// Makes what is missing in `directory`, which is empty.
    ///
    /// /proc, /sys and /dev are always among the targets. They must be directories, or not there.
    ///
    /// - Throws: `SandboxError`, or what `lookup` throws.
    package init(targets: [Target], in directory: Directory, lookup: Lookup) throws {
        var plan = StubPlan()
        for name in StubLayer.kernelDirectories { try plan.addKernelDirectory(name, lookup) }
        var resolved: [MountPath] = []
        for target in targets { resolved.append(MountPath(names: try plan.add(target, lookup))) }
        self.resolved = resolved
        isNeeded = plan.isNeeded
        if isNeeded { try plan.make(in: directory, lookup) }
    }
}
