package import OCI

/// What the index knows of one delta (`cache.md`, Words): where its unpacked form is and how it is told from others.
///
/// A delta that the index answers with can be had: it is empty, or its snapshot is on disk. Of base layers, and for
/// callers that accept it, it may also be packed only: not empty, and without a snapshot.
package struct StoredDelta: Hashable, Sendable {
    package let id: DeltaID
    /// The unpacked form; nil if it is empty, or only packed.
    package let snapshot: SnapshotID?
    package let isEmpty: Bool
    /// The operation that made it.
    package let operation: ContentHash
    /// `Delta.digest`: equal for deltas of one operation that may stand for each other.
    package let digest: ContentHash
    /// The digest of the plain tar, once it was packed.
    package let diffID: Digest?
    package let writtenFiles: Int64
    /// Bytes of the written files and links, as ``Delta/plainSize`` counts them.
    package let writtenBytes: Int64
    /// Of a delta that was packed without being unpacked first: the blob with its `UpperListing`.
    package let listing: Digest?
}

extension StoredDelta {
    /// The same delta with another unpacked form, or none.
    func with(snapshot: SnapshotID?) -> StoredDelta {
        StoredDelta(
            id: id,
            snapshot: snapshot,
            isEmpty: isEmpty,
            operation: operation,
            digest: digest,
            diffID: diffID,
            writtenFiles: writtenFiles,
            writtenBytes: writtenBytes,
            listing: listing
        )
    }
}

/// A delta to be stored with the result or base layer that made it.
package struct NewDelta: Hashable, Sendable {
    /// A committed snapshot; nil if the delta is empty or only packed.
    package var snapshot: SnapshotID?
    package var isEmpty: Bool
    package var digest: ContentHash
    package var diffID: Digest?
    package var writtenFiles: Int64
    package var writtenBytes: Int64
    /// A packed form that is in the content store already.
    package var packed: PackedForm?
    /// The blob with its `UpperListing`, where it is only packed.
    package var listing: Digest?

    package struct PackedForm: Hashable, Sendable {
        /// What chose the bytes, as ``ResultIndex/packed(_:parameters:)`` will ask for it.
        package var parameters: String
        package var layer: PackedLayer

        package init(parameters: String, layer: PackedLayer) {
            self.parameters = parameters
            self.layer = layer
        }
    }

    package init(
        snapshot: SnapshotID?,
        isEmpty: Bool,
        digest: ContentHash,
        diffID: Digest? = nil,
        writtenFiles: Int64 = 0,
        writtenBytes: Int64 = 0
    ) {
        self.snapshot = snapshot
        self.isEmpty = isEmpty
        self.digest = digest
        self.diffID = diffID
        self.writtenFiles = writtenFiles
        self.writtenBytes = writtenBytes
    }
}

/// A delta's tar in the content store, compressed or not.
package struct PackedLayer: Hashable, Sendable {
    /// Names the blob; its media type says the compression.
    package var descriptor: OCI.Descriptor
    /// The digest of the plain tar.
    package var diffID: Digest

    package init(descriptor: OCI.Descriptor, diffID: Digest) {
        self.descriptor = descriptor
        self.diffID = diffID
    }
}
