internal import Bytes
internal import Glibc
internal import Graph
internal import Linux
internal import OCI
package import Registry
package import Store
internal import Synchronization
internal import Trees

/// The files of the web that a build reads, each in the content store before anything has a key.
///
/// A server is asked in every build whether its file is still the one that is here; only a file with a checksum that is
/// here needs no asking. So a build never goes on with what is out of date.
package final class RemoteFiles: Sendable {
    private struct State {
        var files: [VertexID: RemoteFile] = [:]
        var objects: [ContentHash: DirectoryObject] = [:]
        /// Downloads that are under way.
        var count = 0
        /// Those that wait for the end of one, the first to come first.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let store: StateRoot
    private let client: RegistryClient
    private let state = Mutex(State())
    /// The most bytes that one may have.
    private static let sizeLimit: Int64 = 64 << 30
    /// The most that come at the same time: each has a connection of its own with its buffers.
    private static let countLimit = 8

    package init(store: StateRoot, client: RegistryClient) {
        self.store = store
        self.client = client
    }

    /// Brings a file into the store, as far as what is there is not right.
    ///
    /// - Returns: the tree with the file.
    /// - Throws: `DownloadError`, `StoreError`, `SettingsError`, `CancellationError`.
    func open(
        _ source: HTTPSource,
        for vertex: VertexID,
        _ secrets: Secrets,
        _ events: @escaping EventSink
    ) async throws -> Tree {
        let request = source.request
        let known = try store.downloads.find(request)
        if let checksum = source.checksum, try store.content.contains(checksum) {
            let row = try known?.digest == checksum ? known : store.downloads.find(checksum)
            return try note(source, checksum, row?.version, for: vertex)
        }
        events(.started(vertex))
        let start = ContinuousClock.now
        var file = WebFile(url: source.address.text, shown: source.shown, limit: RemoteFiles.sizeLimit)
        file.authorization = source.authorization(secrets)
        if let known, source.checksum == nil, try store.content.contains(known.digest) { file.known = known.version }
        let tree: Tree
        // On the cooperative pool: those who wait for something may hold every thread for work that blocks.
        let (answer, download) = try await withTaskExecutorPreference(globalConcurrentExecutor) {
            [client, store, file] in
            await begin()
            defer { end() }
            let download = try ContentDownload(into: store)
            return (try await client.download(file, into: download), download)
        }
        switch answer {
        case .unchanged:
            guard let known else {
                preconditionFailure("only of what is known a server can say that it was not changed")
            }
            tree = try note(source, known.digest, known.version, for: vertex)
        case .content(let version):
            let digest = try download.commit(expecting: source)
            let row = DownloadTable.Row(
                digest: digest,
                etag: version.etag,
                modified: version.modified,
                comparesTime: version.comparesTime
            )
            try store.downloads.put(row, for: request)
            tree = try note(source, digest, version, for: vertex)
        }
        events(.finished(vertex, nanoseconds: (.now - start).nanoseconds))
        return tree
    }

    /// Waits until one more may come; a cancelled task waits for its turn, too, which comes soon: the others end.
    private func begin() async {
        await withCheckedContinuation { turn in
            let isFree = state.withLock { state in
                guard state.count < RemoteFiles.countLimit else {
                    state.waiting.append(turn)
                    return false
                }
                state.count += 1
                return true
            }
            if isFree { turn.resume() }
        }
    }

    /// Hands the place of a download that ended to the first that waits.
    private func end() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.count -= 1
            return nil
        }
        next?.resume()
    }

    private func note(
        _ source: HTTPSource,
        _ digest: Digest,
        _ version: FileVersion?,
        for vertex: VertexID
    ) throws -> Tree {
        guard let hash = digest.contentHash, let size = try store.content.size(digest) else {
            throw StoreError.missingRow("the blob \(digest)")
        }
        let attributes = Attributes(mode: 0o600)
        let entry = TreeEntry(.file(hash, size: UInt64(size)), attributes)
        let object = DirectoryObject(children: [.init(name: source.fileName, entry: entry)])
        let objectHash = object.hash
        let modified = FileTime(seconds: version?.modifiedSeconds ?? 0)
        state.withLock { state in
            state.files[vertex] = RemoteFile(name: source.fileName, digest: digest, modified: modified)
            state.objects[objectHash] = object
        }
        return Tree(rootAttributes: Attributes(mode: 0o755), rootObject: objectHash)
    }

    /// The file that was opened for a vertex; nil for vertices that are no downloads.
    func file(of vertex: VertexID) -> RemoteFile? { state.withLock { $0.files[vertex] } }

    func directoryObject(_ hash: ContentHash) -> DirectoryObject? { state.withLock { $0.objects[hash] } }
}

/// A downloaded file as something to copy from.
struct RemoteFile: Sendable {
    var name: ByteString
    var digest: Digest
    var modified: FileTime

    /// A folder with the file in it: one more name of the blob, without a copy.
    func source(in folder: BuildFolder, _ trees: any TreeSource, _ store: StateRoot) throws -> CopySource {
        var encoder = CanonicalEncoder(domain: "download.folder.1")
        encoder.append(name)
        encoder.append(digest.description)
        let root = try folder.copy(encoder.hash) { directory in
            guard try store.content.link(digest, as: name, in: directory) else {
                throw StoreError.missingRow("the blob \(digest)")
            }
        }
        return CopySource(root: root, trees: trees, modified: modified)
    }
}

/// A blob that is being downloaded; its digest is not known before its end.
private final class ContentDownload: BlobSink {
    private let store: StateRoot
    private let blob: Mutex<IngestingBlob?>
    private let checked = Mutex<Int64>(0)
    /// After so many bytes the room that is left is looked at.
    private static let checkStep: Int64 = 64 << 20

    init(into store: StateRoot) throws {
        self.store = store
        blob = Mutex(try store.content.ingest())
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        let size = try blob.withLock { blob in
            try blob?.write(bytes)
            return blob?.size ?? 0
        }
        let isDue = checked.withLock { checked in
            guard size - checked >= ContentDownload.checkStep else { return false }
            checked = size
            return true
        }
        if isDue { try store.checkReserve() }
    }

    func restart() throws {
        try blob.withLock { $0 = try store.content.ingest() }
        checked.withLock { $0 = 0 }
    }

    /// Gives the blob its name.
    ///
    /// - Throws: `DownloadError.wrongChecksum`: nothing is left then.
    func commit(expecting source: HTTPSource) throws -> Digest {
        guard let whole = blob.withLock({ $0.take() }) else { preconditionFailure("a download is committed once") }
        do { return try whole.commit(expected: source.checksum).digest } catch {
            guard case .wrongDigest(let expected, let found) = error else { throw error }
            throw DownloadError.wrongChecksum(
                url: source.shown,
                expected: expected.description,
                found: found.description
            )
        }
    }
}

extension DownloadTable.Row {
    fileprivate var version: FileVersion {
        FileVersion(etag: etag, modified: modified, comparesTime: comparesTime)
    }
}

extension HTTPSource {
    /// All that decides what is answered, as a hash: the index holds no password.
    fileprivate var request: ContentHash {
        var encoder = CanonicalEncoder(domain: "download.1")
        encoder.append(address)
        encoder.append(user?.name)
        encoder.append(user?.password)
        return encoder.hash
    }

    /// What shows who is asking: the URL's own user, or else a secret for its host, as BuildKit names them.
    fileprivate func authorization(_ secrets: Secrets) -> WebAuthorization? {
        if let token = secrets.line("HTTP_AUTH_TOKEN_" + host) { return .bearer(token) }
        if let header = secrets.line("HTTP_AUTH_HEADER_" + host) { return WebAuthorization(header: header) }
        return user.map { .basic(username: $0.name.text, password: $0.password?.text ?? "") }
    }
}
