internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Trees

extension UpperWriter {
    /// Takes the content of a file that comes in pieces, in order, with holes between them.
    struct ContentSink: ~Copyable {
        fileprivate let file: Linux.Descriptor
        fileprivate let limit: UInt64
        fileprivate var hasher = ContentHasher()
        fileprivate var size: UInt64 = 0
        fileprivate var failure: SystemError?

        private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

        /// Writes a piece at an offset that is not before the end of the last one.
        mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws {
            guard offset >= size, offset <= limit, UInt64(bytes.count) <= limit - offset else {
                throw LayersError.malformedArchive("a part of a file lies outside of it or over another")
            }
            try skip(to: offset)
            try file.write(bytes)
            hasher.update(bytes)
            size += UInt64(bytes.count)
        }

        /// Leaves a hole, which reads as zeros.
        fileprivate mutating func skip(to offset: UInt64) throws(SystemError) {
            guard offset > size else { return }
            var rest = offset - size
            while rest > 0 {
                let count = Int(min(rest, UInt64(ContentSink.zeros.count)))
                ContentSink.zeros.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                rest -= UInt64(count)
            }
            guard lseek(file.number, Int(offset), SEEK_SET) >= 0 else { throw SystemError.last("seek") }
            size = offset
        }
    }

    /// Makes a file of `size` bytes whose content `body` writes; what it leaves out at the end is zeros.
    func file(
        _ path: TreePath,
        _ attributes: Attributes,
        modified: FileTime?,
        size: UInt64,
        _ body: (inout ContentSink) throws -> Void
    ) throws {
        let place = try place(path)
        let file = try create(place, mode: attributes.mode)
        var sink = ContentSink(file: file, limit: size)
        do {
            try body(&sink)
            if sink.size < size {
                try sink.skip(to: size)
                guard ftruncate(file.number, Int(size)) == 0 else { throw SystemError.last("truncate") }
            }
        } catch let error as SystemError { throw LayersError.file(path, error) }
        try finish(place, .file(sink.hasher.finalize(), size: size), attributes, modified: modified)
    }
}
