package import Bytes
internal import CLinux
internal import Glibc

extension Directory {
    /// All extended attributes of the entry that this process may read, sorted by name; a link's own, not its target's.
    ///
    /// An empty name is the directory itself. A file system without attributes has none.
    package func xattrs(_ name: ByteString = "") throws(SystemError) -> [Xattr] {
        let path = xattrPath(name)
        var list = [UInt8](repeating: 0, count: 1024)
        var count: Int
        repeat {
            count = try path.withCPath { path in
                list.withUnsafeMutableBytes { raw in
                    llistxattr(path, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
                }
            }
            if count < 0 {
                if errno == EOPNOTSUPP || errno == ENOSYS { return [] }
                guard errno == ERANGE, list.count < 1 << 20 else { throw SystemError.last("listxattr", name) }
                list = [UInt8](repeating: 0, count: list.count * 4)
            }
        } while count < 0
        if count == 0 { return [] }
        var result: [Xattr] = []
        for part in list[..<count].split(separator: 0) {
            let key = ByteString(Array(part))
            if let value = try xattr(key, of: name) { result.append(Xattr(name: key, value: value)) }
        }
        return result.sorted { $0.name < $1.name }
    }

    /// The value of one extended attribute, or nil if the entry does not have it.
    package func xattr(_ key: ByteString, of name: ByteString = "") throws(SystemError) -> ByteString? {
        let path = xattrPath(name)
        var value = [UInt8](repeating: 0, count: 256)
        while true {
            var failure: SystemError?
            let count = try path.withCPath { path in
                do throws(SystemError) {
                    return try key.withCPath { key in
                        value.withUnsafeMutableBytes { lgetxattr(path, key, $0.baseAddress, $0.count) }
                    }
                } catch {
                    failure = error
                    return -1
                }
            }
            if let failure { throw failure }
            if count >= 0 { return ByteString(Array(value[..<count])) }
            if errno == ENODATA || errno == EOPNOTSUPP { return nil }
            guard errno == ERANGE, value.count < 1 << 17 else { throw SystemError.last("getxattr", name) }
            value = [UInt8](repeating: 0, count: 1 << 17)
        }
    }

    package func setXattr(_ name: ByteString = "", _ xattr: Xattr) throws(SystemError) {
        let path = xattrPath(name)
        var failure: SystemError?
        let code = try path.withCPath { path in
            do throws(SystemError) {
                return try xattr.name.withCPath { key in
                    xattr.value.bytes.withUnsafeBytes { lsetxattr(path, key, $0.baseAddress, $0.count, 0) }
                }
            } catch {
                failure = error
                return -1
            }
        }
        if let failure { throw failure }
        guard code == 0 else { throw SystemError.last("setxattr \(xattr.name.escaped)", name) }
    }

    package func removeXattr(_ name: ByteString = "", _ key: ByteString) throws(SystemError) {
        let path = xattrPath(name)
        var failure: SystemError?
        let code = try path.withCPath { path in
            do throws(SystemError) { return try key.withCPath { lremovexattr(path, $0) } } catch {
                failure = error
                return -1
            }
        }
        if let failure { throw failure }
        guard code == 0 || errno == ENODATA else { throw SystemError.last("removexattr \(key.escaped)", name) }
    }

    /// The calls for attributes by descriptor and name are of Linux 6.13; this magic link leads to the directory that is
    /// open, and the l… calls do not follow the last component, so nothing of another's choosing is followed.
    private func xattrPath(_ name: ByteString) -> ByteString {
        ByteString("/proc/self/fd/\(number)/") + (name.isEmpty ? "." : name)
    }
}
