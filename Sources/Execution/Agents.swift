package import Bytes
internal import Synchronization

/// The SSH agents that the caller of a build lets steps ask, by id.
///
/// An agent for key files is started when the first step needs it, and ends with this.
package final class Agents: Sendable {
    package enum Source: Sendable {
        /// The path of the socket that an agent of the caller listens on.
        case socket(ByteString)
        /// Files with private keys, by name.
        case keys([(name: ByteString, text: [UInt8])])
    }

    private let sources: [ByteString: Source]
    private let environment: [ByteString: ByteString]
    private let started = Mutex<[ByteString: KeyAgent]>([:])

    /// What a key file may have in bytes, as in BuildKit.
    package static let maximumKeySize = 100 << 10

    /// `environment`: where the programs for key files are looked up.
    package init(_ sources: [ByteString: Source] = [:], environment: [ByteString: ByteString] = [:]) {
        self.sources = sources
        self.environment = environment
    }

    /// The path of an agent's socket; nil if none was given.
    ///
    /// - Throws: `ExecutionError` for keys that cannot be used, and where there is no program for them.
    func socket(of id: ByteString) throws -> ByteString? {
        switch sources[id] {
        case nil: return nil
        case .socket(let path): return path
        case .keys(let keys):
            return try started.withLock { started in
                if let known = started[id] { return known.socket }
                let new = try KeyAgent(keys, id: id, environment: environment)
                started[id] = new
                return new.socket
            }
        }
    }
}
