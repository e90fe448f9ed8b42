package import Bytes
internal import CLinux
internal import Glibc
package import Linux

/// A mount that is attached nowhere.
///
/// It has a descriptor, but no place in any mount table, and goes with its last descriptor. Files in it are reached
/// relative to the descriptor.
package struct DetachedMount: Sendable {
    /// An O_PATH descriptor of the mount's root.
    package let descriptor: Descriptor

    init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// Opens the mount's root for listing, reading and writing.
    ///
    /// Files stay within reach when this mount goes first, but then nothing beneath can be the source of a bind or a
    /// layer of an overlay any more (EINVAL): keep the `DetachedMount` for that long.
    package func openDirectory() throws(SandboxError) -> Directory {
        try doing("opening a mount") { () throws(SystemError) in
            // An O_PATH descriptor cannot be listed.
            let number = openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard number >= 0 else { throw SystemError.last("open") }
            return Directory(Descriptor(owning: number))
        }
    }

    /// What a mount forbids.
    ///
    /// All mounts of a step but the nodes of /dev forbid devices.
    package struct Attributes: OptionSet, Sendable, Hashable {
        package let rawValue: UInt64

        package init(rawValue: UInt64) { self.rawValue = rawValue }

        package static let readOnly = Attributes(rawValue: SBI_MOUNT_READ_ONLY)
        package static let noSetuid = Attributes(rawValue: SBI_MOUNT_NO_SUID)
        package static let noDevices = Attributes(rawValue: SBI_MOUNT_NO_DEV)
        package static let noExecution = Attributes(rawValue: SBI_MOUNT_NO_EXEC)
    }
}

extension DetachedMount {
    /// A copy of what `source` shows, a directory or a file, with the mounts beneath it where `recursive`.
    ///
    /// Calls `open_tree(2)` and `mount_setattr(2)`: read-only means all of it, mounts beneath included. From Linux 6.15
    /// on, `source` may lie in a detached mount.
    package static func bind(
        _ source: Descriptor,
        attributes: Attributes = [.noDevices],
        recursive: Bool = false
    ) throws(SandboxError) -> DetachedMount {
        try doing("making a bind mount") { () throws(SystemError) in
            let number = sbi_clone_mount(source.number, recursive ? 1 : 0)
            guard number >= 0 else { throw SystemError.last("open_tree") }
            let descriptor = Descriptor(owning: number)
            guard sbi_set_mount_attributes(number, attributes.rawValue, recursive ? 1 : 0) == 0 else {
                throw SystemError.last("mount_setattr")
            }
            return DetachedMount(descriptor)
        }
    }

    /// A copy of what lies at a path beneath a directory, links followed there and never out of it.
    ///
    /// - Returns: the mount, and whether it shows a directory or another kind of file.
    package static func bind(
        path: ByteString,
        beneath directory: Directory,
        attributes: Attributes = [.noDevices]
    ) throws(SandboxError) -> (mount: DetachedMount, isDirectory: Bool) {
        let source = try doing("opening the source of a mount") { () throws(SystemError) in
            try directory.openBeneath(path, flags: O_PATH_VALUE)
        }
        let status = try doing("opening the source of a mount") { () throws(SystemError) in try source.status() }
        return (try bind(source, attributes: attributes), status.kind == .directory)
    }

    /// Makes the whole mount read-only from now on; for a tmpfs that was filled first.
    package func makeReadOnly() throws(SandboxError) {
        guard sbi_set_mount_attributes(descriptor.number, Attributes.readOnly.rawValue, 0) == 0 else {
            throw .system(SystemError.last("mount_setattr"), doing: "making a mount read-only")
        }
    }

    /// An empty file system in memory.
    ///
    /// Its root directory has `mode` and belongs to `uid` and `gid`. `size` is in bytes; nil is the kernel's default,
    /// half of the memory. `isNeverSwapped`, for secrets, keeps it out of swap where the kernel can (6.4).
    package static func tmpfs(
        size: UInt64? = nil,
        mode: UInt16 = 0o1777,
        uid: UInt32 = 0,
        gid: UInt32 = 0,
        attributes: Attributes = [.noDevices, .noSetuid],
        isNeverSwapped: Bool = false
    ) throws(SandboxError) -> DetachedMount {
        try doing("making a tmpfs") { () throws(SystemError) in
            let context = try FileSystemContext("tmpfs")
            if let size { try context.set("size", ByteString(String(size))) }
            try context.set("mode", ByteString(String(mode, radix: 8)))
            try context.set("uid", ByteString(String(uid)))
            try context.set("gid", ByteString(String(gid)))
            if isNeverSwapped { _ = sbi_fsconfig_flag(context.number, "noswap") }
            return try context.mount(attributes)
        }
    }
}

/// O_PATH, which Swift does not import; the same on all architectures of Linux that Swift knows.
private let O_PATH_VALUE: CInt = 0o10_000_000
