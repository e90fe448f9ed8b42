internal import NIOHTTP1
internal import OCI

/// Brings one blob into a repository, by the cheapest way that the registry takes (OCI distribution-spec 1.1,
/// "Pushing blobs").
struct BlobUpload: Sendable {
    enum Outcome: Sendable {
        case alreadyThere
        case mounted
        case uploaded(Int64)
    }

    /// An upload that the registry has begun.
    struct Session: Sendable {
        var address: WebAddress
        /// The smallest chunk, of a registry that wants chunks.
        let minimumChunk: Int64?
    }

    let client: RegistryClient
    let endpoint: RegistryClient.Endpoint
    let blob: PushedBlob
    /// Of several repositories that could lend a blob no more are asked.
    private static let mostMounts = 3

    init(_ client: RegistryClient, _ endpoint: RegistryClient.Endpoint, _ blob: PushedBlob) {
        self.client = client
        self.endpoint = endpoint
        self.blob = blob
    }

    var digest: Digest { blob.descriptor.digest }
    var subject: RegistrySubject { RegistrySubject(endpoint.location, "blob \(digest)") }
    private var repository: String { endpoint.location.repository }
    private var access: Access { endpoint.access(.push(repository)) }

    func run() async throws -> Outcome {
        let head = WebRequest(.HEAD, endpoint.address("blobs", digest.description), subject)
        let there = try await client.retrying(subject) { try await client.head(head, access, or: [404]) }
        if there.isSuccess {
            client.tell(.alreadyThere(digest))
            return .alreadyThere
        }
        let (source, session) = try await mount()
        if let source {
            client.tell(.mounted(digest, from: source))
            return .mounted
        }
        client.tell(.began(digest, .upload, total: blob.descriptor.size))
        try await upload(session)
        client.tell(.finished(digest, .upload))
        return .uploaded(blob.descriptor.size)
    }

    // MARK: Borrowing

    /// Asks the registry to take the blob over from a repository of its own.
    ///
    /// - Returns: that repository; or an upload that the registry began instead, if it did.
    private func mount() async throws -> (source: String?, session: Session?) {
        var session: Session?
        for source in lenders.prefix(BlobUpload.mostMounts) {
            let address = endpoint.address("blobs", "uploads", "")
                .adding("mount", digest.description).adding("from", source)
            let access = endpoint.access(.push(repository), .pull(source))
            do {
                let response = try await client.retrying(subject) {
                    try await client.head(WebRequest(.POST, address, subject), access)
                }
                if response.status == 201 { return (source, nil) }
                session = try self.session(response)
            } catch is RegistryError {
                // Not every user may read where the blob is; then it is sent.
                continue
            }
        }
        return (nil, session)
    }

    /// The repositories of the same registry that have the blob.
    private var lenders: [String] {
        var names = blob.origins
        if case .remote(let location) = blob.content { names.append(location.host + "/" + location.repository) }
        var seen: Set<String> = [repository]
        return names.compactMap { name in
            let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2, Web.apiHost(parts[0]) == Web.apiHost(endpoint.location.host),
                seen.insert(parts[1]).inserted
            else { return nil }
            return parts[1]
        }
    }

    // MARK: Sending

    /// Sends the blob at once; in chunks where the registry wants it so, or where sending it at once failed.
    private func upload(_ begun: Session?) async throws {
        var begun = begun
        var loop = RetryLoop(client.settings.limits)
        var inChunks = false
        var mayChunk = true
        while true {
            var hasBegun = false
            do {
                let session = if let begun { begun } else { try await begin() }
                begun = nil
                hasBegun = true
                let isAsked = session.minimumChunk != nil
                if mayChunk && (inChunks || isAsked) {
                    try await sendChunks(session, &loop)
                } else {
                    try await sendWhole(session)
                }
                return
            } catch let setback as Setback {
                inChunks = inChunks || hasBegun
                try await client.wait(after: setback, subject, &loop)
            } catch RegistryError.answered(_, 413, _, _) where mayChunk && !inChunks {
                inChunks = true
            } catch RegistryError.answered(_, let status, _, _) where inChunks && [405, 501].contains(status) {
                // A registry that knows no chunks gets it at once again.
                guard mayChunk else { throw RegistryError.answered(subject, status: status, told: "", tries: 1) }
                mayChunk = false
            }
        }
    }

    private func begin() async throws -> Session {
        var request = WebRequest(.POST, endpoint.address("blobs", "uploads", ""), subject)
        request.kind = .upload
        return try session(await client.head(request, access))
    }

    private func sendWhole(_ session: Session) async throws {
        var request = upload(.PUT, session.address.adding("digest", digest.description))
        request.body = content(from: 0, count: blob.descriptor.size)
        _ = try await client.head(request, access(to: request.address))
    }

    func upload(_ method: HTTPMethod, _ address: WebAddress) -> WebRequest {
        var request = WebRequest(method, address, subject)
        request.kind = .upload
        request.headers.add(name: "Content-Type", value: MediaType.octetStream.text)
        return request
    }

    /// What may be shown at the address of an upload, which can be another host's.
    func access(to address: WebAddress) -> Access? { address.origin == endpoint.origin ? access : nil }

    /// The upload that an answer begins or continues.
    func session(_ response: WebResponse) throws(RegistryError) -> Session {
        guard let location = response.header("Location") else {
            throw .malformedAnswer(subject, reason: "does not say where to upload (no Location)")
        }
        guard var address = response.address.resolving(location) else {
            throw .malformedAnswer(subject, reason: "says to upload to what is no web address")
        }
        let own = response.address.origin
        if own.scheme == .https, address.origin.scheme == .http {
            // Registries behind a proxy often do not know that they are reached by TLS.
            let isSame = address.origin.host == own.host && [80, own.port].contains(address.origin.port)
            guard isSame else {
                let target = address.origin.description
                throw .refusedRedirect(subject, target: target, reason: "it is not encrypted")
            }
            address = WebAddress(origin: own, path: address.path, query: address.query)
        }
        let minimum = response.header("OCI-Chunk-Min-Length").flatMap { Int64($0) }
        return Session(address: address, minimumChunk: minimum)
    }
}
