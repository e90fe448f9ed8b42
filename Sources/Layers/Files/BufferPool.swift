internal import Synchronization

/// Buffers that are used again and again: a fresh one of this size costs more in page faults than a small file's copy.
final class BufferPool: Sendable {
    /// Bytes of each buffer; small enough that what was read is still in the processor's cache when it is hashed.
    static let size = 256 << 10

    private struct Idle: @unchecked Sendable {
        // Unchecked: a buffer in the list belongs to nobody else.
        var buffers: [UnsafeMutableRawBufferPointer] = []
    }

    private let idle = Mutex(Idle())

    /// Runs `body` with a buffer that nobody else uses meanwhile.
    func withBuffer<Value, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let buffer =
            idle.withLock { $0.buffers.popLast().map(Loan.init) }?.buffer
            ?? .allocate(byteCount: BufferPool.size, alignment: 4096)
        defer {
            let loan = Loan(buffer: buffer)
            idle.withLock { $0.buffers.append(loan.buffer) }
        }
        return try body(buffer)
    }

    private struct Loan: @unchecked Sendable {
        // Unchecked: it only carries a buffer out of the list or into it.
        let buffer: UnsafeMutableRawBufferPointer
    }

    deinit {
        idle.withLock { idle in
            for buffer in idle.buffers { buffer.deallocate() }
        }
    }
}
