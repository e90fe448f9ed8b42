internal import Bytes
internal import NIOCore
package import OCI

extension RegistryClient {
    /// Fetches a blob; size and digest are verified when it returns.
    ///
    /// Cuts, silence and passing troubles of the registry are waited out, and the download goes on where it stopped.
    /// What a mirror does not give comes from the registry itself.
    /// - Throws: `RegistryError`, whose message tells how far it came; what the sink throws; `CancellationError`.
    package func fetch(_ blob: OCI.Descriptor, of location: RepositoryLocation, into sink: any BlobSink) async throws {
        do {
            try await fetch(blob, at: location, into: sink)
        } catch {
            guard let reason = RegistryClient.reason(error), let origin = try home(of: location), origin != location
            else { throw error }
            tell(.skippedMirror(host: location.host, reason: reason))
            try sink.restart()
            try await fetch(blob, at: origin, into: sink)
        }
    }

    /// The registry that a location is of; nil where the name is not one.
    private func home(of location: RepositoryLocation) throws -> RepositoryLocation? {
        guard let reference = try? Reference(location.name) else { return nil }
        return try surroundings.locations(of: reference).last
    }

    private func fetch(
        _ blob: OCI.Descriptor,
        at location: RepositoryLocation,
        into sink: any BlobSink
    ) async throws {
        let endpoint = try await endpoint(location, "blob \(blob.digest)")
        do {
            try await fetch(blob, from: BlobDownload.Source(blob, endpoint), into: sink)
        } catch let error as RegistryError {
            guard case .noAccess(_, 404, _, _) = error, settings.fetchesForeignLayers, blob.mediaType.isForeignLayer
            else { throw error }
            // Addresses in an image are anybody's: nothing is shown there.
            for address in blob.urls.prefix(8).compactMap({ WebAddress($0.text) }) {
                do {
                    return try await fetch(blob, from: BlobDownload.Source(blob, foreign: address), into: sink)
                } catch is RegistryError { try sink.restart() }
            }
            throw error
        }
    }

    private func fetch(
        _ blob: OCI.Descriptor,
        from source: BlobDownload.Source,
        into sink: any BlobSink
    ) async throws {
        var progress = TransferProgress(blob, .download, tell)
        var download = BlobDownload(self, source, blob)
        while let piece = try await download.next() {
            switch piece {
            case .bytes(let bytes):
                try bytes.withUnsafeReadableBytes { try sink.write($0) }
                progress.add(bytes.readableBytes)
            case .restart:
                try sink.restart()
                progress.restart()
            }
        }
        progress.finish()
    }

    /// A small blob as a whole.
    ///
    /// - Throws: `RegistryError.tooLarge` before anything is asked where its descriptor says more than `limit` bytes.
    func bytes(
        _ blob: OCI.Descriptor,
        _ endpoint: Endpoint,
        limit: Int,
        _ subject: RegistrySubject
    ) async throws -> [UInt8] {
        guard blob.size <= limit else { throw RegistryError.tooLarge(subject, limit: limit) }
        var bytes: [UInt8] = []
        var download = BlobDownload(self, BlobDownload.Source(blob, endpoint, .document), blob)
        while let piece = try await download.next() {
            switch piece {
            case .bytes(let piece): bytes += piece.readableBytesView
            case .restart: bytes = []
            }
        }
        return bytes
    }
}

/// Tells how far a blob has come, each MiB.
struct TransferProgress {
    private let blob: OCI.Descriptor
    private let direction: RegistryEvent.Direction
    private let tell: (RegistryEvent) -> Void
    private var bytes: Int64 = 0
    private var told: Int64 = 0
    private static let step: Int64 = 1 << 20

    init(
        _ blob: OCI.Descriptor,
        _ direction: RegistryEvent.Direction,
        _ tell: @escaping (RegistryEvent) -> Void
    ) {
        self.blob = blob
        self.direction = direction
        self.tell = tell
        tell(.began(blob.digest, direction, total: blob.size))
    }

    mutating func add(_ count: Int) {
        bytes += Int64(count)
        if bytes - told >= TransferProgress.step { tellBytes() }
    }

    mutating func restart() {
        bytes = 0
        tellBytes()
    }

    /// To be called once all bytes are there and verified.
    mutating func finish() {
        if told != bytes { tellBytes() }
        tell(.finished(blob.digest, direction))
    }

    private mutating func tellBytes() {
        told = bytes
        tell(.transferred(blob.digest, direction, bytes: bytes, of: blob.size))
    }
}
