internal import Linux
internal import NIOCore
internal import OCI

/// What whoever pushes threw when its content was opened: it goes through to him as it is.
struct ContentFailure: Error {
    let underlying: any Error
}

extension BlobUpload {
    /// A part of the blob as the body of a request, from wherever it is; made anew each time the request is sent.
    func content(from start: Int64, count: Int64) -> WebRequest.Body {
        let tell = client.tell
        let (digest, size) = (digest, blob.descriptor.size)
        @Sendable func sent(_ bytes: Int64) { tell(.transferred(digest, .upload, bytes: bytes, of: size)) }
        switch blob.content {
        case .bytes(let bytes):
            let part = bytes.dropFirst(Int(clamping: start)).prefix(Int(clamping: count))
            return .bytes(Array(part))
        case .file(let open):
            return .stream(length: count) { AnyBodySequence { filePieces(open, start, count, sent) } }
        case .remote(let location):
            return .stream(length: count) { AnyBodySequence { remotePieces(location, start, count, sent) } }
        }
    }

    private static let pieceSize: Int64 = 1 << 20

    private func filePieces(
        _ open: @Sendable @escaping () throws -> Linux.Descriptor,
        _ start: Int64,
        _ count: Int64,
        _ sent: @escaping (Int64) -> Void
    ) -> () async throws -> ByteBuffer? {
        let digest = digest
        var file: Linux.Descriptor?
        var offset = start
        return {
            let wanted = min(BlobUpload.pieceSize, start + count - offset)
            guard wanted > 0 else { return nil }
            let piece = try await withTaskExecutorPreference(BlockingThreads.shared) {
                if file == nil {
                    do { file = try open() } catch { throw ContentFailure(underlying: error) }
                }
                guard let source = file else { return ByteBuffer() }
                return try BlobUpload.read(source, at: offset, upTo: Int(wanted), digest)
            }
            offset += Int64(piece.readableBytes)
            sent(offset)
            return piece
        }
    }

    private static func read(
        _ file: Linux.Descriptor,
        at offset: Int64,
        upTo count: Int,
        _ digest: Digest
    ) throws(RegistryError) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        var failure: SystemError?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { room in
            do throws(SystemError) {
                return try file.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]), at: offset)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw .unreadableContent(digest, reason: failure.message) }
        guard buffer.readableBytes > 0 else {
            throw .unreadableContent(digest, reason: "it ends after \(offset) bytes, too early")
        }
        return buffer
    }

    /// The bytes of a blob at another registry, as they come from there.
    private func remotePieces(
        _ location: RepositoryLocation,
        _ start: Int64,
        _ count: Int64,
        _ sent: @escaping (Int64) -> Void
    ) -> () async throws -> ByteBuffer? {
        let (client, subject, descriptor) = (client, subject, blob.descriptor)
        var download: BlobDownload?
        var rest = count
        var told = start
        return {
            guard rest > 0 else { return nil }
            if download == nil {
                let source = try await client.endpoint(location, "blob \(descriptor.digest)")
                let isWhole = start == 0 && count == descriptor.size
                download = BlobDownload(
                    client,
                    BlobDownload.Source(descriptor, source),
                    descriptor,
                    from: start,
                    verifies: isWhole
                )
            }
            switch try await download?.next() {
            case .bytes(var piece):
                if Int64(piece.readableBytes) > rest {
                    piece = piece.getSlice(at: piece.readerIndex, length: Int(rest)) ?? piece
                }
                rest -= Int64(piece.readableBytes)
                if start + count - rest - told >= BlobUpload.pieceSize || rest == 0 {
                    told = start + count - rest
                    sent(told)
                }
                return piece
            case .restart:
                // What was sent on cannot be taken back.
                let reason = "its source gave other bytes than before"
                throw Setback(reason: reason) { tries in
                    .interrupted(subject, reason: reason, received: nil, total: nil, tries: tries)
                }
            case nil: return nil
            }
        }
    }
}
