package import Bytes
internal import Glibc
package import Linux
package import OCI
internal import Synchronization

/// Manifests, configs, layers and logs: immutable files known by their digest, at `content/<algorithm>/<hex>`.
///
/// A file has its name only when it is complete. After a power loss it may still be cut: a blob is trusted if it has a
/// row of this start of the machine, or one that was synced; without one it is read and compared once, and dropped
/// where it is wrong. Rows are written with the next transaction, so a commit costs none of its own.
package final class ContentStore: Sendable {
    let root: ByteString
    /// `content`; files are begun here.
    let folder: Directory
    private let blobs: Directory
    private let trash: Trash
    private let index: IndexDatabase
    private let boot: BootID
    private let state = Mutex(State())

    private struct State {
        /// Blobs that this process made, read whole, or found a good row of.
        var trusted: Set<Digest> = []
        /// Trusted blobs that have no row yet, with their sizes.
        var unrecorded: [Digest: Int64] = [:]
    }

    init(root: ByteString, folder: Directory, blobs: Directory, trash: Trash, index: IndexDatabase, boot: BootID) {
        self.root = root
        self.folder = folder
        self.blobs = blobs
        self.trash = trash
        self.index = index
        self.boot = boot
    }

    /// Begins a blob whose digest is not known, or not proved, yet.
    ///
    /// - Throws: `StoreError.full` or `StoreError.system`.
    package func ingest(_ algorithm: Digest.Algorithm = .sha256) throws(StoreError) -> IngestingBlob {
        try system("beginning a blob") { () throws(SystemError) in try IngestingBlob(store: self, algorithm: algorithm)
        }
    }

    /// Writes to the file of a blob whose maker hashes by itself.
    ///
    /// - Throws: `StoreError.full` or `StoreError.system`.
    package func write(_ bytes: UnsafeRawBufferPointer, to file: Linux.Descriptor) throws(StoreError) {
        try system("writing a blob") { () throws(SystemError) in try file.write(bytes) }
    }

    /// Stores bytes that are at hand, such as a manifest.
    package func store(_ bytes: [UInt8], mediaType: MediaType) throws(StoreError) -> OCI.Descriptor {
        var blob = try ingest()
        try blob.write(bytes)
        return try blob.commit(mediaType: mediaType)
    }

    /// Opens a blob for reading; nil if it is not there or was found to be damaged.
    ///
    /// Its bytes are not compared again if it is trusted: a reader to whom it matters hashes what it reads.
    package func open(_ digest: Digest) throws(StoreError) -> Linux.Descriptor? {
        guard let file = try openFile(digest) else { return nil }
        if state.withLock({ $0.trusted.contains(digest) }) { return file.descriptor }
        if try hasGoodRow(digest, size: file.size) {
            state.withLock { _ = $0.trusted.insert(digest) }
            return file.descriptor
        }
        return try verify(digest) ? try openFile(digest)?.descriptor : nil
    }

    package func contains(_ digest: Digest) throws(StoreError) -> Bool { try open(digest) != nil }

    /// Gives a blob one more name, in a folder of the same file system; it must not be written to through it.
    ///
    /// - Returns: whether the blob is there.
    package func link(_ digest: Digest, as name: ByteString, in directory: Directory) throws(StoreError) -> Bool {
        guard try contains(digest) else { return false }
        try system("linking a blob") { () throws(SystemError) in
            try directory.makeLink(name, to: ByteString(digest.hex), in: try folder(of: digest.algorithm))
        }
        return true
    }

    /// Bytes of a blob, or nil if it is not there.
    package func size(_ digest: Digest) throws(StoreError) -> Int64? {
        guard let file = try open(digest) else { return nil }
        return try system("reading a blob") { () throws(SystemError) in Int64(try file.status().size) }
    }

    /// The bytes of a small blob, compared with its digest; nil if it is not there or was found to be damaged.
    ///
    /// - Throws: `StoreError.tooLarge` if there are more than `limit` bytes.
    package func read(_ digest: Digest, limit: Int = 4 << 20) throws(StoreError) -> [UInt8]? {
        guard let file = try openFile(digest) else { return nil }
        guard file.size <= Int64(limit) else { throw .tooLarge(digest, size: file.size, limit: Int64(limit)) }
        let bytes = try system("reading a blob") { () throws(SystemError) in
            try file.descriptor.readAll(limit: Int(file.size))
        }
        guard Digest(of: bytes, algorithm: digest.algorithm) == digest else {
            try drop(digest)
            return nil
        }
        trust(digest, size: file.size)
        return bytes
    }

    /// Reads a blob whole and compares; a damaged one is dropped.
    ///
    /// - Returns: whether it is there and right.
    package func verify(_ digest: Digest) throws(StoreError) -> Bool {
        guard let file = try openFile(digest) else { return false }
        let found = try system("reading a blob") { () throws(SystemError) in
            var hasher = DigestHasher(digest.algorithm)
            try file.descriptor.readChunks { hasher.update($0) }
            return hasher.finalize()
        }
        guard found == digest else {
            try drop(digest)
            return false
        }
        trust(digest, size: file.size)
        return true
    }

    /// Removes what processes that are gone were writing, on file systems where unfinished blobs need names.
    ///
    /// - Returns: how many there were.
    func sweep() throws(StoreError) -> Int {
        try system("sweeping blobs") { () throws(SystemError) in
            var count = 0
            for name in try folder.names() where name.hasPrefix(IngestingBlob.prefix) {
                guard let lock = try? LockFile.acquire(name, in: folder, waits: false) else { continue }
                defer { withExtendedLifetime(lock) {} }
                try trash.take(name, from: folder)
                count += 1
            }
            return count
        }
    }

    // MARK: Files

    /// The folder of an algorithm's blobs.
    func folder(of algorithm: Digest.Algorithm) throws(SystemError) -> Directory {
        switch algorithm {
        case .sha256: blobs
        case .sha512: try folder.makeOrOpenDirectory(ByteString(algorithm.rawValue), mode: 0o700)
        }
    }

    /// The size of the file of a blob's name, trusted or not; nil if there is none.
    ///
    /// Does not use the index: it may be called inside a transaction.
    func fileSize(_ digest: Digest) -> Int64? {
        let status = try? folder(of: digest.algorithm).statusIfPresent(ByteString(digest.hex))
        return status.map { Int64(clamping: $0.size) }
    }

    private func openFile(_ digest: Digest) throws(StoreError) -> (descriptor: Linux.Descriptor, size: Int64)? {
        let name = ByteString(digest.hex)
        let found = try system("opening a blob") { () throws(SystemError) -> (Linux.Descriptor, FileStatus)? in
            do throws(SystemError) {
                let file = try folder(of: digest.algorithm).open(name, flags: O_RDONLY | O_NONBLOCK)
                return (file, try file.status())
            } catch {
                if error.code == ENOENT { return nil }
                // A link, or a socket: not ours.
                if error.code == ELOOP || error.code == ENXIO { return nil }
                throw error
            }
        }
        guard let (file, status) = found, status.kind == .file else {
            if found != nil { try drop(digest) }
            return nil
        }
        return (file, Int64(status.size))
    }

    private func hasGoodRow(_ digest: Digest, size: Int64) throws(StoreError) -> Bool {
        try index.read("looking up a blob") { session in
            let row = try session.row(
                "SELECT size FROM blobs WHERE digest = ? AND (boot IS NULL OR boot = ?)",
                .digest(digest),
                boot.value
            )
            return try row?.integer(0) == size
        }
    }

    /// Takes a blob that is wrong out of the way.
    func drop(_ digest: Digest) throws(StoreError) {
        state.withLock { state in
            state.trusted.remove(digest)
            state.unrecorded[digest] = nil
        }
        try system("dropping a damaged blob") { () throws(SystemError) in
            try trash.take(ByteString(digest.hex), from: try folder(of: digest.algorithm))
        }
    }

    // MARK: Trust

    /// Whether a file of this name can be taken for the blob, without reading it.
    func isTrusted(_ digest: Digest, size: Int64) -> Bool {
        state.withLock { $0.trusted.contains(digest) } || (try? hasGoodRow(digest, size: size)) == true
    }

    /// Notes a blob whose bytes this process knows.
    ///
    /// `isNew`: whether the file was made just now, so that an earlier row says nothing of it.
    func trust(_ digest: Digest, size: Int64, isNew: Bool = false) {
        state.withLock { state in
            if state.trusted.insert(digest).inserted || isNew { state.unrecorded[digest] = size }
        }
    }

    /// The blobs that a transaction should write rows of.
    var unrecorded: [Digest: Int64] { state.withLock { $0.unrecorded } }

    func write(_ blobs: [Digest: Int64], in session: IndexSession) throws {
        for (digest, size) in blobs {
            try session.run(
                """
                INSERT INTO blobs (digest, size, boot) VALUES (?, ?, ?)
                ON CONFLICT (digest) DO UPDATE SET size = excluded.size, boot = excluded.boot
                """,
                .digest(digest),
                .integer(size),
                boot.value
            )
        }
    }

    func didWrite(_ blobs: [Digest: Int64]) {
        guard !blobs.isEmpty else { return }
        state.withLock { state in for digest in blobs.keys { state.unrecorded[digest] = nil } }
    }

    /// Runs system calls, with what their failure means here.
    func system<Value: ~Copyable>(
        _ doing: String,
        _ body: () throws(SystemError) -> Value
    ) throws(StoreError) -> Value {
        do throws(SystemError) { return try body() } catch {
            throw StoreError(error, doing: doing, root: root, in: folder)
        }
    }
}

extension Linux.Descriptor {
    /// Hands over everything from the start to the end, by pieces of up to 1 MiB.
    fileprivate func readChunks(_ body: (UnsafeRawBufferPointer) -> Void) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try read(into: buffer, at: offset)
            if count == 0 { return }
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }
}
