internal import CArchive
internal import OCI

/// The plain bytes of a packed file: gzip, bzip2, xz, zstd by content, or the bytes as they are.
final class PlainSource: ByteSource {
    private let packed: any PackedSource
    private let limits: ArchiveLimits
    private var hasher = ContentHasher()
    /// What unpacks, as long as it is gzip in short members.
    private var members: GzipMembers?
    /// What unpacks everything else.
    private var stream: ArchiveHandle?
    private var isAtEnd = false
    private(set) var size: UInt64 = 0

    init(_ packed: any PackedSource, limits: ArchiveLimits) throws(LayersError) {
        self.packed = packed
        self.limits = limits
        members = GzipMembers(packed)
    }

    func next() throws -> UnsafeRawBufferPointer {
        let bytes = isAtEnd ? UnsafeRawBufferPointer(start: nil, count: 0) : try unpack()
        if bytes.isEmpty {
            isAtEnd = true
            return bytes
        }
        size += UInt64(bytes.count)
        try checkLimits()
        hasher.update(bytes)
        return bytes
    }

    private func unpack() throws -> UnsafeRawBufferPointer {
        if let stream { return try nextBlock(of: stream) }
        switch try members?.next() {
        case .plain(let bytes): return bytes
        case .end: return UnsafeRawBufferPointer(start: nil, count: 0)
        case .left, nil:
            let stream = try ArchiveHandle(.filters, source: members?.rest ?? packed)
            self.stream = stream
            try stream.open()
            var entry: OpaquePointer?
            let code = archive_read_next_header(stream.raw, &entry)
            try stream.check(code)
            if code == ARCHIVE_EOF { return UnsafeRawBufferPointer(start: nil, count: 0) }
            return try nextBlock(of: stream)
        }
    }

    private func nextBlock(of stream: ArchiveHandle) throws -> UnsafeRawBufferPointer {
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = archive_read_data_block(stream.raw, &start, &count, &offset)
            try stream.check(code)
            if code == ARCHIVE_EOF { return UnsafeRawBufferPointer(start: nil, count: 0) }
            if count > 0 { return UnsafeRawBufferPointer(start: start, count: count) }
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
