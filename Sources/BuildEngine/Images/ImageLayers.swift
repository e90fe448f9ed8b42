public import Bytes
public import OCI

/// The layers of an image: what each brought, and what of it is of no use at the top.
public struct ImageLayers: Sendable {
    /// Files and their bytes.
    public struct FileCount: Sendable, Hashable {
        /// Files, links and devices; directories are not counted.
        public var files: Int
        /// Bytes of them; those of a file with several names count once.
        public var size: Int64

        /// So many files of so many bytes in all.
        public init(
            files: Int,
            size: Int64
        ) {
            self.files = files
            self.size = size
        }
    }

    /// One layer, as its documents tell of it and as its tar was read.
    public struct Layer: Sendable {
        /// 1 is the lowest.
        public var number: Int
        /// What made it, as the history tells; empty where that does not tell of it.
        public var instruction: ByteString
        /// When it was made, where that is told.
        public var created: Timestamp?
        /// Of the packed bytes.
        public var digest: Digest
        /// Of the plain tar.
        public var diffID: Digest
        /// Packed bytes.
        public var packedSize: Int64
        /// Bytes of the plain tar.
        public var plainSize: Int64
        /// Files that are nowhere below.
        public var added: FileCount
        /// Files that replace something; the bytes are those of the new ones.
        public var changed: FileCount
        /// Files from below that are hidden, with the bytes they have there.
        public var removed: FileCount
        /// Bytes of this layer's files that later layers removed or replaced.
        public var wasted: Int64

        /// A layer with all that is told of it.
        public init(
            number: Int,
            instruction: ByteString,
            created: Timestamp?,
            digest: Digest,
            diffID: Digest,
            packedSize: Int64,
            plainSize: Int64,
            added: FileCount,
            changed: FileCount,
            removed: FileCount,
            wasted: Int64
        ) {
            self.number = number
            self.instruction = instruction
            self.created = created
            self.digest = digest
            self.diffID = diffID
            self.packedSize = packedSize
            self.plainSize = plainSize
            self.added = added
            self.changed = changed
            self.removed = removed
            self.wasted = wasted
        }
    }

    /// A path at which later layers removed or replaced bytes of earlier ones.
    public struct WastedPath: Sendable, Hashable {
        /// From the root, without a slash at the start.
        public var path: ByteString
        /// Whether a whole directory went.
        public var isDirectory: Bool
        /// Bytes in the image that nothing shows any more.
        public var size: Int64

        /// A path and what it wastes.
        public init(
            path: ByteString,
            isDirectory: Bool,
            size: Int64
        ) {
            self.path = path
            self.isDirectory = isDirectory
            self.size = size
        }
    }

    /// Which image.
    public var image: ImageIdentity
    /// Lowest first.
    public var layers: [Layer]
    /// The part of all layers' bytes that would do, from 0 to 1, as dive counts it.
    public var efficiency: Double
    /// The worst, worst first; at most ``wastedPathLimit``.
    public var wastedPaths: [WastedPath]

    /// An image with its layers, lowest first.
    public init(
        image: ImageIdentity,
        layers: [Layer],
        efficiency: Double,
        wastedPaths: [WastedPath]
    ) {
        self.image = image
        self.layers = layers
        self.efficiency = efficiency
        self.wastedPaths = wastedPaths
    }

    /// How many of the worst paths are kept.
    public static let wastedPathLimit = 100

    /// Bytes of all layers as they travel.
    public var packedSize: Int64 { layers.reduce(0) { $0 + $1.packedSize } }
    /// Bytes of all layers' plain tars.
    public var plainSize: Int64 { layers.reduce(0) { $0 + $1.plainSize } }
    /// Bytes of files that later layers removed or replaced.
    public var wasted: Int64 { layers.reduce(0) { $0 + $1.wasted } }
}
