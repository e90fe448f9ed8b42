package import Bytes
internal import CLinux
internal import Glibc

extension FileTime {
    /// Now, by the coarse clock that the kernel stamps files with.
    package static var fileClock: FileTime {
        var seconds: Int64 = 0
        var nanoseconds: UInt32 = 0
        sbi_file_clock(&seconds, &nanoseconds)
        return FileTime(seconds: seconds, nanoseconds: nanoseconds)
    }
}

/// What `statx(2)` tells of a file, its link not followed.
package struct FileStatus: Hashable, Sendable {
    package var kind: FileKind
    /// Permission bits with setuid, setgid and sticky: 0…07777.
    package var mode: UInt16
    package var uid: UInt32
    package var gid: UInt32
    package var links: UInt32
    package var size: UInt64
    package var inode: UInt64
    /// The file system's device number, as makedev(3) writes it.
    package var device: UInt64
    /// The number of a device node, as makedev(3) writes it; 0 for others.
    package var specialDevice: UInt64
    package var modified: FileTime
    package var changed: FileTime
    package var born: FileTime
    /// Allocated 512-byte blocks.
    package var blocks: UInt64

    init?(_ raw: sbi_status) {
        switch raw.mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symlink
        case S_IFCHR: kind = .characterDevice
        case S_IFBLK: kind = .blockDevice
        case S_IFIFO: kind = .fifo
        case S_IFSOCK: kind = .socket
        default: return nil
        }
        mode = UInt16(raw.mode & 0o7777)
        (uid, gid, links) = (raw.uid, raw.gid, raw.links)
        (size, inode, device, blocks) = (raw.size, raw.inode, raw.device, raw.blocks)
        specialDevice = kind == .characterDevice || kind == .blockDevice ? raw.special_device : 0
        modified = FileTime(seconds: raw.modified_seconds, nanoseconds: raw.modified_nanoseconds)
        changed = FileTime(seconds: raw.changed_seconds, nanoseconds: raw.changed_nanoseconds)
        born = FileTime(seconds: raw.born_seconds, nanoseconds: raw.born_nanoseconds)
    }

    /// Calls `statx(2)`; an empty name means the descriptor itself.
    package static func of(_ name: ByteString, in directory: CInt) throws(SystemError) -> FileStatus {
        var raw = sbi_status()
        let result = try name.withCPath { sbi_status_at(directory, $0, &raw) }
        guard result == 0 else { throw SystemError.last("statx", name) }
        guard let status = FileStatus(raw) else {
            throw SystemError(code: EINVAL, call: "statx: unknown kind of file", path: name)
        }
        return status
    }
}

extension Descriptor {
    /// Calls `statx(2)` on the open file.
    package func status() throws(SystemError) -> FileStatus { try FileStatus.of("", in: number) }
}

extension FileTime {
    /// Now, by the precise clock: never before a time that the kernel has stamped a file with.
    package static var now: FileTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return FileTime(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
    }
}
