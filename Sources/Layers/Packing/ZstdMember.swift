internal import CZstd

/// Makes one zstd frame (RFC 8878) of a piece of a tar.
///
/// Frames of their own, and not libzstd's workers: the static library of Debian is built without threads, and without
/// them it would give other bytes.
final class ZstdMember: MemberPacker {
    private let context: OpaquePointer

    /// Plain bytes of a frame: larger than the window of the usual levels, so that little is lost by cutting.
    static func size(level: Int) -> Int { level > 9 ? 8 << 20 : 4 << 20 }

    /// - Returns: nil for a level that the library does not have.
    init?(level: Int) {
        guard let context = ZSTD_createCCtx() else { return nil }
        let code = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level))
        guard ZSTD_isError(code) == 0 else {
            ZSTD_freeCCtx(context)
            return nil
        }
        self.context = context
    }

    deinit { ZSTD_freeCCtx(context) }

    func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

    func pack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
        let count = ZSTD_compress2(context, output.baseAddress, output.count, input.baseAddress, input.count)
        return ZSTD_isError(count) == 0 ? count : 0
    }
}
