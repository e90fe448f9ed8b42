package import Bytes
internal import CLinux
internal import Glibc

/// An open directory, and the only way to reach files of others.
///
/// A path that comes from a Dockerfile, a context or an image is resolved beneath the directory by `openat2(2)`
/// with RESOLVE_IN_ROOT: links and `..` never lead out of it. A *name* is one component and is never followed.
/// Many tasks may share a directory; it closes with its last holder.
package final class Directory: Sendable {
    package let descriptor: Descriptor

    package var number: CInt { descriptor.number }

    package init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// Opens a directory that the user named on the command line or that belongs to the engine; links are followed.
    package static func open(hostPath path: ByteString) throws(SystemError) -> Directory {
        let number = try path.withCPath { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard number >= 0 else { throw SystemError.last("open", path) }
        return Directory(Descriptor(owning: number))
    }

    /// Opens a path beneath this directory as if this were `/`.
    ///
    /// Calls `openat2(2)` with RESOLVE_IN_ROOT.
    ///
    /// `flags`: flags of open(2); O_CLOEXEC is added.
    package func openBeneath(_ path: ByteString, flags: CInt, mode: UInt16 = 0) throws(SystemError) -> Descriptor {
        let target: ByteString = path.isEmpty ? "." : path
        let resolve = SBI_RESOLVE_IN_ROOT | SBI_RESOLVE_NO_MAGICLINKS
        let number = try target.withCPath { sbi_openat2(self.number, $0, UInt64(flags), UInt64(mode), resolve) }
        guard number >= 0 else { throw SystemError.last("open", path) }
        return Descriptor(owning: number)
    }

    /// Opens a directory beneath this one, links followed inside it.
    package func directoryBeneath(_ path: ByteString) throws(SystemError) -> Directory {
        Directory(try openBeneath(path, flags: O_RDONLY | O_DIRECTORY))
    }

    /// Opens the child directory `name`; a link of that name is an error (ELOOP or ENOTDIR).
    package func child(_ name: ByteString) throws(SystemError) -> Directory {
        Directory(try open(name, flags: O_RDONLY | O_DIRECTORY))
    }

    /// Opens the entry `name`, its link not followed.
    ///
    /// Calls `openat(2)` with O_NOFOLLOW.
    package func open(_ name: ByteString, flags: CInt, mode: UInt16 = 0) throws(SystemError) -> Descriptor {
        try Directory.checkName(name)
        let number = try name.withCPath { path in
            var result: CInt
            repeat {
                result = openat(self.number, path, flags | O_NOFOLLOW | O_CLOEXEC, mode_t(mode))
            } while result < 0 && errno == EINTR
            return result
        }
        guard number >= 0 else { throw SystemError.last("open", name) }
        return Descriptor(owning: number)
    }

    /// Opens a file that the user named on the command line, for reading: links are followed wherever they lead.
    ///
    /// A fifo is waited for: `-f <(…)` is one.
    package func openFollowing(_ name: ByteString) throws(SystemError) -> Descriptor {
        let opened = try name.withCPath { path in
            var result: CInt
            repeat {
                result = openat(self.number, path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            } while result < 0 && errno == EINTR
            return result
        }
        guard opened >= 0 else { throw SystemError.last("open", name) }
        return Descriptor(owning: opened)
    }

    /// A file without a name in this directory's file system; ``give(_:name:)`` names it.
    ///
    /// O_TMPFILE of open(2).
    package func openNameless(mode: UInt16) throws(SystemError) -> Descriptor {
        let number = openat(self.number, ".", O_TMPFILE_VALUE | O_RDWR | O_CLOEXEC, mode_t(mode))
        guard number >= 0 else { throw SystemError.last("open nameless file") }
        return Descriptor(owning: number)
    }

    /// Names a file made by ``openNameless(mode:)``.
    ///
    /// - Returns: false if the name is taken.
    package func give(_ file: Descriptor, name: ByteString) throws(SystemError) -> Bool {
        try Directory.checkName(name)
        let result = try name.withCPath { sbi_link_descriptor(file.number, number, $0) }
        if result == 0 { return true }
        if errno == EEXIST { return false }
        throw SystemError.last("link", name)
    }

    /// The status of the entry `name`, its link not followed; an empty name is the directory itself.
    package func status(_ name: ByteString = "") throws(SystemError) -> FileStatus {
        try FileStatus.of(name, in: number)
    }

    /// The status of the entry, or nil if there is none.
    package func statusIfPresent(_ name: ByteString) throws(SystemError) -> FileStatus? {
        do throws(SystemError) { return try status(name) } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    package func makeDirectory(_ name: ByteString, mode: UInt16) throws(SystemError) {
        try Directory.checkName(name)
        guard try name.withCPath({ mkdirat(number, $0, mode_t(mode)) }) == 0 else {
            throw SystemError.last("mkdir", name)
        }
    }

    /// Opens the child directory, made first if it is not there.
    package func makeOrOpenDirectory(_ name: ByteString, mode: UInt16) throws(SystemError) -> Directory {
        do throws(SystemError) { try makeDirectory(name, mode: mode) } catch {
            if error.code != EEXIST { throw error }
        }
        return try child(name)
    }

    package func makeSymlink(_ name: ByteString, target: ByteString) throws(SystemError) {
        try Directory.checkName(name)
        var code: CInt = 0
        var failure: SystemError?
        code = try target.withCPath { targetPath in
            do throws(SystemError) { return try name.withCPath { symlinkat(targetPath, number, $0) } } catch {
                failure = error
                return -1
            }
        }
        if let failure { throw failure }
        guard code == 0 else { throw SystemError.last("symlink", name) }
    }

    /// Makes `name` a hard link of `existing` in `source`; links are not followed.
    package func makeLink(_ name: ByteString, to existing: ByteString, in source: Directory) throws(SystemError) {
        try Directory.checkName(name)
        try Directory.checkName(existing)
        var failure: SystemError?
        let code = try existing.withCPath { from in
            do throws(SystemError) { return try name.withCPath { linkat(source.number, from, number, $0, 0) } } catch {
                failure = error
                return -1
            }
        }
        if let failure { throw failure }
        guard code == 0 else { throw SystemError.last("link", name) }
    }

    /// Makes a device, fifo or socket.
    ///
    /// `kind` must not be a file, directory or link.
    package func makeNode(_ name: ByteString, kind: FileKind, mode: UInt16, device: UInt64 = 0) throws(SystemError) {
        try Directory.checkName(name)
        let type: UInt32 =
            switch kind {
            case .characterDevice: S_IFCHR
            case .blockDevice: S_IFBLK
            case .fifo: S_IFIFO
            case .socket: S_IFSOCK
            case .file, .directory, .symlink: preconditionFailure("makeNode makes no \(kind)")
            }
        guard try name.withCPath({ sbi_make_node(number, $0, type | UInt32(mode), device) }) == 0 else {
            throw SystemError.last("mknod", name)
        }
    }

    /// The text of the link `name`.
    package func linkTarget(_ name: ByteString) throws(SystemError) -> ByteString {
        var buffer = [UInt8](repeating: 0, count: 4097)
        let count = try name.withCPath { path in
            buffer.withUnsafeMutableBytes { raw in
                guard let base = raw.baseAddress else { return -1 }
                return readlinkat(number, path, base.assumingMemoryBound(to: CChar.self), raw.count)
            }
        }
        guard count >= 0 else { throw SystemError.last("readlink", name) }
        return ByteString(Array(buffer[..<count]))
    }

    /// Renames within or between directories.
    ///
    /// - Returns: false if `keepExisting` and the new name is taken.
    @discardableResult
    package func rename(
        _ name: ByteString,
        to newName: ByteString,
        in target: Directory,
        keepExisting: Bool = false
    ) throws(SystemError) -> Bool {
        try Directory.checkName(name)
        try Directory.checkName(newName)
        var failure: SystemError?
        let code = try name.withCPath { from in
            do throws(SystemError) {
                return try newName.withCPath { sbi_rename(number, from, target.number, $0, keepExisting ? 1 : 0) }
            } catch {
                failure = error
                return -1
            }
        }
        if let failure { throw failure }
        if code == 0 { return true }
        if keepExisting && (errno == EEXIST || errno == ENOTEMPTY) { return false }
        throw SystemError.last("rename", name)
    }

    package func removeFile(_ name: ByteString) throws(SystemError) {
        try Directory.checkName(name)
        guard try name.withCPath({ unlinkat(number, $0, 0) }) == 0 else { throw SystemError.last("unlink", name) }
    }

    package func removeDirectory(_ name: ByteString) throws(SystemError) {
        try Directory.checkName(name)
        guard try name.withCPath({ unlinkat(number, $0, AT_REMOVEDIR) }) == 0 else {
            throw SystemError.last("rmdir", name)
        }
    }

    package func setOwner(_ name: ByteString = "", uid: UInt32, gid: UInt32) throws(SystemError) {
        guard try name.withCPath({ sbi_set_owner(number, $0, uid, gid) }) == 0 else {
            throw SystemError.last("chown", name)
        }
    }

    /// Sets the mode of an entry that is no link: a link of that name would be followed by chmod(2), so the caller must
    /// have made it or checked it.
    ///
    /// An empty name is the directory itself.
    package func setMode(_ name: ByteString = "", mode: UInt16) throws(SystemError) {
        let code = try name.withCPath {
            $0[0] == 0 ? fchmod(number, mode_t(mode)) : fchmodat(number, $0, mode_t(mode), 0)
        }
        guard code == 0 else { throw SystemError.last("chmod", name) }
    }

    package func setModified(_ name: ByteString = "", _ time: FileTime) throws(SystemError) {
        guard try name.withCPath({ sbi_set_times(number, $0, time.seconds, time.nanoseconds) }) == 0 else {
            throw SystemError.last("utimensat", name)
        }
    }

    /// A name is one component: not empty, no slash, neither `.` nor `..`.
    package static func checkName(_ name: ByteString) throws(SystemError) {
        let isDots = name.count <= 2 && name.bytes.allSatisfy { $0 == 0x2E }
        guard !name.isEmpty, !isDots, !name.bytes.contains(0x2F) else {
            throw SystemError(code: EINVAL, call: "not a file name", path: name)
        }
    }
}

/// O_TMPFILE, which is a macro of several parts that Swift does not import.
private let O_TMPFILE_VALUE: CInt = 0o20_000_000 | O_DIRECTORY
