public import Bytes
public import OCI
internal import Store

/// An image of the store, as a list shows it.
public struct ImageSummary: Hashable, Sendable {
    /// The config's digest: Docker's image id.
    public var id: Digest
    /// The manifest.
    public var manifest: Descriptor
    /// The names that lead to it, sorted; none for a dangling image.
    public var names: [Reference]
    /// What repositories of registries call it, each with a digest; sorted.
    public var digests: [Reference]
    /// When it was made, as its config says.
    public var created: Timestamp?
    /// Bytes of all files and links of its layers; nil while a layer was never here.
    public var size: Int64?

    /// Whether nothing leads to it.
    public var isDangling: Bool { names.isEmpty && digests.isEmpty }

    /// An image as a list shows it.
    public init(
        id: Digest,
        manifest: Descriptor,
        names: [Reference],
        digests: [Reference],
        created: Timestamp?,
        size: Int64?
    ) {
        self.id = id
        self.manifest = manifest
        self.names = names
        self.digests = digests
        self.created = created
        self.size = size
    }

    /// Manifests of one config are one image.
    init(_ records: [ImageRecord]) {
        // One that has names tells more of the image than one that has none.
        let record = records.first { !$0.names.isEmpty } ?? records[0]
        id = record.image.config
        manifest = record.image.manifest
        created = record.image.created
        size = record.image.plainSize ?? records.compactMap(\.image.plainSize).first
        names = records.flatMap(\.names).compactMap { try? Reference($0.name) }
        digests = records.flatMap(\.repositoryDigests).compactMap {
            try? Reference("\($0.repository)@\($0.digest)")
        }
        // Those of one record are sorted.
        if records.count > 1 {
            names.sort()
            digests.sort()
        }
    }
}

/// Which images are to be listed.
public enum ImageFilter: Hashable, Sendable {
    /// Those that nothing leads to, or those that something does.
    case dangling(Bool)
    /// Those with a label; with a value, those whose label has it.
    case label(ByteString, value: ByteString?)
    /// Those without it.
    case withoutLabel(ByteString, value: ByteString?)
    /// Those that were made before an image, given as a name or id.
    case before(ByteString)
    /// Those that were made after an image, given as a name or id.
    case since(ByteString)
    /// Those that were made before a time.
    case until(Timestamp)
    /// Those with a name that a pattern matches, with or without its tag; of several such filters one suffices.
    case reference(ByteString)
}

/// An image with all that is known of it.
public struct ImageInspection: Hashable, Sendable {
    /// What a list shows.
    public var summary: ImageSummary
    /// Its config.
    public var config: ImageConfig
    /// When it last got a name, by the wall clock; nil for a dangling one.
    public var lastTagged: Timestamp?

    /// All that is known of an image.
    public init(summary: ImageSummary, config: ImageConfig, lastTagged: Timestamp?) {
        self.summary = summary
        self.config = config
        self.lastTagged = lastTagged
    }
}

/// One line of an image's history, the newest of which comes first.
public struct HistoryRow: Hashable, Sendable {
    /// The image, in the first line only.
    public var id: Digest?
    /// What the config says.
    public var entry: HistoryEntry
    /// Bytes of files and links in its layer; 0 where it made none, nil where the layer was never here.
    public var size: Int64?
}

/// What became of one name or image that was to be removed.
public enum ImageRemoval: Hashable, Sendable {
    /// A name, or a repository's digest, leads nowhere any more.
    case untagged(Reference)
    /// An image's config, or the chain id of a layer whose blob was removed.
    case deleted(Digest)
}

/// An image that came into the store from an archive.
public struct LoadedImage: Hashable, Sendable {
    /// The config's digest.
    public var id: Digest
    /// The names that it was given; it may have had none.
    public var names: [Reference]
}
