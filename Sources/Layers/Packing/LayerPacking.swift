internal import OCI

/// Something that gives the plain bytes of a tar.
protocol PlainProducer {
    /// Writes all of them.
    ///
    /// - Returns: their hash and their number.
    func write(to output: some PlainSink) throws -> (ContentHash, Int64)
}

extension PlainProducer {
    /// Packs the plain bytes, with both digests in the same pass.
    ///
    /// `sink`: gets the packed bytes in order, on this thread; they are valid during the call only.
    func pack(
        _ compression: LayerCompression,
        workers: Int,
        into sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> PackedLayer {
        switch compression {
        case .uncompressed:
            let (diffID, size) = try write(to: PlainOutput(sink: sink))
            return PackedLayer(diffID, plainSize: size, blob: diffID, size: size, compression)
        case .gzip(let level):
            guard
                let stream = MemberStream(
                    memberSize: 1 << 20,
                    workers: workers,
                    sink: sink,
                    makePacker: { GzipMember(level: level) }
                )
            else {
                throw LayersError.compressor("libdeflate has no level \(level)")
            }
            let (diffID, size) = try write(to: stream)
            return PackedLayer(diffID, plainSize: size, blob: try stream.finish(), size: stream.packedSize, compression)
        case .zstd(let level):
            guard
                let stream = MemberStream(
                    memberSize: ZstdMember.size(level: level),
                    workers: workers,
                    sink: sink,
                    makePacker: { ZstdMember(level: level) }
                )
            else {
                throw LayersError.compressor("libzstd has no level \(level)")
            }
            let (diffID, size) = try write(to: stream)
            return PackedLayer(diffID, plainSize: size, blob: try stream.finish(), size: stream.packedSize, compression)
        }
    }
}

extension PackedLayer {
    fileprivate init(
        _ diffID: ContentHash,
        plainSize: Int64,
        blob: ContentHash,
        size: Int64,
        _ compression: LayerCompression
    ) {
        self.diffID = Digest(diffID)
        self.plainSize = plainSize
        digest = Digest(blob)
        self.size = size
        mediaType = compression.mediaType
    }
}
