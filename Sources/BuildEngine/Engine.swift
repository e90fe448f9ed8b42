public import Bytes
package import Graph
package import Store

/// The engine: builds images with one state root. Any number of engines, in any number of processes, may share a root.
///
/// ```swift
/// let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
/// let result = try await engine.build(BuildRequest(context: "."))
/// ```
public final class Engine: Sendable {
    /// The folder that holds the engine's state.
    public let stateRoot: ByteString
    let store: StateRoot

    /// Opens the state root, which is made if it is not there.
    ///
    /// - Throws: a `DescribedError` when it cannot be used: not writable, another owner, a newer version.
    public init(stateRoot: ByteString) throws {
        self.stateRoot = stateRoot
        store = try StateRoot(path: stateRoot)
    }
}
