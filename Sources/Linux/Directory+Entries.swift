package import Bytes
internal import CLinux
internal import Glibc

extension Directory {
    /// The names in the directory in the order of the file system, without `.` and `..`.
    ///
    /// Calls `getdents64(2)` with a buffer of 64 KiB. Reads from the start each time, through the shared offset: one
    /// listing of one `Directory` at a time.
    package func names() throws(SystemError) -> [ByteString] {
        guard lseek(number, 0, SEEK_SET) >= 0 else { throw SystemError.last("seek") }
        var result: [ByteString] = []
        let capacity = 1 << 16
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let count = try retrying("getdents64") { sbi_getdents(number, buffer.baseAddress, capacity) }
            if count == 0 { return result }
            var offset = 0
            while offset < count {
                // struct linux_dirent64: inode 8, offset 8, length 2, type 1, name with NUL.
                let length = Int(buffer.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
                let start = offset + 19
                var end = start
                while buffer[end] != 0 { end += 1 }
                let name = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[start..<end])
                let isDots = name.count <= 2 && name.allSatisfy { $0 == 0x2E }
                if !isDots { result.append(ByteString(Array(name))) }
                offset += length
            }
        }
    }

    /// Removes an entry with all below it, whatever its kind; links are removed, never followed. An entry that is gone
    /// already is no error. Files marked immutable are unmarked first.
    package func removeTree(_ name: ByteString) throws(SystemError) {
        guard let found = try statusIfPresent(name) else { return }
        guard found.kind == .directory else { return try removeAttributesAndFile(name, isFile: found.kind == .file) }
        do throws(SystemError) {
            try removeDirectory(name)
            return
        } catch {
            if error.code != ENOTEMPTY && error.code != EEXIST && error.code != EPERM { throw error }
        }
        let inside = try child(name)
        _ = sbi_clear_immutable(inside.number)
        for entry in try inside.names() { try inside.removeTree(entry) }
        try removeDirectory(name)
    }

    private func removeAttributesAndFile(_ name: ByteString, isFile: Bool) throws(SystemError) {
        do throws(SystemError) { try removeFile(name) } catch {
            guard error.code == EPERM, isFile else { throw error }
            let file = try open(name, flags: O_RDONLY | O_NONBLOCK)
            _ = sbi_clear_immutable(file.number)
            try removeFile(name)
        }
    }
}
