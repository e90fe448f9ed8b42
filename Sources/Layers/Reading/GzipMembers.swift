internal import CDeflate
internal import OCI

/// Unpacks gzip members (RFC 1952 §2.2) that are short enough to be unpacked in one go each, which takes a third of the
/// time of unpacking a stream.
///
/// Layers that are packed on several cores are many such members: ours, and those of pgzip and eStargz. A longer member
/// is left to whoever unpacks streams, from its start: ``rest``. One thread uses it.
final class GzipMembers {
    enum Step {
        /// The plain bytes of a member; valid until the next call.
        case plain(UnsafeRawBufferPointer)
        /// No member follows. What else follows is padding, of which nothing is made.
        case end
        /// The next member is too long, or cut, or no good.
        case left
    }

    /// Room for plain bytes: members of 4 MiB are the longest that packers on several cores make.
    private static let plainSize = 4 << 20 + 4096
    /// Room for packed bytes: a few members, since each time it is filled one is tried that is not whole yet.
    private static let packedSize = 3 << 20

    private let source: any ByteSource
    private let decompressor: OpaquePointer
    private let packed = UnsafeMutableRawBufferPointer.allocate(byteCount: packedSize, alignment: 4096)
    private let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: plainSize, alignment: 4096)
    /// Where the packed bytes are that were not unpacked yet.
    private var waiting = 0..<0
    private var isAtEnd = false
    private var isFirst = true

    /// - Returns: nil where the library has no memory.
    init?(_ source: any ByteSource) {
        guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
        self.decompressor = decompressor
        self.source = source
    }

    deinit {
        libdeflate_free_decompressor(decompressor)
        packed.deallocate()
        plain.deallocate()
    }

    /// Unpacks the next member.
    func next() throws -> Step {
        while true {
            if waiting.count < 18 { try fill() }
            guard isMember else { return isFirst ? .left : .end }
            var (used, made) = (0, 0)
            let input = UnsafeRawBufferPointer(rebasing: packed[waiting])
            let result = libdeflate_gzip_decompress_ex(
                decompressor,
                input.baseAddress,
                input.count,
                plain.baseAddress,
                plain.count,
                &used,
                &made
            )
            switch result {
            case LIBDEFLATE_SUCCESS:
                isFirst = false
                waiting = waiting.lowerBound + used..<waiting.upperBound
                if made > 0 { return .plain(UnsafeRawBufferPointer(rebasing: plain[..<made])) }
            case LIBDEFLATE_BAD_DATA where !isAtEnd && waiting.count <= packed.count - BufferPool.size:
                // It may be that its end has not been read yet.
                try fill()
            default: return .left
            }
        }
    }

    /// What was not unpacked, and all that comes after it.
    var rest: any ByteSource { Rest(self) }

    private var isMember: Bool {
        waiting.count >= 18 && packed[waiting.lowerBound] == 0x1F && packed[waiting.lowerBound + 1] == 0x8B
    }

    /// Reads as much as there is room for.
    private func fill() throws {
        if waiting.lowerBound > 0 {
            packed.copyMemory(from: UnsafeRawBufferPointer(rebasing: packed[waiting]))
            waiting = 0..<waiting.count
        }
        while !isAtEnd, packed.count - waiting.upperBound >= BufferPool.size {
            let piece = try source.next()
            isAtEnd = piece.isEmpty
            UnsafeMutableRawBufferPointer(rebasing: packed[waiting.upperBound...]).copyMemory(from: piece)
            waiting = 0..<waiting.upperBound + piece.count
        }
    }

    private final class Rest: ByteSource {
        private let members: GzipMembers
        private var isTaken = false

        init(_ members: GzipMembers) { self.members = members }

        func next() throws -> UnsafeRawBufferPointer {
            if !isTaken, !members.waiting.isEmpty {
                isTaken = true
                return UnsafeRawBufferPointer(rebasing: members.packed[members.waiting])
            }
            isTaken = true
            return members.isAtEnd ? UnsafeRawBufferPointer(start: nil, count: 0) : try members.source.next()
        }
    }
}
