import NIOCore
import NIOPosix
import Synchronization

/// An HTTP proxy of the tests' own: whatever host a CONNECT names, it leads to one port of 127.0.0.1.
package final class LoopbackProxy: Sendable {
    private let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let heads = Mutex<[String]>([])
    private let bound = Mutex<(any Channel)?>(nil)

    /// - Parameter target: `127.0.0.1:port`.
    /// - Throws: where it cannot listen.
    package init(to target: String) async throws {
        let port = Int(target.split(separator: ":").last ?? "") ?? 0
        let channel = try await ServerBootstrap(group: threads)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ProxyConnection(self, port: port))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        bound.withLock { $0 = channel }
    }

    package var host: String { "127.0.0.1:\(bound.withLock { $0?.localAddress?.port ?? 0 })" }

    /// What it was asked: the lines before the empty one.
    package var requests: [String] { heads.withLock { $0 } }

    package func stop() async {
        let channel = bound.withLock { $0.take() }
        try? await channel?.close()
        try? await threads.shutdownGracefully()
    }

    fileprivate func record(_ head: String) { heads.withLock { $0.append(head) } }
}

/// Waits for the head of a CONNECT, then passes bytes on in both directions.
private final class ProxyConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let proxy: LoopbackProxy
    private let port: Int
    private var head: [UInt8] = []
    private var other: (any Channel)?

    init(_ proxy: LoopbackProxy, port: Int) {
        self.proxy = proxy
        self.port = port
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let other { return other.writeAndFlush(bytes, promise: nil) }
        head += bytes.readableBytesView
        let text = String(decoding: head, as: UTF8.self)
        guard text.hasSuffix("\r\n\r\n") else { return }
        proxy.record(text)
        let (channel, this) = (context.channel, NIOLoopBound(self, eventLoop: context.eventLoop))
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { other in
                other.eventLoop.makeCompletedFuture {
                    try other.pipeline.syncOperations.addHandler(Passing(to: channel))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .whenComplete { result in
                guard case .success(let other) = result else { return channel.close(promise: nil) }
                this.value.other = other
                channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n"), promise: nil)
            }
    }

    func channelInactive(context: ChannelHandlerContext) { other?.close(promise: nil) }
}

/// Passes on what the other end says.
private final class Passing: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let channel: any Channel

    init(to channel: any Channel) { self.channel = channel }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        channel.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { channel.close(promise: nil) }
}
