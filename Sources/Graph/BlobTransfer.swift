package import OCI

/// How far a blob is on its way between a registry and this machine.
package struct BlobTransfer: Hashable, Sendable {
    package enum Direction: Hashable, Sendable {
        case pull, push
    }

    package enum Progress: Hashable, Sendable {
        /// So many bytes have moved, of the blob's size.
        case moving(Int64, of: Int64)
        /// All bytes have moved and were verified.
        case done
        /// Nothing had to move: the registry has it, or took it over from another of its repositories.
        case spared
    }

    package var blob: Digest
    package var direction: Direction
    package var progress: Progress

    package init(_ blob: Digest, _ direction: Direction, _ progress: Progress) {
        self.blob = blob
        self.direction = direction
        self.progress = progress
    }
}

/// What the name of a base stands for in this build.
package struct ResolvedBase: Hashable, Sendable {
    package enum Origin: Hashable, Sendable {
        /// An image of the store, without asking a registry.
        case store
        /// The registry, or a mirror of it, at this host.
        case registry(host: String)
    }

    /// The name in full.
    package var name: String
    /// What was pinned: the digest of an index, or of the manifest itself.
    package var digest: Digest
    /// When the image says that it was made.
    package var created: Timestamp?
    package var origin: Origin

    package init(name: String, digest: Digest, created: Timestamp?, origin: Origin) {
        self.name = name
        self.digest = digest
        self.created = created
        self.origin = origin
    }
}
