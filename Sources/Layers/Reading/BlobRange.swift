package import Linux

/// A blob in a file: all of it, or a part, as inside an archive.
package struct BlobRange: Sendable {
    package let file: Linux.Descriptor
    /// Where the blob starts in the file, in bytes.
    package let offset: Int64
    /// Bytes of the blob.
    package let size: Int64

    package init(_ file: Linux.Descriptor, offset: Int64, size: Int64) {
        self.file = file
        self.offset = offset
        self.size = size
    }

    /// The whole of a regular file, as long as it is now.
    package init(whole file: Linux.Descriptor) throws(SystemError) {
        self.init(file, offset: 0, size: Int64(clamping: try file.status().size))
    }

    /// Reads up to `buffer.count` bytes; 0 at the end of the blob.
    ///
    /// `position`: from the blob's start. Calls `pread(2)`.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(SystemError) -> Int {
        let count = min(Int64(buffer.count), size - position)
        guard count > 0 else { return 0 }
        return try file.read(
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(count)]),
            at: offset + position
        )
    }

    /// The blob's bytes from `position` on, `limit` of them at most; fewer where the file was cut since.
    package func bytes(from position: Int64 = 0, limit: Int) throws(SystemError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(clamping: max(0, min(Int64(limit), size - position))))
        var count = 0
        while count < result.count {
            var failure: SystemError?
            var read = 0
            result.withUnsafeMutableBytes { raw in
                let rest = UnsafeMutableRawBufferPointer(rebasing: raw[count...])
                do throws(SystemError) { read = try self.read(into: rest, at: position + Int64(count)) } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if read == 0 { return Array(result[..<count]) }
            count += read
        }
        return result
    }

    /// Hands over the blob by pieces of up to 1 MiB; fewer bytes where the file was cut since.
    package func readChunks(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var position: Int64 = 0
        while true {
            let count = try read(into: buffer, at: position)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            position += Int64(count)
        }
    }
}
