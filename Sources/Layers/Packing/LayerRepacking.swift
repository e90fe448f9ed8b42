package import Linux
internal import OCI

/// Packs a layer of others anew: its tar stays byte for byte what it was, and so does its diffID.
///
/// What is read is compared with what is expected: digest, size and diffID.
package struct LayerRepacking: PlainProducer {
    private let blob: Linux.Descriptor
    private let expected: ExpectedLayer
    private let compression: LayerCompression
    private let workers: Int
    private let limits: ArchiveLimits

    /// `blob`: a plain tar, or one packed with gzip, zstd, xz or bzip2; read whole, whatever its offset is.
    package init(
        _ blob: Linux.Descriptor,
        expecting expected: ExpectedLayer,
        compression: LayerCompression,
        workers: Int = BlockingThreads.processorCount,
        limits: ArchiveLimits = ArchiveLimits()
    ) {
        self.blob = blob
        self.expected = expected
        self.compression = compression
        self.workers = workers
        self.limits = limits
    }

    /// Writes the layer.
    ///
    /// `sink`: gets the packed bytes in order, on this thread; they are valid during the call only.
    /// Throws `LayersError`, or what the sink throws.
    package func pack(into sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws -> PackedLayer {
        try pack(compression, workers: workers, into: sink)
    }

    func write(to output: some PlainSink) throws -> (ContentHash, Int64) {
        let packed = FileSource(blob, digest: expected.digest?.algorithm, limit: expected.size)
        let plain = try PlainSource(packed, limits: limits)
        let ahead = ReadAhead(plain)
        while true {
            try Task.checkCancellation()
            var bytes = try ahead.next()
            if bytes.isEmpty { break }
            while !bytes.isEmpty {
                let room = try output.room()
                let count = min(room.count, bytes.count)
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                output.wrote(count)
                bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
            }
        }
        try ahead.drain()
        try output.flush()
        let diffID = try plain.finish()
        try expected.check(digest: try packed.finish(), size: packed.size, diffID: Digest(diffID))
        return (diffID, Int64(plain.size))
    }
}

extension ExpectedLayer {
    /// Compares what was read with what was expected.
    ///
    /// - Throws: `LayersError.wrongSize`, `wrongDigest` or `wrongDiffID`.
    func check(digest actual: Digest?, size actualSize: Int64, diffID actualDiffID: Digest) throws(LayersError) {
        if let size, size != actualSize { throw .wrongSize(expected: size, actual: actualSize) }
        if let digest, let actual, digest != actual { throw .wrongDigest(expected: digest, actual: actual) }
        if let diffID, diffID != actualDiffID { throw .wrongDiffID(expected: diffID, actual: actualDiffID) }
    }
}
