internal import Bytes
internal import Linux
internal import OCI
internal import Trees

/// A directory of an upper that is being written, and what has been written in it.
///
/// Everything that changes is touched under the lock of its ``UpperWriter`` only.
final class UpperFolder: @unchecked Sendable {
    // Unchecked: see above; the writer's lock guards it.

    /// Why it is there.
    enum Origin {
        /// On the way to something written; has the attributes it has below.
        case mirrored
        /// On the way to something written; nothing of that name is below.
        case implied
        /// Asked for.
        case written
    }

    /// What the layers below have in the directory.
    enum Contents {
        case nothing
        case stored(ContentHash)
        case loaded(DirectoryObject)
    }

    enum Child {
        case folder(UpperFolder)
        case file(WrittenFile)
        /// A mark that the entry below is deleted.
        case whiteout
    }

    let path: TreePath
    let parent: UpperFolder?
    var children: [ByteString: Child] = [:]
    var origin: Origin
    var attributes: Attributes
    /// Nil: what it is below, or now.
    var modified: FileTime?
    var contents: Contents
    /// Whether there is a directory below that overlay must not show: then the upper has the mark, and the delta says so.
    ///
    /// Anything else below needs no mark. One that hides nothing is not set: over other layers it would hide what the
    /// delta does not say.
    var isOpaque = false
    /// The directory itself, while it is open.
    var directory: Directory?

    init(path: TreePath, parent: UpperFolder?, origin: Origin, attributes: Attributes, contents: Contents) {
        self.path = path
        self.parent = parent
        self.origin = origin
        self.attributes = attributes
        self.contents = contents
    }

    /// Lets go of all folders below, which hold their parents and so each other; an emptied folder stays.
    ///
    /// Level by level, the deepest last to be listed and first to go: a chain of thousands of folders would end in as
    /// many nested calls.
    func takeApart() {
        var folders = [self]
        var next = 0
        while next < folders.count {
            for case .folder(let child) in folders[next].children.values { folders.append(child) }
            folders[next].children = [:]
            next += 1
        }
        while folders.popLast() != nil {}
    }

    /// What the layers below have in it under a name.
    func below(_ name: ByteString, from source: any TreeSource) throws -> TreeEntry? {
        switch contents {
        case .nothing: return nil
        case .loaded(let object): return object[name]
        case .stored(let hash):
            let object = try source.directoryObject(hash)
            contents = .loaded(object)
            return object[name]
        }
    }
}

/// Anything but a directory that was written.
struct WrittenFile {
    var entry: TreeEntry
    var modified: FileTime
    /// The same object for all names of one file; nil while it has one.
    var links: LinkGroup?
    /// On paper: where its bytes are.
    var content: PaperUpper.Content?
}

/// Stands for a file with more than one name.
final class LinkGroup: Sendable {}
