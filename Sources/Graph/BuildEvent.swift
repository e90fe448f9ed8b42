package import Dockerfile

/// What happens in a build, as it happens.
///
/// Reports are readers of these; nothing else is printed from below.
package enum BuildEvent: Sendable {
    /// The graph is known: every vertex, in order.
    case planned([Vertex])
    case started(VertexID)
    /// A vertex needed no work: a result of an earlier build, or of another process, is right for it.
    case cached(VertexID, CacheHit)
    case output(VertexID, OutputStream, [UInt8])
    /// The work is done; the time is in nanoseconds.
    case finished(VertexID, nanoseconds: UInt64)
    case failed(VertexID, message: String)
    /// Another process is doing the same step: this one waits for its result.
    case waiting(VertexID)
    case warning(String, SourceRange?)
    /// Something worth a line: what the engine chose, and why.
    case note(String)
    /// A base was found; what its name stands for is pinned for the whole build.
    case resolved(ResolvedBase)
    /// A layer moves between a registry and this machine; told each MiB or so, and at the end.
    case transferring(BlobTransfer)
    case exporting(String)
    /// An export step is done; the time is in nanoseconds.
    case exported(String, nanoseconds: UInt64)
}

package enum CacheHit: Sendable, Hashable {
    /// By definition key: nothing before the step ran.
    case unchanged
    /// By content key: something before it ran and changed nothing that the step reads.
    case sameInputs
}

package enum OutputStream: UInt8, Sendable, Hashable {
    case standardOutput = 1
    case standardError = 2
}

/// Takes events; called from any thread, in order for each vertex.
///
/// It must not block for long.
package typealias EventSink = @Sendable (BuildEvent) -> Void
