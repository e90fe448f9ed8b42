import NIOCore
import NIOHTTP1

/// What is answered to a request, faults included.
struct LoopbackAnswer: Sendable {
    var status = 200
    var headers: [(String, String)] = []
    var body: [UInt8] = []
    /// The length that the head says; nil sends chunks.
    var declaredLength: Int?
    var ending = Ending.complete

    enum Ending: Sendable {
        case complete
        case cut(at: Int)
        case cutBeforeHead
        case nothing
        case silence(after: Int)
        case endless
        case drip(pieces: Int, milliseconds: Int64)
    }

    init(_ status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
        declaredLength = body.count
    }
}

/// One connection: collects a request, answers it.
final class Exchange: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let registry: LoopbackRegistry
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    /// After how many bytes of the request's body the connection is closed.
    private var bodyLimit = Int.max
    private var isOver = false

    init(_ registry: LoopbackRegistry) { self.registry = registry }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            meetEarlyFault(request(head), head, context)
        case .body(let buffer):
            body += buffer.readableBytesView
            if body.count >= bodyLimit {
                isOver = true
                context.close(promise: nil)
            }
        case .end:
            guard let head else { return }
            send(registry.answer(to: request(head)), to: head, context)
        }
    }

    private func request(_ head: HTTPRequestHead) -> RecordedRequest {
        var headers: [String: String] = [:]
        for (name, value) in head.headers { headers[name.lowercased()] = value }
        return RecordedRequest(method: head.method.rawValue, target: head.uri, headers: headers, body: body)
    }

    private func meetEarlyFault(
        _ request: RecordedRequest,
        _ head: HTTPRequestHead,
        _ context: ChannelHandlerContext
    ) {
        switch registry.earlyFault(of: request) {
        case .cutUpload(let count)?: bodyLimit = count
        case .earlyStatus(let status)?:
            isOver = true
            send(LoopbackAnswer(status, headers: [("Connection", "close")]), to: head, context)
        default: break
        }
    }

    private func send(_ answer: LoopbackAnswer, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if case .cutBeforeHead = answer.ending { return context.close(promise: nil) }
        if case .nothing = answer.ending { return }
        var headers = HTTPHeaders(answer.headers)
        var isChunked = answer.declaredLength == nil
        if case .endless = answer.ending { isChunked = true }
        if !isChunked, !headers.contains(name: "Content-Length"), let length = answer.declaredLength {
            headers.add(name: "Content-Length", value: String(length))
        }
        if isChunked { headers.add(name: "Transfer-Encoding", value: "chunked") }
        let status = HTTPResponseStatus(statusCode: answer.status)
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
            promise: nil
        )
        var bytes = answer.body[...]
        switch answer.ending {
        case .complete, .endless, .cutBeforeHead, .nothing: break
        case .drip: bytes = []
        case .cut(let count), .silence(let count): bytes = bytes.prefix(count)
        }
        if head.method != .HEAD, !bytes.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        }
        context.flush()
        switch answer.ending {
        case .complete: context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .cut, .cutBeforeHead: context.close(promise: nil)
        case .silence, .nothing: break
        case .endless: sendEndlessly(NIOLoopBound(context, eventLoop: context.eventLoop))
        case .drip(let count, let milliseconds):
            drip(
                answer.body[...],
                count,
                .milliseconds(milliseconds),
                NIOLoopBound(context, eventLoop: context.eventLoop)
            )
        }
    }

    private func drip(
        _ bytes: ArraySlice<UInt8>,
        _ count: Int,
        _ pause: TimeAmount,
        _ context: NIOLoopBound<ChannelHandlerContext>
    ) {
        guard !bytes.isEmpty else {
            return context.value.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        let piece = ByteBuffer(bytes: bytes.prefix(count))
        let this = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        context.value.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece)))).whenSuccess {
            context.value.eventLoop.scheduleTask(in: pause) {
                this.value.drip(bytes.dropFirst(count), count, pause, context)
            }
        }
    }

    /// Sends zeros until the other side has enough.
    private func sendEndlessly(_ context: NIOLoopBound<ChannelHandlerContext>) {
        let zeros = ByteBuffer(repeating: 0, count: 1 << 16)
        let this = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        context.value.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(zeros)))).whenSuccess {
            this.value.sendEndlessly(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
