internal import CArchive
internal import OCI

/// The plain bytes of a packed file: gzip, bzip2, xz, zstd by content, or the bytes as they are.
final class PlainSource: ByteSource {
    private let packed: any PackedSource
    private let handle: ArchiveHandle
    private let limits: ArchiveLimits
    private var hasher = ContentHasher()
    private var isOpen = false
    private var isAtEnd = false
    private(set) var size: UInt64 = 0

    init(_ packed: any PackedSource, limits: ArchiveLimits) throws(LayersError) {
        self.packed = packed
        self.limits = limits
        handle = try ArchiveHandle(.filters, source: packed)
    }

    func next() throws -> UnsafeRawBufferPointer {
        if isAtEnd { return UnsafeRawBufferPointer(start: nil, count: 0) }
        if !isOpen {
            isOpen = true
            try handle.open()
            var entry: OpaquePointer?
            let code = archive_read_next_header(handle.raw, &entry)
            try handle.check(code)
            if code == ARCHIVE_EOF {
                isAtEnd = true
                return UnsafeRawBufferPointer(start: nil, count: 0)
            }
        }
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = archive_read_data_block(handle.raw, &start, &count, &offset)
            try handle.check(code)
            if code == ARCHIVE_EOF {
                isAtEnd = true
                return UnsafeRawBufferPointer(start: nil, count: 0)
            }
            if count == 0 { continue }
            size += UInt64(count)
            try checkLimits()
            let bytes = UnsafeRawBufferPointer(start: start, count: count)
            hasher.update(bytes)
            return bytes
        }
    }

    private func checkLimits() throws(LayersError) {
        if size > limits.plainSize { throw .limitExceeded(.plainSize(limits.plainSize), entry: nil) }
        let packedSize = UInt64(max(packed.size, 1))
        if size > limits.ratioStart, size / packedSize >= limits.ratio {
            throw .limitExceeded(.ratio(limits.ratio), entry: nil)
        }
    }

    /// Reads what is left; what a tar has after its end costs no memory.
    ///
    /// - Returns: the hash of all plain bytes.
    func finish() throws -> ContentHash {
        while try !next().isEmpty {}
        return hasher.finalize()
    }
}
