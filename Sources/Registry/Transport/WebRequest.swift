internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// One request, which can be sent more than once.
struct WebRequest: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// So many bytes, made anew for each try.
        case stream(length: Int64, @Sendable () -> AnyBodySequence)
    }

    let method: HTTPMethod
    let address: WebAddress
    let subject: RegistrySubject
    var headers: HTTPHeaders = [:]
    /// The value of the `Authorization` header; it never leaves the origin of ``address``.
    var authorization: String?
    var body: Body = .none
    var kind: Connections.Kind = .document
    /// Whether the body or the query is a secret too: then the request is not redirected to another origin at all.
    var holdsSecret = false

    init(_ method: HTTPMethod, _ address: WebAddress, _ subject: RegistrySubject) {
        self.method = method
        self.address = address
        self.subject = subject
    }

    /// What is sent to one address.
    func message(to address: WebAddress, withAuthorization: Bool, userAgent: String) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: address.text)
        message.method = method
        message.headers = headers
        message.headers.replaceOrAdd(name: "User-Agent", value: userAgent)
        message.headers.replaceOrAdd(name: "Accept-Encoding", value: "identity")
        if withAuthorization, let authorization {
            message.headers.replaceOrAdd(name: "Authorization", value: authorization)
        }
        switch body {
        case .none: break
        case .bytes(let bytes): message.body = .bytes(ByteBuffer(bytes: bytes))
        case .stream(let length, let make): message.body = .stream(make(), length: .known(length))
        }
        return message
    }
}

/// The pieces of a request's body, from wherever they come.
struct AnyBodySequence: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    struct AsyncIterator: AsyncIteratorProtocol {
        let take: () async throws -> ByteBuffer?

        mutating func next() async throws -> ByteBuffer? { try await take() }
    }

    /// Makes what gives one piece after the other, and nil at the end.
    let make: @Sendable () -> () async throws -> ByteBuffer?

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(take: make()) }
}

/// The head of an answer, with the body still to come.
struct WebResponse {
    let status: Int
    let headers: HTTPHeaders
    let body: HTTPClientResponse.Body
    /// Who answered, after redirects.
    let address: WebAddress

    /// A header that has one value.
    func header(_ name: String) -> String? { headers.first(name: name) }

    var isSuccess: Bool { (200..<300).contains(status) }
}
