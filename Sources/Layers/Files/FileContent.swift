internal import Bytes
internal import Glibc
package import Linux
package import OCI

/// A file that was copied: what was in it, and what its source was like.
package struct CopiedFile: Sendable, Hashable {
    package var hash: ContentHash
    /// Bytes.
    package var size: UInt64
    /// The source's status when it had been read, for an index of known files.
    package var status: FileStatus
}

/// Reads files once and hashes the bytes while they are in the processor's cache.
enum FileContent {
    /// From this size on a file is first tried to be shared with its copy instead of copied.
    private static let cloneSize: UInt64 = 128 << 10

    /// Hashes a file from its start to its end, wherever the descriptor's offset is.
    static func hash(
        _ file: Linux.Descriptor,
        buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> (hash: ContentHash, size: UInt64) {
        var hasher = ContentHasher()
        var size: UInt64 = 0
        while true {
            let count = try file.read(into: buffer, at: Int64(size))
            if count == 0 { return (hasher.finalize(), size) }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            size += UInt64(count)
        }
    }

    /// Copies all of `source` into the empty file `target` and hashes it in the same pass.
    ///
    /// A source that changes meanwhile is read again, three times at most.
    /// - Throws: `LayersError.source` with `name`, or `changedWhileRead`.
    static func copy(
        _ source: Linux.Descriptor,
        named name: ByteString,
        to target: Linux.Descriptor,
        buffer: UnsafeMutableRawBufferPointer
    ) throws(LayersError) -> CopiedFile {
        do throws(SystemError) {
            var before = try source.status()
            guard before.kind == .file else { throw SystemError(code: EINVAL, call: "copy: no regular file") }
            for attempt in 1...3 {
                if attempt > 1 {
                    guard lseek(source.number, 0, SEEK_SET) == 0, lseek(target.number, 0, SEEK_SET) == 0,
                        ftruncate(target.number, 0) == 0
                    else { throw SystemError.last("seek") }
                }
                let (hash, size) = try copyOnce(source, status: before, to: target, buffer: buffer)
                let after = try source.status()
                let isSame =
                    size == after.size && before.size == after.size && before.modified == after.modified
                    && before.changed == after.changed
                if isSame { return CopiedFile(hash: hash, size: size, status: after) }
                before = after
            }
        } catch {
            throw .source(name, error)
        }
        throw .changedWhileRead(name)
    }

    private static func copyOnce(
        _ source: Linux.Descriptor,
        status: FileStatus,
        to target: Linux.Descriptor,
        buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> (hash: ContentHash, size: UInt64) {
        // A clone is hashed from the copy: the source may change between the two.
        if status.size >= cloneSize, target.clone(from: source) { return try hash(target, buffer: buffer) }
        if status.size > 1 << 16, status.blocks * 512 + 4096 < status.size {
            return try copySparse(source, size: status.size, to: target, buffer: buffer)
        }
        var hasher = ContentHasher()
        var size: UInt64 = 0
        while true {
            let count = try source.read(into: buffer)
            if count > 0 {
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                hasher.update(bytes)
                try target.write(bytes)
                size += UInt64(count)
            }
            // A regular file gives less than was asked for only at its end.
            if count < buffer.count { return (hasher.finalize(), size) }
        }
    }

    /// Copies the parts that have data and leaves the holes between them holes.
    private static func copySparse(
        _ source: Linux.Descriptor,
        size: UInt64,
        to target: Linux.Descriptor,
        buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> (hash: ContentHash, size: UInt64) {
        var hasher = ContentHasher()
        let end = Int64(size)
        var position: Int64 = 0
        while position < end {
            var data = Int64(lseek(source.number, Int(position), SEEK_DATA_VALUE))
            if data < 0 { data = errno == ENXIO ? end : position }
            data = min(max(data, position), end)
            hashZeros(data - position, into: &hasher, buffer: buffer)
            position = data
            guard position < end else { break }
            var hole = Int64(lseek(source.number, Int(position), SEEK_HOLE_VALUE))
            if hole <= position { hole = end }
            hole = min(hole, end)
            guard lseek(target.number, Int(position), SEEK_SET) >= 0 else { throw SystemError.last("seek") }
            while position < hole {
                let part = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<Int(min(Int64(buffer.count), hole - position))]
                )
                let count = try source.read(into: part, at: position)
                if count == 0 { return (hasher.finalize(), UInt64(position)) }
                let bytes = UnsafeRawBufferPointer(rebasing: part[..<count])
                hasher.update(bytes)
                try target.write(bytes)
                position += Int64(count)
            }
        }
        guard ftruncate(target.number, Int(end)) == 0 else { throw SystemError.last("truncate") }
        return (hasher.finalize(), size)
    }

    private static func hashZeros(
        _ count: Int64,
        into hasher: inout ContentHasher,
        buffer: UnsafeMutableRawBufferPointer
    ) {
        guard count > 0 else { return }
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(count, Int64(buffer.count)))])
        for index in part.indices { part[index] = 0 }
        var rest = count
        while rest > 0 {
            let bytes = Int(min(rest, Int64(part.count)))
            hasher.update(UnsafeRawBufferPointer(rebasing: part[..<bytes]))
            rest -= Int64(bytes)
        }
    }
}

// Of lseek(2), under _GNU_SOURCE.
private let SEEK_DATA_VALUE: CInt = 3
private let SEEK_HOLE_VALUE: CInt = 4
