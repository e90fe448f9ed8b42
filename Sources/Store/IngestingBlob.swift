internal import Bytes
internal import Glibc
package import Linux
package import OCI

/// A blob that is being written: hashed as it goes, without a name until it is committed.
///
/// One that is not committed leaves nothing: its file has no name (O_TMPFILE), or, on a file system that cannot do
/// that, one in `content` that is removed here, or by the next sweep.
package struct IngestingBlob: ~Copyable, Sendable {
    /// For a writer that hashes by itself and then commits with ``commit(hashedAs:size:mediaType:)``.
    package let descriptor: Linux.Descriptor
    /// Bytes written through this value.
    package private(set) var size: Int64 = 0

    private let store: ContentStore
    private let algorithm: Digest.Algorithm
    private var hasher: DigestHasher
    /// The name in `content`, where the file has one.
    private let temporaryName: ByteString?

    static let prefix: ByteString = "new-"

    init(store: ContentStore, algorithm: Digest.Algorithm) throws(SystemError) {
        self.store = store
        self.algorithm = algorithm
        hasher = DigestHasher(algorithm)
        do throws(SystemError) {
            descriptor = try store.folder.openNameless(mode: 0o444)
            temporaryName = nil
        } catch {
            guard error.code == EOPNOTSUPP || error.code == EISDIR || error.code == ENOENT else { throw error }
            let name = IngestingBlob.prefix + SnapshotID.random().fileName
            descriptor = try store.folder.open(name, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o444)
            temporaryName = name
            // Says that the owner lives; a file system without O_TMPFILE has locks all the same.
            flock(descriptor.number, LOCK_EX | LOCK_NB)
        }
    }

    /// Appends bytes.
    ///
    /// - Throws: `StoreError.full` or `StoreError.system`.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        try store.system("writing a blob") { () throws(SystemError) in try descriptor.write(bytes) }
        hasher.update(bytes)
        size += Int64(bytes.count)
    }

    /// Appends bytes.
    package mutating func write(_ bytes: [UInt8]) throws(StoreError) {
        try store.system("writing a blob") { () throws(SystemError) in try descriptor.write(bytes) }
        hasher.update(bytes)
        size += Int64(bytes.count)
    }

    /// Names the blob by the bytes that were written through this value.
    ///
    /// - Throws: `StoreError.wrongDigest` or `StoreError.wrongSize` if it is not what was expected: nothing is left.
    package consuming func commit(
        expected: Digest? = nil,
        size expectedSize: Int64? = nil,
        mediaType: MediaType = .octetStream
    ) throws(StoreError) -> OCI.Descriptor {
        let size = self.size
        if let expectedSize, expectedSize != size { throw .wrongSize(expected, expected: expectedSize, found: size) }
        let found = hasher.finalize()
        if let expected, expected != found { throw .wrongDigest(expected: expected, found: found) }
        return try commit(hashedAs: found, size: size, mediaType: mediaType)
    }

    /// Names the blob by a digest that the caller computed from all that is in the file.
    ///
    /// - Throws: `StoreError.wrongSize` if the file has another size.
    package consuming func commit(
        hashedAs digest: Digest,
        size: Int64,
        mediaType: MediaType = .octetStream
    ) throws(StoreError) -> OCI.Descriptor {
        let file = descriptor
        let inFile = try store.system("storing a blob") { () throws(SystemError) in Int64(try file.status().size) }
        guard inFile == size else { throw .wrongSize(digest, expected: size, found: inFile) }
        let isNew = try store.system("storing a blob") { () throws(SystemError) in
            try give(name: ByteString(digest.hex), digest, size)
        }
        store.trust(digest, size: size, isNew: isNew)
        return OCI.Descriptor(mediaType: mediaType, digest: digest, size: size)
    }

    /// A good file of that name stays; one that a power loss may have cut is replaced.
    ///
    /// - Returns: whether the name leads to this file now.
    private borrowing func give(name: ByteString, _ digest: Digest, _ size: Int64) throws(SystemError) -> Bool {
        let folder = try store.folder(of: digest.algorithm)
        if let temporaryName {
            try store.folder.rename(temporaryName, to: name, in: folder)
            return true
        }
        if try folder.give(descriptor, name: name) { return true }
        let found = try folder.statusIfPresent(name)
        if found?.kind == .file, found?.size == UInt64(size), store.isTrusted(digest, size: size) { return false }
        if found?.kind == .directory { try folder.removeTree(name) }
        let interim = IngestingBlob.prefix + SnapshotID.random().fileName
        guard try store.folder.give(descriptor, name: interim) else {
            throw SystemError(code: EEXIST, call: "link", path: interim)
        }
        do throws(SystemError) { try store.folder.rename(interim, to: name, in: folder) } catch {
            try? store.folder.removeFile(interim)
            throw error
        }
        return true
    }

    deinit {
        // After a commit the name is gone already, and this does nothing.
        if let temporaryName { try? store.folder.removeFile(temporaryName) }
    }
}
