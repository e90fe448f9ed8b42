internal import Bytes
internal import Glibc
internal import Linux
internal import OCI

/// Gives bytes piece by piece to a reader of libarchive.
protocol ByteSource: AnyObject {
    /// The next piece, empty at the end; valid until the next call.
    func next() throws -> UnsafeRawBufferPointer
}

/// The bytes of a file from its start, hashed and counted as they are read.
final class FileSource: ByteSource {
    private let file: Linux.Descriptor
    private let limit: Int64?
    private let growth: FileGrowth?
    private var generation: Int?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BufferPool.size, alignment: 4096)
    private var hasher: DigestHasher?
    private(set) var size: Int64 = 0

    /// The bytes of `file`, whatever its offset is.
    ///
    /// `digest`: the function to hash with; nil hashes nothing.
    /// `limit`: the size that is expected; a longer file is an error as soon as that is seen.
    /// `growth`: of a file that is still being written; its end is waited for.
    init(_ file: Linux.Descriptor, digest: Digest.Algorithm?, limit: Int64?, growth: FileGrowth? = nil) {
        self.file = file
        self.limit = limit
        self.growth = growth
        hasher = digest.map { DigestHasher($0) }
    }

    deinit { buffer.deallocate() }

    func next() throws -> UnsafeRawBufferPointer {
        var room = buffer
        if let growth {
            let known = try growth.size(beyond: size, of: &generation)
            // Bytes behind what the writer told of may be thrown away yet.
            room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, Int(max(known - size, 0)))])
            if room.isEmpty { return UnsafeRawBufferPointer(start: nil, count: 0) }
        }
        let count: Int
        do throws(SystemError) { count = try file.read(into: room, at: size) } catch {
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
