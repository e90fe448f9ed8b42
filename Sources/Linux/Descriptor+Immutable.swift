package import Bytes
internal import CLinux
internal import Glibc

extension Descriptor {
    /// Clears the immutable and append-only flags (chattr(1) `+i`, `+a`) of an open file or directory.
    ///
    /// A file system that has no such flags, or does not let them be cleared, leaves the file as it is.
    ///
    /// - Returns: whether one was set.
    @discardableResult
    package func clearImmutable() -> Bool { sbi_clear_immutable(number) == 1 }

    /// Whether the open file has any extended attribute that this process may read.
    ///
    /// Calls `flistxattr(2)`.
    package var hasXattrs: Bool { flistxattr(number, nil, 0) > 0 }

    /// All extended attributes of the open file that this process may read, sorted by name.
    package func xattrs() throws(SystemError) -> [Xattr] {
        let size = flistxattr(number, nil, 0)
        if size <= 0 { return [] }
        var list = [UInt8](repeating: 0, count: size)
        let count = list.withUnsafeMutableBytes { raw in
            flistxattr(number, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        }
        guard count >= 0 else { throw SystemError.last("flistxattr") }
        var result: [Xattr] = []
        for part in list[..<count].split(separator: 0) {
            let key = ByteString(Array(part))
            if let value = try xattr(key) { result.append(Xattr(name: key, value: value)) }
        }
        return result.sorted { $0.name < $1.name }
    }

    private func xattr(_ key: ByteString) throws(SystemError) -> ByteString? {
        var value = [UInt8](repeating: 0, count: 256)
        while true {
            let count = try key.withCPath { key in
                value.withUnsafeMutableBytes { fgetxattr(number, key, $0.baseAddress, $0.count) }
            }
            if count >= 0 { return ByteString(Array(value[..<count])) }
            if errno == ENODATA || errno == EOPNOTSUPP { return nil }
            guard errno == ERANGE, value.count < 1 << 17 else { throw SystemError.last("fgetxattr") }
            value = [UInt8](repeating: 0, count: 1 << 17)
        }
    }

    /// Makes this empty file share the blocks of `source`.
    ///
    /// Calls `ioctl(2)` with FICLONE.
    ///
    /// - Returns: false where the file systems cannot do that.
    package func clone(from source: Descriptor) -> Bool { sbi_reflink(source.number, number) == 0 }
}
