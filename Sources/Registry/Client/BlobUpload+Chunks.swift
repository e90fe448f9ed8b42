internal import NIOHTTP1
internal import OCI

extension BlobUpload {
    /// Sends the blob in chunks, each of which can be sent again (OCI distribution-spec 1.1, "Pushing a blob in
    /// chunks").
    func sendChunks(_ begun: Session, _ loop: inout RetryLoop) async throws {
        var session = begun
        var offset: Int64 = 0
        let size = blob.descriptor.size
        let chunk = max(client.settings.limits.chunkSize, min(begun.minimumChunk ?? 1, 1 << 30))
        while offset < size {
            let count = min(chunk, size - offset)
            do {
                session = try await send(at: offset, count: count, session)
                offset += count
                loop.reset()
            } catch let setback as Setback {
                try await client.wait(after: setback, subject, &loop)
                (session, offset) = try await progress(of: session)
            }
        }
        let last = upload(.PUT, session.address.adding("digest", digest.description))
        _ = try await client.head(last, access(to: last.address))
    }

    /// - Returns: the upload as it goes on.
    /// - Throws: ``Setback`` also where the registry expects other bytes.
    private func send(at offset: Int64, count: Int64, _ session: Session) async throws -> Session {
        var request = upload(.PATCH, session.address)
        request.headers.add(name: "Content-Range", value: "\(offset)-\(offset + count - 1)")
        request.body = content(from: offset, count: count)
        let response = try await client.head(request, access(to: session.address), or: [416])
        guard response.isSuccess else { throw lost("the registry expects other bytes") }
        return try self.session(response)
    }

    /// How much of the upload the registry has.
    ///
    /// - Throws: ``Setback`` where it has forgotten it, or says what cannot be.
    private func progress(of session: Session) async throws -> (Session, Int64) {
        let request = WebRequest(.GET, session.address, subject)
        let response = try await client.head(request, access(to: session.address), or: [404, 416])
        let end = response.header("Range").flatMap { range in range.split(separator: "-").last.flatMap { Int64($0) } }
        guard response.isSuccess, let end, end >= 0, end < blob.descriptor.size else {
            throw lost("the registry lost the upload")
        }
        let next = response.header("Location") == nil ? session : try self.session(response)
        // Nothing at all is `0-0` too; a blob whose first byte is sent twice would not be the blob.
        return (next, end == 0 ? 0 : end + 1)
    }

    private func lost(_ reason: String) -> Setback {
        let subject = subject
        return Setback(reason: reason) { tries in
            .interrupted(subject, reason: reason, received: nil, total: nil, tries: tries)
        }
    }
}
