package import Bytes
package import OCI

/// Mode, owner and extended attributes of an entry; modification times are no part of a tree.
package struct Attributes: Hashable, Sendable {
    /// Permission bits with setuid, setgid and sticky: 0…07777.
    ///
    /// Always 0777 for links.
    package var mode: UInt16
    package var uid: UInt32
    package var gid: UInt32
    /// Only those that a tree covers (``covers(_:)``), sorted by name.
    package var xattrs: [Xattr]

    package init(mode: UInt16, uid: UInt32 = 0, gid: UInt32 = 0, xattrs: [Xattr] = []) {
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.xattrs = xattrs
    }

    /// Whether an extended attribute belongs to an image: `user.*` without overlay's own, file capabilities, ACLs.
    package static func covers(_ name: ByteString) -> Bool {
        if name.hasPrefix("user.") { return !name.hasPrefix("user.overlay.") && !name.hasPrefix("user.fuseoverlayfs.") }
        return name == "security.capability" || name.hasPrefix("system.posix_acl_")
    }
}

/// One entry of a directory, without its name.
package struct TreeEntry: Hashable, Sendable {
    package enum Node: Hashable, Sendable {
        case file(ContentHash, size: UInt64)
        /// The hash of the child's ``DirectoryObject``.
        case directory(ContentHash)
        case symlink(ByteString)
        /// The number as makedev(3) writes it.
        case characterDevice(UInt64)
        case blockDevice(UInt64)
        case fifo
        case socket
    }

    package var node: Node
    package var attributes: Attributes

    package init(_ node: Node, _ attributes: Attributes) {
        self.node = node
        self.attributes = attributes
    }

    package var kind: FileKind {
        switch node {
        case .file: .file
        case .directory: .directory
        case .symlink: .symlink
        case .characterDevice: .characterDevice
        case .blockDevice: .blockDevice
        case .fifo: .fifo
        case .socket: .socket
        }
    }

    package var isDirectory: Bool { kind == .directory }
}

/// A path inside a tree, as components from the root: never empty names, `.` or `..`, no links followed by itself.
package struct TreePath: Hashable, Sendable, Comparable {
    package var components: [ByteString]

    package init(_ components: [ByteString] = []) { self.components = components }

    /// Reads `a/b/c`; slashes at either end, double slashes and `.` fall away, and `..` goes up lexically (not above the root).
    package init(parsing text: ByteString) {
        components = []
        for part in text.bytes.split(separator: 0x2F) {
            if part.elementsEqual([0x2E]) { continue }
            if part.elementsEqual([0x2E, 0x2E]) {
                _ = components.popLast()
            } else {
                components.append(ByteString(Array(part)))
            }
        }
    }

    package static let root = TreePath()

    /// How many components the path of anything may have that is copied, unpacked, scanned or left by a step.
    ///
    /// A bound on memory: what knows all paths of a chain of directories needs the square of its depth.
    package static let depthLimit = 4096

    /// Whether it has more components than ``depthLimit``.
    package var isTooDeep: Bool { components.count > TreePath.depthLimit }

    package var isRoot: Bool { components.isEmpty }
    package var last: ByteString? { components.last }
    package var parent: TreePath { TreePath(Array(components.dropLast())) }

    package func appending(_ name: ByteString) -> TreePath { TreePath(components + [name]) }
    package func appending(_ path: TreePath) -> TreePath { TreePath(components + path.components) }

    /// `a/b/c`, without a leading slash; empty for the root.
    package var bytes: ByteString { components.joined(separator: "/") }

    package static func < (left: TreePath, right: TreePath) -> Bool {
        left.components.lexicographicallyPrecedes(right.components)
    }
}

extension TreePath: CustomStringConvertible {
    package var description: String { "/" + bytes.escaped }

    /// The path for a message: of one with many components only the ends, of long names the start.
    package var shortened: String {
        func text(_ part: ArraySlice<ByteString>) -> String {
            part.map { TreePath.shortened($0).escaped }.joined(separator: "/")
        }
        if components.count <= 8 { return "/" + text(components[...]) }
        return "/" + text(components.prefix(5)) + "/…/" + text(components.suffix(2))
    }

    private static func shortened(_ name: ByteString) -> ByteString {
        name.count <= 64 ? name : ByteString(Array(name.bytes.prefix(61))) + "..."
    }
}
