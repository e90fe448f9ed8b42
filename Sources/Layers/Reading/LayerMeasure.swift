internal import Bytes
package import OCI

/// What a layer is, found out by reading it whole without unpacking it to the disk.
package struct LayerMeasure: Sendable, Hashable {
    /// Of the plain tar.
    package let diffID: Digest
    /// Bytes of the tar itself.
    package let tarSize: Int64
    /// Bytes of the files and links in it, hard links counted once: what Docker calls a layer's size.
    package let plainSize: Int64

    /// Reads a layer: a plain tar or a packed one.
    ///
    /// `expected`: what is known of it; nil is not checked.
    /// - Throws: `LayersError`: `wrongDigest`, `wrongSize`, `wrongDiffID`, `malformedArchive` or a limit;
    ///   `CancellationError` when the task that calls is cancelled.
    package init(
        _ blob: BlobRange,
        expecting expected: ExpectedLayer = ExpectedLayer(),
        limits: ArchiveLimits = ArchiveLimits()
    ) throws {
        if let size = expected.size, size != blob.size {
            throw LayersError.wrongSize(expected: size, actual: blob.size)
        }
        let packed = FileSource(blob, digest: expected.digest?.algorithm)
        let plain = try PlainSource(packed, limits: limits)
        var sum: Int64 = 0
        if blob.size > 0 {
            var reader = try TarReader(plain, limits: limits)
            while let entry = try reader.next() {
                try Task.checkCancellation()
                switch entry.kind {
                case .file: sum = sum.addingReportingOverflow(max(0, entry.size)).partialValue
                case .symlink(let target): sum += Int64(target.count)
                default: break
                }
            }
        }
        diffID = Digest(try plain.finish())
        tarSize = Int64(clamping: plain.size)
        plainSize = sum
        if let wanted = expected.digest, let found = try packed.finish(), wanted != found {
            throw LayersError.wrongDigest(expected: wanted, actual: found)
        }
        if let wanted = expected.diffID, wanted != diffID {
            throw LayersError.wrongDiffID(expected: wanted, actual: diffID)
        }
    }
}
