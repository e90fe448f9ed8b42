package import Bytes
internal import Glibc

/// An open file descriptor that many may hold and that closes itself with its last holder.
package final class Descriptor: Sendable {
    /// The number; valid while this object lives.
    package let number: CInt

    /// Takes over `number`; nobody else may close it.
    package init(owning number: CInt) { self.number = number }

    deinit { close(number) }

    /// Reads up to `buffer.count` bytes at the descriptor's offset.
    ///
    /// Calls `read(2)`; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try retrying("read") { Glibc.read(number, buffer.baseAddress, buffer.count) }
    }

    /// Reads at an offset of its own.
    ///
    /// Calls `pread(2)`; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        try retrying("pread") { pread(number, buffer.baseAddress, buffer.count, Int(offset)) }
    }

    /// Writes all of `bytes`.
    ///
    /// Calls `write(2)` as often as it takes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let written = try retrying("write") { Glibc.write(number, rest.baseAddress, rest.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    package func write(_ bytes: [UInt8]) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { raw in
            do throws(SystemError) { try write(raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Throws away all that is in the file; what is written next is at its start.
    ///
    /// Calls `ftruncate(2)` and `lseek(2)`.
    package func truncate() throws(SystemError) {
        _ = try retrying("ftruncate") { Int(ftruncate(number, 0)) }
        _ = try retrying("lseek") { Int(lseek(number, 0, SEEK_SET)) }
    }

    /// Everything from the descriptor's offset to the end.
    ///
    /// - Throws: `SystemError` with EFBIG when there are more than `limit` bytes.
    package func readAll(limit: Int) throws(SystemError) -> [UInt8] {
        var result: [UInt8] = []
        let size = min((try? status().size).map(Int.init) ?? 0, limit) + 1
        var chunk = [UInt8](repeating: 0, count: max(min(size, 1 << 20), 4096))
        while true {
            var failure: SystemError?
            var count = 0
            chunk.withUnsafeMutableBytes { raw in
                do throws(SystemError) { count = try read(into: raw) } catch { failure = error }
            }
            if let failure { throw failure }
            if count == 0 { return result }
            guard result.count + count <= limit else { throw SystemError(code: EFBIG, call: "read") }
            result += chunk[..<count]
        }
    }

    package func duplicate() throws(SystemError) -> Descriptor {
        try Descriptor.duplicate(of: number)
    }
}

extension Descriptor {
    /// Opens a file that the user named on the command line, for reading; links are followed, a fifo is waited for.
    package static func open(hostPath path: ByteString) throws(SystemError) -> Descriptor {
        let number = try path.withCPath { path in
            var result: CInt
            repeat { result = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) } while result < 0 && errno == EINTR
            return result
        }
        guard number >= 0 else { throw SystemError.last("open", path) }
        return Descriptor(owning: number)
    }

    /// The process's own standard input, under a number of its own.
    package static func standardInput() throws(SystemError) -> Descriptor { try duplicate(of: 0) }

    /// The process's own standard output, under a number of its own.
    package static func standardOutput() throws(SystemError) -> Descriptor { try duplicate(of: 1) }

    private static func duplicate(of number: CInt) throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("dup") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    /// Hands over everything from the descriptor's offset to the end, by pieces of up to 1 MiB.
    package func readChunks(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
