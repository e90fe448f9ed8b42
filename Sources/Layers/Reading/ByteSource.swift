internal import Bytes
internal import Glibc
internal import Linux
internal import OCI

/// Gives bytes piece by piece to a reader of libarchive.
protocol ByteSource: AnyObject {
    /// The next piece, empty at the end; valid until the next call.
    func next() throws -> UnsafeRawBufferPointer
}

/// Packed bytes, counted as they are read.
protocol PackedSource: ByteSource {
    /// Bytes given so far.
    var size: Int64 { get }
}

/// The bytes of a file from its start, or of a part of one, hashed and counted as they are read.
final class FileSource: PackedSource {
    private let file: Linux.Descriptor
    /// Where the bytes start in the file, and how many they are where not all to the file's end.
    private let start: Int64
    private let count: Int64?
    private let limit: Int64?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BufferPool.size, alignment: 4096)
    private var hasher: DigestHasher?
    private(set) var size: Int64 = 0

    /// The bytes of `file`, whatever its offset is.
    ///
    /// `digest`: the function to hash with; nil hashes nothing.
    /// `limit`: the size that is expected; a longer file is an error as soon as that is seen.
    init(_ file: Linux.Descriptor, digest: Digest.Algorithm?, limit: Int64?) {
        self.file = file
        start = 0
        count = nil
        self.limit = limit
        hasher = digest.map { DigestHasher($0) }
    }

    /// The bytes of a blob, which may be a part of a file.
    ///
    /// `digest`: the function to hash with; nil hashes nothing.
    init(_ blob: BlobRange, digest: Digest.Algorithm?) {
        file = blob.file
        start = blob.offset
        count = blob.size
        limit = nil
        hasher = digest.map { DigestHasher($0) }
    }

    deinit { buffer.deallocate() }

    func next() throws -> UnsafeRawBufferPointer {
        let room = self.count.map { Int(min(Int64(buffer.count), $0 - size)) } ?? buffer.count
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<room])
        let count: Int
        do throws(SystemError) { count = room == 0 ? 0 : try file.read(into: part, at: start + size) } catch {
            throw LayersError.source("archive", error)
        }
        size += Int64(count)
        if let limit, size > limit { throw LayersError.wrongSize(expected: limit, actual: size) }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        hasher?.update(bytes)
        return bytes
    }

    /// Reads what is left.
    ///
    /// - Returns: the digest of the whole file.
    func finish() throws -> Digest? {
        while try !next().isEmpty {}
        return hasher?.finalize()
    }
}

/// The bytes of a pipe or any other file that can be read only once, counted as they are read.
final class StreamSource: PackedSource {
    private let file: Linux.Descriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BufferPool.size, alignment: 4096)
    private(set) var size: Int64 = 0

    init(_ file: Linux.Descriptor) { self.file = file }

    deinit { buffer.deallocate() }

    func next() throws -> UnsafeRawBufferPointer {
        let count: Int
        do throws(SystemError) { count = try file.read(into: buffer) } catch {
            throw LayersError.source("archive", error)
        }
        size += Int64(count)
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
}
