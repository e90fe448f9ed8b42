internal import Glibc
internal import Linux
internal import OCI

/// Packs a piece of a tar so that the packed pieces, one after the other, are the packed tar.
///
/// One thread uses it at a time.
protocol MemberPacker: AnyObject {
    /// The bytes that a member of `count` plain bytes may need.
    func bound(_ count: Int) -> Int

    /// Packs the input; equal inputs give equal bytes, whoever packs them.
    ///
    /// `output`: at least ``bound(_:)`` of the input's size.
    /// Returns the bytes of the member; 0 where the library fails.
    func pack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int
}

/// Packs a stream of plain bytes on several threads and gives the packed bytes to a sink in their order.
///
/// The stream is cut into members where a file ends, once one has a quarter of the largest size, and at that size at the
/// latest. Where the cuts are depends on the plain bytes alone, so the result is the same for any number of threads. At
/// most two members a thread are in memory, or of large ones two more than threads.
final class MemberStream {
    /// The largest member, in plain bytes.
    private let memberSize: Int
    /// A file's end is a cut from this size on.
    private var smallestMember: Int { memberSize / 4 }

    /// One member on its way.
    private final class Member: @unchecked Sendable {
        // Unchecked: the stream fills it, then one packing thread has it, then the stream again.
        let input: UnsafeMutableRawBufferPointer
        let output: UnsafeMutableRawBufferPointer
        var count = 0
        var packed = 0
        var isPacked = false

        init(size: Int, bound: Int) {
            input = .allocate(byteCount: size, alignment: 4096)
            output = .allocate(byteCount: bound, alignment: 4096)
        }

        deinit {
            input.deallocate()
            output.deallocate()
        }
    }

    private struct Queue {
        var waiting: [Member] = []
        var isClosed = false
    }

    private let workers: Int
    private let packer: any MemberPacker
    private let makePacker: @Sendable () -> (any MemberPacker)?
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private let queue = Monitor(Queue())
    private var threads: [pthread_t] = []
    private var current: Member
    private var idle: [Member] = []
    /// Those that were handed over and not yet written, in order.
    private var underWay: [Member] = []
    private var blob = ContentHasher()
    private(set) var packedSize: Int64 = 0

    /// `makePacker`: makes one for each thread.
    ///
    /// - Returns: nil where there is no packer, as for a level that the library does not have.
    init?(
        memberSize: Int,
        workers: Int,
        sink: @escaping (UnsafeRawBufferPointer) throws -> Void,
        makePacker: @escaping @Sendable () -> (any MemberPacker)?
    ) {
        guard let packer = makePacker() else { return nil }
        self.memberSize = memberSize
        // Large members cost memory: as many threads as keep it within some 100 MB.
        self.workers = max(1, min(workers, memberSize > 1 << 20 ? (32 << 20) / memberSize : 16))
        self.packer = packer
        self.makePacker = makePacker
        self.sink = sink
        current = Member(size: memberSize, bound: packer.bound(memberSize))
    }

    deinit { stop() }

    /// Room for plain bytes, never empty; ``wrote(_:)`` says how many were put there.
    func room() throws -> UnsafeMutableRawBufferPointer {
        if current.count == memberSize { try hand() }
        return UnsafeMutableRawBufferPointer(rebasing: current.input[current.count...])
    }

    func wrote(_ count: Int) { current.count += count }

    /// A good place for a cut.
    func fileEnded() throws {
        if current.count >= smallestMember { try hand() }
    }

    /// Packs and writes what is left.
    ///
    /// - Returns: the digest of all that was given to the sink.
    func finish() throws -> ContentHash {
        if current.count > 0 { try hand() }
        while !underWay.isEmpty { try writeFirst() }
        stop()
        return blob.finalize()
    }

    // MARK: Members

    private func hand() throws {
        let member = current
        underWay.append(member)
        queue.change { $0.waiting.append(member) }
        // One member alone is packed by this thread: most layers are small.
        if threads.isEmpty && workers > 1 && underWay.count > 1 { startThreads() }
        let most = memberSize > 1 << 20 ? workers + 2 : workers * 2
        while underWay.count >= most || (threads.isEmpty && underWay.count > 1) { try writeFirst() }
        current = idle.popLast() ?? Member(size: memberSize, bound: packer.bound(memberSize))
    }

    /// Writes the first member that is under way; packs others while it is not ready.
    private func writeFirst() throws {
        let first = underWay[0]
        while true {
            let isReady = queue.wait { queue in
                if first.isPacked { return true }
                return queue.waiting.isEmpty ? nil : false
            }
            if isReady { break }
            if let member = queue.change({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) {
                pack(member, packer)
            }
        }
        underWay.removeFirst()
        guard first.packed > 0 else { throw LayersError.compressor("the library failed") }
        let bytes = UnsafeRawBufferPointer(rebasing: first.output[..<first.packed])
        blob.update(bytes)
        packedSize += Int64(bytes.count)
        try sink(bytes)
        first.count = 0
        first.isPacked = false
        idle.append(first)
    }

    private func pack(_ member: Member, _ packer: any MemberPacker) {
        MemberStream.pack(member, packer, queue)
    }

    private static func pack(_ member: Member, _ packer: any MemberPacker, _ queue: Monitor<Queue>) {
        let count = packer.pack(UnsafeRawBufferPointer(rebasing: member.input[..<member.count]), into: member.output)
        queue.change { _ in
            member.packed = count
            member.isPacked = true
        }
    }

    private func startThreads() {
        let (queue, makePacker) = (queue, makePacker)
        // This thread packs too, when it has nothing else to do.
        for _ in 1..<workers {
            let thread = try? PosixThread.start {
                guard let packer = makePacker() else { return }
                while true {
                    let member: Member? = queue.wait { queue in
                        if !queue.waiting.isEmpty { return .some(queue.waiting.removeFirst()) }
                        return queue.isClosed ? .some(nil) : nil
                    }
                    guard let member else { return }
                    MemberStream.pack(member, packer, queue)
                }
            }
            if let thread { threads.append(thread) }
        }
    }

    private func stop() {
        queue.change { queue in
            queue.isClosed = true
            queue.waiting.removeAll()
        }
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }
}
