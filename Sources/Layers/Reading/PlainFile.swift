internal import Bytes
internal import Glibc
package import Linux
package import OCI

/// The plain bytes of files that may be packed or pipes.
package enum PlainFile {
    /// The plain bytes of `file` as a part of a seekable file.
    ///
    /// A plain regular file is used as it is; anything else is unpacked into a file without a name that goes away with
    /// its last user.
    ///
    /// `folder`: where that file is made.
    /// - Throws: `LayersError`: a limit, `malformedArchive`, or `source` where reading or writing fails;
    ///   `CancellationError` when the task that calls is cancelled.
    package static func open(
        _ file: Linux.Descriptor,
        in folder: Directory,
        limits: ArchiveLimits = ArchiveLimits()
    ) throws -> BlobRange {
        do {
            guard try file.status().kind == .file else {
                return try unpack(StreamSource(file), in: folder, limits: limits)
            }
            let whole = try BlobRange(whole: file)
            if Packing(start: try whole.bytes(limit: Packing.markLength)) == nil { return whole }
            return try unpack(FileSource(file, digest: nil, limit: nil), in: folder, limits: limits)
        } catch let error as SystemError { throw LayersError.source("archive", error) }
    }

    /// Reads a whole layer for the digest and the number of its plain bytes.
    ///
    /// - Throws: `LayersError`, `CancellationError`.
    package static func diffID(
        of blob: BlobRange,
        limits: ArchiveLimits = ArchiveLimits()
    ) throws -> (diffID: Digest, size: Int64) {
        let plain = try PlainSource(FileSource(blob, digest: nil), limits: limits)
        while try !plain.next().isEmpty { try Task.checkCancellation() }
        return (Digest(try plain.finish()), Int64(plain.size))
    }

    private static func unpack(
        _ packed: any PackedSource,
        in folder: Directory,
        limits: ArchiveLimits
    ) throws -> BlobRange {
        let target = try folder.openNameless(mode: 0o600)
        let plain = try PlainSource(packed, limits: limits)
        var written: UInt64 = 0
        var nextCheck: UInt64 = 0
        while true {
            let bytes = try plain.next()
            if bytes.isEmpty { break }
            try Task.checkCancellation()
            if written >= nextCheck {
                nextCheck = written + (64 << 20)
                let space = try folder.space()
                let reserve = limits.reserve(of: space.total)
                // Far enough from the end that what comes until the next look fits.
                guard space.free > reserve else { throw LayersError.limitExceeded(.freeSpace(0), entry: nil) }
            }
            try target.write(bytes)
            written += UInt64(bytes.count)
        }
        return BlobRange(target, offset: 0, size: Int64(written))
    }
}
