internal import Bytes
package import Linux
package import OCI
package import Trees

/// What is known of a layer before it is read; nil is not checked.
package struct ExpectedLayer: Sendable, Hashable {
    /// Of the packed bytes.
    package var digest: Digest?
    /// Packed bytes.
    package var size: Int64?
    /// Of the plain tar.
    package var diffID: Digest?

    package init(digest: Digest? = nil, size: Int64? = nil, diffID: Digest? = nil) {
        self.digest = digest
        self.size = size
        self.diffID = diffID
    }
}

/// A layer that was unpacked.
package struct AppliedLayer: Sendable {
    package var delta: Delta
    /// Bytes of the plain tar.
    package var plainSize: Int64
    package var diffID: Digest
    /// Whether another tree below could have given another delta: then what was unpacked is right for this chain of
    /// layers only, not for every use of the layer (cache.md rule 14).
    package var dependsOnBelow: Bool
    package var notices: [LayersNotice]
}

/// Unpacks a layer's blob into the upper directory of a new snapshot (OCI image-spec, Layer, "Applying Changesets").
///
/// Parents that the tar leaves out are as they are below, a hard link may lead below, the last entry of a name wins,
/// whiteouts hide only what is below. Digests are computed in the same pass: throw the upper away when it throws.
package struct LayerApply {
    private let upper: Directory
    private let below: Below
    private let limits: ArchiveLimits

    ///
    /// `upper`: an empty directory.
    package init(upper: Directory, below: Below, limits: ArchiveLimits = ArchiveLimits()) {
        self.upper = upper
        self.below = below
        self.limits = limits
    }

    /// Reads the whole file, whatever its offset is: a plain tar or one packed with gzip, zstd, xz or bzip2.
    ///
    /// `growth`: of a blob that is still being written: it is read as it comes.
    /// Throws `LayersError`: `wrongDigest`, `wrongSize`, `wrongDiffID`, `refusedEntry`, `malformedArchive`, a limit,
    ///   `tooDeep`, `startedAnew`; what the writer of a growing blob failed with; `CancellationError` when the task that
    ///   calls is cancelled.
    package func apply(
        _ blob: Linux.Descriptor,
        growth: FileGrowth? = nil,
        expecting expected: ExpectedLayer
    ) throws -> AppliedLayer {
        let digest = expected.digest?.algorithm
        return try apply(FileSource(blob, digest: digest, limit: expected.size, growth: growth), expecting: expected)
    }

    /// Reads a blob that may be a part of a file, as inside an archive.
    ///
    /// - Throws: as for a whole file.
    package func apply(_ blob: BlobRange, expecting expected: ExpectedLayer) throws -> AppliedLayer {
        if let size = expected.size, size != blob.size {
            throw LayersError.wrongSize(expected: size, actual: blob.size)
        }
        return try apply(FileSource(blob, digest: expected.digest?.algorithm), expecting: expected)
    }

    private func apply(_ packed: FileSource, expecting expected: ExpectedLayer) throws -> AppliedLayer {
        try apply(DecodingLayer(packed, expecting: expected, limits: limits))
    }

    /// Applies a layer whose decoding has begun.
    ///
    /// - Throws: as for a whole file.
    package func apply(_ decoding: DecodingLayer) throws -> AppliedLayer {
        let (packed, plain, expected) = (decoding.packed, decoding.plain, decoding.expected)
        let writer = try UpperWriter(upper: upper, below: below)
        var applier = EntryApplier(writer: writer, base: .root, owner: nil, limits: limits, isLayer: true)
        let diffAlgorithm = expected.diffID?.algorithm ?? .sha256
        guard diffAlgorithm == .sha256 else { throw LayersError.malformedArchive("a diff id that is not sha256") }
        let ahead = decoding.ahead
        var reader = try TarReader(ahead, limits: limits)
        while let entry = try reader.next() {
            try Task.checkCancellation()
            try applier.apply(entry, from: &reader)
        }
        try ahead.drain()
        let diffID = Digest(try plain.finish())
        let digest = try packed.finish()
        try expected.check(digest: digest, size: packed.size, diffID: diffID)
        return AppliedLayer(
            delta: try writer.finish(),
            plainSize: Int64(plain.size),
            diffID: diffID,
            dependsOnBelow: writer.dependsOnBelow,
            notices: writer.notices
        )
    }
}
