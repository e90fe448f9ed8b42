package import Bytes

/// A mount of a RUN, all its options expanded: `--mount`.
package struct ProcessMount: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A part of an input's tree.
        ///
        /// Where it may be written, what is written is thrown away.
        case bind(MountedPath, isReadOnly: Bool)
        /// An empty file system in memory; the size is in bytes, nil for the kernel's default.
        case temporary(size: UInt64?, isReadOnly: Bool)
        /// A directory that outlives the build.
        case cache(CacheMount)
        /// A text that the caller of the build has given, as a file, as a variable, or both.
        case secret(SecretMount)
        /// A socket that leads to an agent which the caller of the build has given.
        case agent(AgentMount)
    }

    package var kind: Kind
    /// Absolute and clean, never `/`; links in it not yet followed.
    ///
    /// Nil for a secret that is a variable only.
    package var target: ByteString?

    package init(_ kind: Kind, target: ByteString?) {
        self.kind = kind
        self.target = target
    }
}

/// A path in the tree of an input.
package struct MountedPath: Sendable, Hashable {
    /// The input's place in `Vertex.inputs`.
    package var input: Int
    /// From the root of the input's tree; links in it not yet followed.
    package var path: ByteString

    package init(input: Int, path: ByteString) {
        self.input = input
        self.path = path
    }
}

/// `--mount=type=cache`: a directory that steps of all builds share, known by its id.
package struct CacheMount: Sendable, Hashable {
    /// Who may have the directory at the same time.
    package enum Sharing: UInt8, Sendable, Hashable {
        /// All that want it.
        case shared = 0
        /// One; another gets a directory of its own.
        case `private` = 1
        /// One; others wait.
        case locked = 2
    }

    package var id: ByteString
    package var sharing: Sharing
    package var isReadOnly: Bool
    /// What the directory begins with; nil for nothing.
    package var seed: MountedPath?
    /// What a directory without a seed is made with.
    package var mode: UInt16
    package var uid: UInt32
    package var gid: UInt32

    package init(
        id: ByteString,
        sharing: Sharing = .shared,
        isReadOnly: Bool = false,
        seed: MountedPath? = nil,
        mode: UInt16 = 0o755,
        uid: UInt32 = 0,
        gid: UInt32 = 0
    ) {
        self.id = id
        self.sharing = sharing
        self.isReadOnly = isReadOnly
        self.seed = seed
        self.mode = mode
        self.uid = uid
        self.gid = gid
    }
}

/// `--mount=type=secret`: which secret, and how the step gets it.
///
/// Its value is nowhere in a graph.
package struct SecretMount: Sendable, Hashable {
    package var id: ByteString
    /// Whether the step fails without it.
    package var isRequired: Bool
    /// The variable that gets the value; nil for none.
    package var environmentName: ByteString?
    /// Of the file.
    package var mode: UInt16
    package var uid: UInt32
    package var gid: UInt32

    package init(
        id: ByteString,
        isRequired: Bool = false,
        environmentName: ByteString? = nil,
        mode: UInt16 = 0o400,
        uid: UInt32 = 0,
        gid: UInt32 = 0
    ) {
        self.id = id
        self.isRequired = isRequired
        self.environmentName = environmentName
        self.mode = mode
        self.uid = uid
        self.gid = gid
    }
}

/// `--mount=type=ssh`: which SSH agent a step may ask, and how its socket looks.
package struct AgentMount: Sendable, Hashable {
    package var id: ByteString
    /// Whether the step fails without it.
    package var isRequired: Bool
    /// Of the socket.
    package var mode: UInt16
    package var uid: UInt32
    package var gid: UInt32

    package init(
        id: ByteString = AgentMount.defaultID,
        isRequired: Bool = false,
        mode: UInt16 = 0o600,
        uid: UInt32 = 0,
        gid: UInt32 = 0
    ) {
        self.id = id
        self.isRequired = isRequired
        self.mode = mode
        self.uid = uid
        self.gid = gid
    }

    /// What is meant where no id is named.
    package static let defaultID: ByteString = "default"
}
