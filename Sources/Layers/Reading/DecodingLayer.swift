package import Linux
internal import OCI

/// A layer that is read, unpacked and hashed on a thread of its own ahead of whoever applies it, in bounded memory.
///
/// Layers of one image are decoded side by side so, though each is applied only when those below it are.
package final class DecodingLayer {
    /// Pieces of 256 KiB that may wait for being applied.
    private static let pieces = 8

    let packed: FileSource
    let plain: PlainSource
    let ahead: ReadAhead
    let expected: ExpectedLayer

    /// Begins to decode a blob, which must be whole.
    ///
    /// - Throws: `LayersError.malformedArchive` where the library has no memory.
    package init(_ blob: Linux.Descriptor, expecting expected: ExpectedLayer, limits: ArchiveLimits = ArchiveLimits())
        throws
    {
        packed = FileSource(blob, digest: expected.digest?.algorithm, limit: expected.size)
        plain = try PlainSource(packed, limits: limits)
        ahead = ReadAhead(plain, pieces: DecodingLayer.pieces)
        self.expected = expected
        ahead.begin()
    }

    init(_ packed: FileSource, expecting expected: ExpectedLayer, limits: ArchiveLimits) throws {
        self.packed = packed
        plain = try PlainSource(packed, limits: limits)
        ahead = ReadAhead(plain)
        self.expected = expected
    }
}
