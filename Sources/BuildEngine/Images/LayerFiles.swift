public import Bytes

/// What one layer did to the files below it.
public struct LayerFiles: Sendable {
    /// What a layer can do at a path.
    public enum Mark: String, Sendable {
        /// Nothing was there below.
        case added
        /// Something was there below.
        case changed
        /// What was there below is not any more.
        case removed
    }

    /// One path that the layer has to do with.
    public struct Change: Sendable {
        /// From the root, without a slash at the start; empty for the root itself.
        public var path: ByteString
        /// What was done there.
        public var mark: Mark
        /// What is there, or was.
        public var file: ImageFile
        /// What was there before, where it was of another kind.
        public var formerKind: FileKind?
        /// The files that went, with a directory that was removed.
        public var removed: ImageLayers.FileCount

        /// A change of one path.
        public init(
            path: ByteString,
            mark: Mark,
            file: ImageFile,
            formerKind: FileKind?,
            removed: ImageLayers.FileCount
        ) {
            self.path = path
            self.mark = mark
            self.file = file
            self.formerKind = formerKind
            self.removed = removed
        }
    }

    /// The layer's number; 1 is the lowest.
    public var number: Int
    /// What made the layer.
    public var instruction: ByteString
    /// In the order of the tree: names sorted, a directory before what is in it.
    public var changes: [Change]

    /// A layer with its changes, in the order of the tree.
    public init(
        number: Int,
        instruction: ByteString,
        changes: [Change]
    ) {
        self.number = number
        self.instruction = instruction
        self.changes = changes
    }
}

/// A file, directory or anything else in an image.
public struct ImageFile: Sendable, Hashable {
    /// What it is.
    public var kind: FileKind
    /// Bytes of a file; 0 of others.
    public var size: Int64
    /// Permission bits with setuid, setgid and sticky.
    public var mode: UInt16
    /// The owner's number.
    public var uid: UInt32
    /// The group's number.
    public var gid: UInt32
    /// The text of a link.
    public var target: ByteString?
    /// A device's number as makedev(3) writes it.
    public var device: UInt64?
    /// Extended attributes that images hold, sorted by name.
    public var xattrs: [Xattr]

    /// A file with all that is told of it.
    public init(
        kind: FileKind,
        size: Int64,
        mode: UInt16,
        uid: UInt32,
        gid: UInt32,
        target: ByteString?,
        device: UInt64?,
        xattrs: [Xattr]
    ) {
        self.kind = kind
        self.size = size
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.target = target
        self.device = device
        self.xattrs = xattrs
    }
}
