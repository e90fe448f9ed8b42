public import Bytes

/// How two images differ, file by file and in their configs.
///
/// Times of files are not compared, nor how the files are spread over layers.
public struct ImageDifference: Sendable {
    /// What of a file differs.
    public enum Aspect: String, Sendable {
        /// One is a file and the other a link, say.
        case kind
        case content
        /// A link's text.
        case target
        /// A device's number.
        case device
        case mode
        case owner
        /// Extended attributes.
        case xattrs
    }

    /// A path at which the images differ.
    public struct File: Sendable {
        /// From the root, without a slash at the start; empty for the root itself.
        public var path: ByteString
        /// What the first image has there; nil where it has nothing.
        public var left: ImageFile?
        /// What the second image has there.
        public var right: ImageFile?
        /// What differs where both have something.
        public var aspects: [Aspect]

        /// A path with what the images have there.
        public init(
            path: ByteString,
            left: ImageFile?,
            right: ImageFile?,
            aspects: [Aspect]
        ) {
            self.path = path
            self.left = left
            self.right = right
            self.aspects = aspects
        }
    }

    /// A field of the configs that differs.
    public struct Field: Sendable, Hashable {
        /// The field as the config writes it: `Env`, `Labels`, `Cmd`, `created`.
        public var name: String
        /// Which variable, label, port or volume, or which entry of a list.
        public var key: ByteString?
        /// What the first image has; nil where it has none.
        ///
        /// Lists are written as JSON.
        public var left: ByteString?
        /// What the second image has.
        public var right: ByteString?

        /// A field with what the configs have there.
        public init(
            name: String,
            key: ByteString?,
            left: ByteString?,
            right: ByteString?
        ) {
            self.name = name
            self.key = key
            self.left = left
            self.right = right
        }
    }

    /// The first image.
    public var left: ImageIdentity
    /// The second image.
    public var right: ImageIdentity
    /// How many layers, from the lowest, the images have in common.
    public var sharedLayers: Int
    /// How many layers each has.
    public var layerCounts: (left: Int, right: Int)
    /// In the order of the configs' members.
    public var config: [Field]
    /// In the order of the tree.
    public var files: [File]

    /// Two images and what differs.
    public init(
        left: ImageIdentity,
        right: ImageIdentity,
        sharedLayers: Int,
        layerCounts: (left: Int, right: Int),
        config: [Field],
        files: [File]
    ) {
        self.left = left
        self.right = right
        self.sharedLayers = sharedLayers
        self.layerCounts = layerCounts
        self.config = config
        self.files = files
    }

    /// Whether nothing differs that is compared.
    public var isEqual: Bool { config.isEmpty && files.isEmpty }
}
