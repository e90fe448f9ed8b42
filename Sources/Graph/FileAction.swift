package import Bytes

/// One change of a tree by files that come from elsewhere.
package enum FileAction: Sendable, Hashable {
    case copy(CopyAction)
    case makeDirectory(MakeDirectoryAction)
}

/// COPY or ADD of one source word.
package struct CopyAction: Sendable, Hashable {
    package enum Origin: Sendable, Hashable {
        /// A path in the tree of an input of the vertex, by its place in `Vertex.inputs`.
        case input(Int, path: ByteString)
        /// The content of a heredoc: a file of that name, mode 0644.
        case inline(name: ByteString, content: ByteString)
    }

    package var origin: Origin
    /// Absolute, links in it not yet followed; a slash at its end says that it is a directory.
    package var destination: ByteString
    /// `USER[:GROUP]` as names or numbers; nil for 0:0.
    package var owner: ByteString?
    package var mode: ModeChange?
    /// Whether a local archive is unpacked (ADD).
    package var unpacksArchives: Bool
    /// `--exclude`: patterns of an ignore file, for what is in the directories that are copied.
    package var excludes: [ByteString]
    /// `--parents`: the path of the source is a pattern, and what matches is copied with the directories above it.
    package var keepsParents: Bool
    /// `--link`: written as if there were nothing below, so that what is below may change.
    package var isLinked: Bool
    /// ADD of a git repository with `mtime=commit`: its files have the commit's time.
    package var takesCommitTime: Bool

    package init(
        origin: Origin,
        destination: ByteString,
        owner: ByteString? = nil,
        mode: ModeChange? = nil,
        unpacksArchives: Bool = false,
        excludes: [ByteString] = [],
        keepsParents: Bool = false,
        isLinked: Bool = false,
        takesCommitTime: Bool = false
    ) {
        self.takesCommitTime = takesCommitTime
        self.origin = origin
        self.destination = destination
        self.owner = owner
        self.mode = mode
        self.unpacksArchives = unpacksArchives
        self.excludes = excludes
        self.keepsParents = keepsParents
        self.isLinked = isLinked
    }
}

/// WORKDIR: a directory with its missing parents, 0755.
package struct MakeDirectoryAction: Sendable, Hashable {
    /// Absolute and clean, links in it not yet followed.
    package var path: ByteString
    /// The USER in force, as text; nil for 0:0.
    package var owner: ByteString?

    package init(path: ByteString, owner: ByteString?) {
        self.path = path
        self.owner = owner
    }
}
