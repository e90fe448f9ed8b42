package import Bytes

/// The SSH agents that the caller of a build lets steps ask, by id: the paths of their sockets.
package struct Agents: Sendable {
    private let sockets: [ByteString: ByteString]

    package init(sockets: [ByteString: ByteString] = [:]) { self.sockets = sockets }

    /// The path of an agent's socket; nil if none was given.
    subscript(id: ByteString) -> ByteString? { sockets[id] }
}
