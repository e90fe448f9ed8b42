package import Bytes
package import Dockerfile

/// The number of a vertex in its ``BuildGraph``; inputs have lower numbers than what uses them.
package struct VertexID: Hashable, Sendable, Comparable {
    package let index: Int

    package init(_ index: Int) { self.index = index }

    package static func < (left: VertexID, right: VertexID) -> Bool { left.index < right.index }
}

/// One step of a build: an operation on the results of other vertices.
package struct Vertex: Sendable {
    package var id: VertexID
    package var operation: Operation
    /// What the operation works on; for `file` and `run` the first is the tree it starts from.
    package var inputs: [VertexID]
    /// What people see: `[build 2/5] RUN make`.
    package var name: String
    /// Where it comes from in the Dockerfile; nil for what no line names, such as the build context.
    package var range: SourceRange?
    /// Whether results of earlier builds must not answer (`--no-cache`).
    package var ignoresCache: Bool

    package init(
        id: VertexID,
        operation: Operation,
        inputs: [VertexID],
        name: String,
        range: SourceRange?,
        ignoresCache: Bool = false
    ) {
        self.id = id
        self.operation = operation
        self.inputs = inputs
        self.name = name
        self.range = range
        self.ignoresCache = ignoresCache
    }
}

/// What a vertex does.
///
/// Frontend-neutral: nothing of the Dockerfile's syntax is left.
package enum Operation: Sendable, Hashable {
    /// Brings a tree in from outside.
    case source(Source)
    /// Changes the tree of the first input by file actions.
    case file([FileAction])
    /// Runs a process in the tree of the first input.
    case run(ProcessStep)
}

/// Where a tree comes from.
package enum Source: Sendable, Hashable {
    /// `FROM scratch`: the empty tree, no layers.
    case scratch
    /// A base image, pinned by its manifest's digest.
    case image(BaseImage)
    /// A local folder: the build context or a named one.
    case local(LocalSource)
    /// A file of the web.
    case http(HTTPSource)
    /// The files of a commit.
    case git(GitSource)

    /// Whether a step that reads of it depends on what it selects and on nothing else: neither on the name nor on the rest.
    package var countsBySelection: Bool {
        switch self {
        case .local, .http, .git: true
        case .scratch, .image: false
        }
    }
}

/// A local folder as a source, under the name it has in this build.
package struct LocalSource: Sendable, Hashable {
    /// The name that `--build-context` gave it; empty, which no such name can be, for the main build context.
    package var name: ByteString

    package init(name: ByteString) { self.name = name }

    /// The main build context.
    package static let buildContext = LocalSource(name: "")
}
