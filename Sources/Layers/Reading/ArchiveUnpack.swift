package import Bytes
internal import Glibc
package import Linux
package import OCI
package import Trees

/// Unpacks a local archive at a place of the tree, as ADD does.
///
/// Entries of directories set mode and owner of those that are there, and replace files and links. The archive's own
/// root entry changes nothing.
package struct ArchiveUnpack {
    private let writer: UpperWriter
    private let destination: TreePath
    private let owner: (uid: UInt32, gid: UInt32)?
    private let limits: ArchiveLimits

    /// Unpacks through `writer`.
    ///
    /// `destination`: a directory of the tree, its links followed, or one that is still to be made.
    /// `owner`: what all entries belong to; nil leaves the archive's owners.
    package init(
        writer: UpperWriter,
        destination: TreePath,
        owner: (uid: UInt32, gid: UInt32)? = nil,
        limits: ArchiveLimits = ArchiveLimits()
    ) {
        self.writer = writer
        self.destination = destination
        self.owner = owner
        self.limits = limits
    }

    /// Unpacks the whole file, whatever its offset is.
    ///
    /// `expected`: the hash of the packed bytes, to be compared with those that were unpacked; nil takes any.
    /// `name`: what the file is called in an error.
    /// Returns false if it is no archive; then nothing was written and no hash compared.
    /// Throws `LayersError`, `changedWhileRead` if the bytes are not those expected, or `CancellationError` when the
    /// task that calls is cancelled; the upper directory is then to be thrown away.
    package func unpack(
        _ file: Linux.Descriptor,
        expecting expected: ContentHash? = nil,
        named name: ByteString = "the archive"
    ) throws -> Bool {
        guard try ArchiveUnpack.isArchive(file) else { return false }
        let packed = FileSource(file, digest: expected == nil ? nil : .sha256, limit: nil)
        let plain = try PlainSource(packed, limits: limits)
        let ahead = ReadAhead(plain)
        var reader = try TarReader(ahead, limits: limits)
        var applier = EntryApplier(
            writer: writer,
            base: destination,
            owner: owner,
            limits: limits,
            isLayer: false
        )
        while let entry = try reader.next() {
            try Task.checkCancellation()
            try applier.apply(entry, from: &reader)
        }
        // A packing that is cut short or damaged after the tar's end is an error too.
        try ahead.drain()
        // To the end of the file, whatever follows the packed stream.
        if let expected, try packed.finish() != Digest(expected) { throw LayersError.changedWhileRead(name) }
        return true
    }

    /// Whether a file is a tar, plain or packed with gzip, bzip2, xz or zstd: what counts is a valid first header.
    ///
    /// An archive without entries is none.
    package static func isArchive(_ file: Linux.Descriptor) throws -> Bool {
        guard try file.status().kind == .file else { return false }
        do {
            var limits = ArchiveLimits()
            limits.plainSize = 8 << 20
            let plain = try PlainSource(FileSource(file, digest: nil, limit: nil), limits: limits)
            var reader = try TarReader(plain, limits: limits)
            return try reader.next() != nil
        } catch let error as LayersError {
            if case .source = error { throw error }
            return false
        }
    }
}
