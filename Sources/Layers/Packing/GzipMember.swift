internal import CDeflate

/// Makes one gzip member (RFC 1952) of a piece of a tar.
///
/// One thread uses it at a time.
final class GzipMember: MemberPacker {
    private let compressor: OpaquePointer
    /// The fastest level, to try samples with.
    private let sampler: OpaquePointer
    /// Level 0: stored blocks.
    private let storer: OpaquePointer
    private let sample: UnsafeMutableRawBufferPointer

    private static let sampleSize = 16 << 10
    private static let samples = 4

    /// - Returns: nil for a level that the library does not have.
    init?(level: Int) {
        guard let compressor = libdeflate_alloc_compressor(CInt(level)) else { return nil }
        guard let sampler = libdeflate_alloc_compressor(1), let storer = libdeflate_alloc_compressor(0) else {
            libdeflate_free_compressor(compressor)
            return nil
        }
        (self.compressor, self.sampler, self.storer) = (compressor, sampler, storer)
        sample = .allocate(byteCount: GzipMember.sampleSize * 2, alignment: 64)
    }

    deinit {
        libdeflate_free_compressor(compressor)
        libdeflate_free_compressor(sampler)
        libdeflate_free_compressor(storer)
        sample.deallocate()
    }

    /// The bytes that a member of `count` plain bytes may need.
    func bound(_ count: Int) -> Int { libdeflate_gzip_compress_bound(compressor, count) }

    /// Packs the input; what does not compress is stored.
    ///
    /// Equal inputs give equal bytes, whoever packs them.
    ///
    /// `output`: at least ``bound(_:)`` of the input's size.
    /// Returns the bytes of the member.
    func pack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
        let chosen = isWorthwhile(input) ? compressor : storer
        return libdeflate_gzip_compress(chosen, input.baseAddress, input.count, output.baseAddress, output.count)
    }

    /// Whether samples spread over the input get at least three percent smaller.
    private func isWorthwhile(_ input: UnsafeRawBufferPointer) -> Bool {
        let (size, samples) = (GzipMember.sampleSize, GzipMember.samples)
        guard input.count >= size * samples * 2 else { return true }
        var packed = 0
        for index in 0..<samples {
            let start = (input.count - size) / (samples - 1) * index
            let part = UnsafeRawBufferPointer(rebasing: input[start..<start + size])
            let count = libdeflate_deflate_compress(sampler, part.baseAddress, size, sample.baseAddress, sample.count)
            packed += count == 0 ? size : count
        }
        return packed * 100 < size * samples * 97
    }
}
