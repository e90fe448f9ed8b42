internal import CZstd
internal import OCI

/// Packs a stream of plain bytes as one zstd frame (RFC 8878) with libzstd's own threads, and gives the packed bytes to a
/// sink.
///
/// With at least one worker the library cuts the stream into jobs by the level alone, so any number of workers gives the
/// same bytes; without workers it would not.
final class ZstdStream: PlainSink {
    /// A number of workers costs its share of memory: each job holds some megabytes.
    private static let maximumWorkers = 8

    private let context: OpaquePointer
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private let input: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private var count = 0
    private var blob = ContentHasher()
    private(set) var packedSize: Int64 = 0

    /// - Returns: nil for a level, or for threads, that the library does not have.
    init?(level: Int, workers: Int, sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        guard let context = ZSTD_createCCtx() else { return nil }
        let threads = max(1, min(workers, ZstdStream.maximumWorkers))
        for (parameter, value) in [
            (ZSTD_c_compressionLevel, level), (ZSTD_c_checksumFlag, 0), (ZSTD_c_nbWorkers, threads),
        ] {
            guard ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, CInt(value))) == 0 else {
                ZSTD_freeCCtx(context)
                return nil
            }
        }
        self.context = context
        self.sink = sink
        input = .allocate(byteCount: 1 << 20, alignment: 4096)
        output = .allocate(byteCount: ZSTD_CStreamOutSize() * 8, alignment: 4096)
    }

    deinit {
        ZSTD_freeCCtx(context)
        input.deallocate()
        output.deallocate()
    }

    func room() throws -> UnsafeMutableRawBufferPointer {
        if count == input.count { try compress(ZSTD_e_continue) }
        return UnsafeMutableRawBufferPointer(rebasing: input[count...])
    }

    func wrote(_ count: Int) { self.count += count }

    func fileEnded() {}

    func flush() {}

    /// Packs and writes what is left.
    ///
    /// - Returns: the digest of all that was given to the sink.
    func finish() throws -> ContentHash {
        try compress(ZSTD_e_end)
        return blob.finalize()
    }

    private func compress(_ directive: ZSTD_EndDirective) throws {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: count, pos: 0)
        while true {
            var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let rest = ZSTD_compressStream2(context, &target, &source, directive)
            guard ZSTD_isError(rest) == 0 else {
                throw LayersError.compressor(String(cString: ZSTD_getErrorName(rest)))
            }
            if target.pos > 0 {
                let bytes = UnsafeRawBufferPointer(rebasing: output[..<target.pos])
                blob.update(bytes)
                packedSize += Int64(bytes.count)
                try sink(bytes)
            }
            let isDone = directive == ZSTD_e_end ? rest == 0 : source.pos == source.size
            if isDone { break }
        }
        count = 0
    }
}
