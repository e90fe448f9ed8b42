internal import Glibc
internal import Linux

/// Gives the bytes of another source, which a thread of its own reads ahead: reading, unpacking and hashing go on while
/// this side writes files.
///
/// At most so many pieces of 256 KiB are in memory, by default four.
final class ReadAhead: ByteSource {
    /// A buffer with bytes in it.
    private final class Piece: @unchecked Sendable {
        // Unchecked: it belongs to the reading thread or to the taking one, never to both.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BufferPool.size, alignment: 4096)
        var count = 0

        deinit { buffer.deallocate() }
    }

    private struct Queue {
        var full: [Piece] = []
        var free: [Piece] = []
        var failure: (any Error)?
        var isAtEnd = false
        var isCancelled = false
    }

    /// Carries the source to the thread, which is the only one to use it until it has ended.
    private struct Carrier: @unchecked Sendable { let source: any ByteSource }

    private let queue = Monitor(Queue())
    private let source: any ByteSource
    private let pieces: Int
    private var thread: pthread_t?
    private var isStarted = false
    private var taken: Piece?

    init(_ source: any ByteSource, pieces: Int = 4) {
        self.source = source
        self.pieces = pieces
    }

    /// Reads from now on, whether or not somebody takes what was read.
    func begin() { if !isStarted { start() } }

    deinit { stop() }

    func next() throws -> UnsafeRawBufferPointer {
        if !isStarted { start() }
        // Without a thread to be had there is nothing to wait for.
        guard thread != nil else { return try source.next() }
        let last = taken
        taken = nil
        if let last { queue.change { $0.free.append(last) } }
        let result: Result<Piece?, any Error> = queue.wait { queue in
            if !queue.full.isEmpty { return .success(queue.full.removeFirst()) }
            if let failure = queue.failure { return .failure(failure) }
            return queue.isAtEnd ? .success(nil) : nil
        }
        taken = try result.get()
        guard let taken else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: taken.buffer[..<taken.count])
    }

    /// Reads to the end; the source may be used again then.
    func drain() throws {
        while try !next().isEmpty {}
        stop()
    }

    private func start() {
        isStarted = true
        let (queue, carrier) = (queue, Carrier(source: source))
        queue.change { $0.free = (0..<pieces).map { _ in Piece() } }
        thread = try? PosixThread.start {
            do { try ReadAhead.read(carrier.source, into: queue) } catch { queue.change { $0.failure = error } }
        }
    }

    private static func read(_ source: any ByteSource, into queue: Monitor<Queue>) throws {
        var current: Piece?
        while true {
            var bytes = try source.next()
            if bytes.isEmpty { break }
            while !bytes.isEmpty {
                if current == nil {
                    let free: Piece? = queue.wait { queue in
                        if queue.isCancelled { return .some(nil) }
                        return queue.free.isEmpty ? nil : .some(queue.free.removeLast())
                    }
                    guard let free else { return }
                    free.count = 0
                    current = free
                }
                guard let piece = current else { return }
                let count = min(bytes.count, piece.buffer.count - piece.count)
                UnsafeMutableRawBufferPointer(rebasing: piece.buffer[piece.count...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                piece.count += count
                bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
                if piece.count == piece.buffer.count {
                    queue.change { $0.full.append(piece) }
                    current = nil
                }
            }
        }
        let last = current
        queue.change { queue in
            if let last { queue.full.append(last) }
            queue.isAtEnd = true
        }
    }

    private func stop() {
        queue.change { $0.isCancelled = true }
        if let thread { pthread_join(thread, nil) }
        thread = nil
    }
}
