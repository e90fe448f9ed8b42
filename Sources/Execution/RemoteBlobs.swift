internal import Bytes
internal import Layers
internal import Linux
internal import OCI
package import Registry
package import Store
internal import Synchronization

/// A blob on its way from a registry into the content store; it can be read while it comes.
final class GrowingBlob: BlobSink {
    let blob: OCI.Descriptor
    /// Where it may be had, in the order to try them; at least one.
    let locations: [RepositoryLocation]
    /// How far it is.
    let growth = FileGrowth()
    /// The file that it is written to; it has no name before it is whole and verified.
    let file: Linux.Descriptor
    private let ingesting: Mutex<IngestingBlob?>
    /// Bytes that are in the file.
    private let size = Mutex<Int64>(0)

    init(_ blob: OCI.Descriptor, from locations: [RepositoryLocation], into store: StateRoot) throws(StoreError) {
        self.blob = blob
        self.locations = locations
        let ingesting = try store.content.ingest(blob.digest.algorithm)
        file = ingesting.descriptor
        self.ingesting = Mutex(ingesting)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try file.write(bytes)
        let written = size.withLock { size in
            size += Int64(bytes.count)
            return size
        }
        growth.grew(to: written)
    }

    func restart() throws {
        growth.restarted()
        try file.truncate()
        size.withLock { $0 = 0 }
    }

    /// Gives the blob its name; the client has verified its bytes.
    fileprivate func commit() throws {
        guard let whole = ingesting.withLock({ $0.take() }) else { return }
        let written = size.withLock { $0 }
        _ = try whole.commit(hashedAs: blob.digest, size: written, mediaType: blob.mediaType)
    }
}

/// The blobs of images that are in registries, each brought into the content store when its bytes are first needed.
package final class RemoteBlobs: Sendable {
    private let store: StateRoot
    private let client: RegistryClient
    /// Downloads at the same time, as many as Docker makes.
    private static let limit = 3

    package init(store: StateRoot, client: RegistryClient) {
        self.store = store
        self.client = client
    }

    /// Runs downloads, the largest first, several at once.
    ///
    /// Each one's growth has ended when this returns or throws, so that nobody waits for it.
    func run(_ downloads: [GrowingBlob]) async throws {
        do {
            try await runAll(downloads)
        } catch {
            // Whoever reads another one shall hear why it does not come.
            for download in downloads { download.growth.ended(.failure(error)) }
            throw error
        }
    }

    /// On the cooperative pool: those who wait for the bytes may hold every thread for work that blocks.
    private func runAll(_ downloads: [GrowingBlob]) async throws {
        var waiting = downloads.sorted { $0.blob.size < $1.blob.size }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<RemoteBlobs.limit {
                guard let next = waiting.popLast() else { break }
                group.addTask(executorPreference: globalConcurrentExecutor) { try await self.run(next) }
            }
            while try await group.next() != nil {
                guard let next = waiting.popLast() else { continue }
                group.addTask(executorPreference: globalConcurrentExecutor) { try await self.run(next) }
            }
        }
    }

    private func run(_ download: GrowingBlob) async throws {
        let digest = download.blob.digest
        // Another process may be at the same blob: it is waited for, not fetched twice.
        let lock = try await store.waitForStep(ContentHash(of: Array("blob \(digest)".utf8)))
        defer { withExtendedLifetime(lock) {} }
        guard try !store.content.contains(digest) else {
            return download.growth.ended(.failure(LayersError.startedAnew))
        }
        try await fetch(download)
        try download.commit()
        download.growth.ended(.success(()))
    }

    /// Tries one place after another; of several failures the first is told.
    private func fetch(_ download: GrowingBlob) async throws {
        var refusal: (any Error)?
        for location in download.locations {
            do {
                return try await client.fetch(download.blob, of: location, into: download)
            } catch let error as RegistryError {
                if case .noAccess = error { try store.images.forget(blob: download.blob.digest, in: location.name) }
                refusal = refusal ?? error
                try download.restart()
            }
        }
        if let refusal { throw refusal }
    }
}
