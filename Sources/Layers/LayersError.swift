package import Bytes
package import Linux
package import OCI
package import Trees

/// Why bytes did not become a tree, or a tree did not become bytes.
package enum LayersError: DescribedError, Sendable, Hashable {
    /// A limit on what an archive may ask for.
    package enum Limit: Sendable, Hashable {
        /// Bytes of the plain tar.
        case plainSize(UInt64)
        /// Plain bytes for each packed one.
        case ratio(UInt64)
        /// Bytes of a path.
        case pathLength(Int)
        /// Components of a path.
        case depth(Int)
        /// Bytes of names and values of one entry's extended attributes.
        case xattrs(Int)
        /// Entries of all layers that are looked into.
        case entries(Int)
        /// Bytes free on the disk, with the reserve taken off.
        case freeSpace(UInt64)
    }

    /// A call failed on an entry of the tree that is read or written.
    case file(TreePath, SystemError)
    /// A call failed on a file that is copied.
    case source(ByteString, SystemError)
    /// A file kept changing while it was copied, or is not any more what was expected.
    case changedWhileRead(ByteString)
    /// The name starts with `.wh.`, which layers use to say that something is deleted (OCI image-spec, Layer, Whiteouts).
    case whiteoutName(TreePath)
    /// Something that is no directory has the path of an ancestor.
    case notADirectory(TreePath)
    /// A path with more components than `TreePath.depthLimit`.
    case tooDeep(TreePath)
    /// More than 255 links on the way to a path.
    case tooManyLinks(ByteString)
    /// An upper directory holds an attribute of overlay that was mounted off.
    case overlayMark(TreePath, attribute: ByteString)
    /// A hard link to something that cannot be linked to.
    case brokenLink(TreePath, to: ByteString, reason: String)
    /// An entry of an archive that is refused, and why.
    case refusedEntry(ByteString, reason: String)
    /// The archive cannot be read; the words are the library's.
    case malformedArchive(String)
    case limitExceeded(Limit, entry: ByteString?)
    case wrongDigest(expected: Digest, actual: Digest)
    case wrongSize(expected: Int64, actual: Int64)
    case wrongDiffID(expected: Digest, actual: Digest)
    /// The writer of a growing file threw away what was read already.
    case startedAnew
    /// A library cannot compress; the words are its own.
    case compressor(String)
    /// A file is longer or shorter than the delta says.
    case sizeChanged(TreePath, expected: UInt64)

    /// One sentence for the user.
    package var message: String {
        switch self {
        case .file(let path, let error): "\(path): \(error.message)"
        case .source(let name, let error): "\(name.escaped): \(error.message)"
        case .changedWhileRead(let name): "\(name.escaped) changed while it was read"
        case .whiteoutName(let path):
            "\(path): a layer cannot hold a file whose name starts with `.wh.`: such names mark deleted files"
        case .notADirectory(let path): "\(path) is not a directory"
        case .tooDeep(let path): "\(path.shortened) is more than \(TreePath.depthLimit) levels deep"
        case .tooManyLinks(let path): "\(path.escaped): too many levels of symbolic links"
        case .overlayMark(let path, let attribute):
            "\(path) has the attribute \(attribute.escaped), which is not supported"
        case .brokenLink(let path, let target, let reason): "\(path): hard link to \(target.escaped): \(reason)"
        case .refusedEntry(let name, let reason): "the archive's entry `\(name.escaped)` is refused: \(reason)"
        case .malformedArchive(let reason): "the archive cannot be read: \(reason)"
        case .limitExceeded(let limit, let entry):
            (entry.map { "the archive's entry `\($0.escaped)` is refused: " } ?? "the archive is refused: ")
                + limit.reason
        case .wrongDigest(let expected, let actual): "the layer's digest is \(actual), not \(expected)"
        case .wrongSize(let expected, let actual): "the layer has \(actual) bytes, not \(expected)"
        case .wrongDiffID(let expected, let actual): "the layer's diff id is \(actual), not \(expected)"
        case .startedAnew: "the layer was begun anew while it was read"
        case .compressor(let reason): "the layer cannot be compressed: \(reason)"
        case .sizeChanged(let path, let expected): "\(path) does not have its \(expected) bytes any more"
        }
    }

    /// What the user can do about it, where there is something.
    package var remedy: String? {
        switch self {
        case .file(_, let error), .source(_, let error): error.remedy
        case .changedWhileRead: "build again when nothing writes to it"
        case .whiteoutName: "give the file another name, or delete it in the same step"
        case .limitExceeded(.freeSpace, _): "free some space on the file system of the state root"
        case .wrongDigest, .wrongSize, .wrongDiffID:
            "fetch the image again; if that does not help, its source is broken"
        case .tooDeep: "build with fewer folders inside each other"
        default: nil
        }
    }

    /// Refuses a path that is deeper than any may be.
    static func checkDepth(of path: TreePath) throws(LayersError) {
        if path.isTooDeep { throw .tooDeep(path) }
    }
}

extension LayersError.Limit {
    var reason: String {
        switch self {
        case .plainSize(let limit): "more than \(limit) bytes when unpacked"
        case .ratio(let limit): "it unpacks to more than \(limit) times its size"
        case .pathLength(let limit): "its path is longer than \(limit) bytes"
        case .depth(let limit): "it is more than \(limit) directories deep"
        case .xattrs(let limit): "its extended attributes have more than \(limit) bytes"
        case .entries(let limit): "it has more than \(limit) entries"
        case .freeSpace(let free): "it does not fit on the disk, where \(free) bytes may be used"
        }
    }
}

/// Something the user should know that did not stop the work; each is told once.
package enum LayersNotice: Sendable, Hashable {
    /// Extended attributes of this name could not be set, first at this path, and are left out.
    case droppedXattr(ByteString, at: TreePath, reason: String)
    /// chattr(1) flags were cleared, first at this path: an image cannot hold them.
    case clearedFlags(at: TreePath)
    /// A socket was left out, first at this path: an image cannot hold it.
    case droppedSocket(at: TreePath)
    /// A modification time was clamped, first in this entry.
    case clampedTime(ByteString)
    /// An owner's number was clamped, first in this entry.
    case clampedOwner(ByteString)

    package var message: String {
        switch self {
        case .droppedXattr(let name, let path, let reason):
            "the extended attribute \(name.escaped) cannot be kept (first at \(path)): \(reason)"
        case .clearedFlags(let path): "the flags immutable and append-only are cleared (first at \(path))"
        case .droppedSocket(let path): "sockets are left out of the image (first \(path))"
        case .clampedTime(let name): "a modification time beyond the limits is clamped (first of \(name.escaped))"
        case .clampedOwner(let name): "an owner beyond 32 bits is clamped (first of \(name.escaped))"
        }
    }
}

/// Gathers notices from several threads, the first of each kind.
package struct NoticeList: Sendable {
    package private(set) var notices: [LayersNotice] = []

    mutating func add(_ notice: LayersNotice) {
        let isKnown = notices.contains { known in
            switch (known, notice) {
            case (.droppedXattr(let left, _, _), .droppedXattr(let right, _, _)): left == right
            case (.clearedFlags, .clearedFlags), (.droppedSocket, .droppedSocket), (.clampedTime, .clampedTime),
                (.clampedOwner, .clampedOwner):
                true
            default: false
            }
        }
        if !isKnown && notices.count < 32 { notices.append(notice) }
    }
}
