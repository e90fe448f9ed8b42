internal import AsyncHTTPClient
internal import Linux
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// The connections of one client, by proxy; nothing of them exists before the first request.
final class Connections: Sendable {
    /// What a request is for, as far as connections differ by it.
    enum Kind: Hashable, Sendable {
        /// A document, or an answer without one.
        case document
        /// A layer: by HTTP/1.1 on a connection of its own, which costs half the processor time and memory of a stream of
        /// HTTP/2, and lets several come at the same time as fast as the network can.
        case content
        case upload
    }

    private struct Key: Hashable {
        let kind: Kind
        let proxy: HTTPClient.Configuration.Proxy?
    }

    private struct State {
        var clients: [Key: HTTPClient] = [:]
        var answered: Set<Origin> = []
        var isClosed = false
    }

    /// The threads of all clients of the process; started by the first request, and never ended.
    ///
    /// A client is not done with them when it has been shut down: AsyncHTTPClient reads certificates on a thread of its own
    /// and then turns to a loop, though the connection may have failed long before.
    private static let threads = MultiThreadedEventLoopGroup(numberOfThreads: min(BlockingThreads.processorCount, 4))

    private let surroundings: Surroundings
    private let certificates: TLSConfigurations
    private let state = Mutex(State())

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        certificates = TLSConfigurations(surroundings)
    }

    /// Sends one request and returns with the head of the answer; its body comes as it is read.
    ///
    /// Redirects are not followed. What AsyncHTTPClient and SwiftNIO throw goes through.
    /// - Throws: `RegistryError` for certificates and proxies that cannot be used, and after `close`.
    func execute(_ request: HTTPClientRequest, at origin: Origin, _ kind: Kind) async throws -> HTTPClientResponse {
        var request = request
        if origin.scheme == .https { request.tlsConfiguration = try certificates.configuration(for: origin) }
        let client = try client(Key(kind: kind, proxy: surroundings.proxy(to: origin)))
        let response = try await client.execute(request, deadline: .distantFuture)
        state.withLock { _ = $0.answered.insert(origin) }
        return response
    }

    /// Whether the other side has ever answered: then a connection that it refuses is worth another try.
    func hasAnswered(_ origin: Origin) -> Bool { state.withLock { $0.answered.contains(origin) } }

    private func client(_ key: Key) throws(RegistryError) -> HTTPClient {
        let client: HTTPClient? = state.withLock { state in
            guard !state.isClosed else { return nil }
            if let client = state.clients[key] { return client }
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(Self.threads),
                configuration: configuration(key)
            )
            state.clients[key] = client
            return client
        }
        guard let client else { throw .closed }
        return client
    }

    private func configuration(_ key: Key) -> HTTPClient.Configuration {
        let limits = surroundings.settings.limits
        var timeout = HTTPClient.Configuration.Timeout(
            connect: TimeAmount(limits.connectTimeout),
            read: TimeAmount(key.kind == .upload ? limits.uploadTimeout : limits.idleTimeout)
        )
        timeout.write = TimeAmount(limits.uploadTimeout)
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: timeout,
            proxy: key.proxy
        )
        // A connection that cannot be had is told at once; whether to try again is decided here.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Above what callers ask at once: a request that waits for a connection would count as a slow one.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        if key.kind == .content { configuration.httpVersion = .http1Only }
        // Not for HTTP/2, where a frame of 16 KiB would keep all of a read in memory.
        configuration.http1_1ConnectionDebugInitializer = Connections.enlargeReads
        return configuration
    }

    /// Lets a connection read more at once than the default of 64 KiB: each read is a way through two threads.
    @Sendable private static func enlargeReads(_ channel: any Channel) -> EventLoopFuture<Void> {
        let buffers = AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 1 << 16, maximum: 1 << 19)
        return channel.setOption(.recvAllocator, value: buffers)
    }

    /// Closes all connections; requests under way fail.
    func close() async {
        let clients = state.withLock { state in
            defer {
                state.clients = [:]
                state.isClosed = true
            }
            return Array(state.clients.values)
        }
        for client in clients { try? await client.shutdown() }
    }

    deinit {
        // Who forgets to close leaves no connections behind either.
        state.withLock { state in
            for client in state.clients.values { try? client.syncShutdown() }
        }
    }
}

extension TimeAmount {
    /// The same time; nanoseconds that do not fit become some 290 years.
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self = .nanoseconds(whole.overflow ? .max : whole.partialValue + attoseconds / 1_000_000_000)
    }
}
