import Bytes
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import OCI
import Synchronization

/// A registry in this process, on a port of 127.0.0.1: it speaks the distribution specification, keeps everything in
/// memory, records every request, and does wrong what a test asks for.
package final class LoopbackRegistry: Sendable {
    /// How it wants to be logged in to.
    package enum LogIn: Sendable {
        case none
        case basic(username: String, password: String)
        /// By tokens of `realm`; nil is this registry's own `/token`.
        case bearer(TokenIssuer, realm: String?)
    }

    package struct Options: Sendable {
        package var logIn = LogIn.none
        /// A user who may have tokens that push; anybody may have those that pull, unless `isPrivate`.
        package var user: (name: String, password: String)? = nil
        package var isPrivate = false
        /// A token by which the user is known without a password.
        package var identityToken: String? = nil
        package var expiresIn: String? = "300"
        /// Whether it lends blobs from other repositories.
        package var mounts = true
        /// How it writes the place of an upload.
        package var location: @Sendable (_ host: String, _ path: String) -> String = { "http://\($0)\($1)" }
        package var minimumChunk: Int? = nil
        package var certificates: TestCertificates? = nil

        package init() {}
    }

    struct State {
        var options: Options
        var blobs: [String: [UInt8]] = [:]
        /// Which repository has which blobs.
        var repositories: [String: Set<String>] = [:]
        var manifests: [String: (type: String, bytes: [UInt8])] = [:]
        var uploads: [String: [UInt8]] = [:]
        /// Files that are no part of a registry, by path.
        var files: [String: LoopbackFile] = [:]
        var requests: [RecordedRequest] = []
        var faults: [Fault] = []
        var nextUpload = 0
        var hasLied = false
    }

    let state: Mutex<State>
    private let port = Mutex(0)
    private let channel = Mutex<(any Channel)?>(nil)
    private let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Starts to listen.
    package init(_ options: Options = Options()) async throws {
        state = Mutex(State(options: options))
        let tls = try options.certificates.map { try NIOSSLContext(configuration: $0.serverConfiguration()) }
        let bootstrap = ServerBootstrap(group: threads)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(Exchange(self))
                }
            }
        let bound = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        port.withLock { $0 = bound.localAddress?.port ?? 0 }
        channel.withLock { $0 = bound }
    }

    /// Its host and port, as names have it.
    package var host: String { "127.0.0.1:\(port.withLock { $0 })" }

    /// Ends it; connections that are open are closed.
    package func stop() async {
        let bound = channel.withLock { $0.take() }
        try? await bound?.close()
        try? await threads.shutdownGracefully()
    }

    // MARK: What is in it

    package func change(_ body: (inout Options) -> Void) { state.withLock { body(&$0.options) } }

    package func add(_ fault: Fault) { state.withLock { $0.faults.append(fault) } }

    /// How often faults may still happen.
    package var faultsLeft: Int { state.withLock { $0.faults.reduce(0) { $0 + $1.times } } }

    /// Whether a fault has said of a change that it was made, or has sent it elsewhere.
    package var hasLied: Bool { state.withLock { $0.hasLied } }

    package var requests: [RecordedRequest] { state.withLock { $0.requests } }

    package func forgetRequests() { state.withLock { $0.requests = [] } }

    /// Puts a blob into a repository.
    package func put(_ bytes: [UInt8], in repository: String, as digest: Digest? = nil) {
        let digest = (digest ?? Digest(of: bytes)).description
        state.withLock { state in
            state.blobs[digest] = bytes
            state.repositories[repository, default: []].insert(digest)
        }
    }

    /// Puts a manifest or an index into a repository, by its digest and by a tag.
    package func put(manifest bytes: [UInt8], type: String, in repository: String, tag: String? = nil) {
        let names = [Digest(of: bytes).description] + (tag.map { [$0] } ?? [])
        state.withLock { state in
            for name in names { state.manifests["\(repository)/\(name)"] = (type, bytes) }
        }
    }

    /// Serves a file at a path, as a plain web server does.
    package func put(_ file: LoopbackFile, at path: String) { state.withLock { $0.files[path] = file } }

    package func blob(_ digest: Digest, in repository: String) -> [UInt8]? {
        state.withLock { state in
            let has = state.repositories[repository]?.contains(digest.description) ?? false
            return has ? state.blobs[digest.description] : nil
        }
    }

    package func manifest(_ name: String, in repository: String) -> [UInt8]? {
        state.withLock { $0.manifests["\(repository)/\(name)"]?.bytes }
    }
}
