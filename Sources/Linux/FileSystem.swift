internal import CLinux
internal import Glibc

/// Room on a file system, in bytes.
package struct Space: Sendable, Hashable {
    package var free: UInt64
    package var total: UInt64
}

extension Directory {
    /// Calls `statvfs(3)`.
    package func space() throws(SystemError) -> Space {
        var space = Space(free: 0, total: 0)
        guard sbi_file_system_space(number, &space.free, &space.total) == 0 else { throw SystemError.last("statvfs") }
        return space
    }

    /// Whether this process may make files here.
    ///
    /// Calls `faccessat(2)`.
    package var isWritable: Bool { faccessat(number, ".", W_OK, 0) == 0 }

    /// Writes everything of this file system to its disk.
    ///
    /// Calls `syncfs(2)`.
    package func syncFileSystem() throws(SystemError) {
        guard sbi_syncfs(number) == 0 else { throw SystemError.last("syncfs") }
    }

    /// The name of the network or user-space file system that holds the directory, or nil for a local one.
    package var remoteFileSystem: String? {
        switch sbi_file_system_magic(number) {
        case 0x6969: "NFS"
        case 0x517B, 0xFF53_4D42, 0xFE53_4D42: "SMB"
        case 0x6573_5546: "FUSE"
        case 0x0102_1997: "9p"
        case 0x6A65_6A63: "virtiofs"
        default: nil
        }
    }
}
