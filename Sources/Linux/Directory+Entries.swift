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
}
