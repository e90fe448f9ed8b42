package import Bytes
internal import CLinux
internal import Glibc

/// A stream socket of this machine (AF_UNIX), as a descriptor that never blocks.
package struct LocalSocket: Sendable {
    /// For poll(2).
    package let descriptor: Descriptor

    private init(_ number: CInt, _ call: String, _ path: ByteString = "") throws(SystemError) {
        guard number >= 0 else { throw SystemError.last(call, path) }
        descriptor = Descriptor(owning: number)
    }

    /// Waits for connections at `name`, a file that is made in `directory`.
    ///
    /// The file stays when the socket is closed.
    package static func listening(at name: ByteString, in directory: Directory) throws(SystemError) -> LocalSocket {
        try Directory.checkName(name)
        return try LocalSocket(try name.withCPath { sbi_listen(directory.number, $0) }, "listen", name)
    }

    /// Connects to the socket at a path of the host, which may have 107 bytes.
    package static func connected(to path: ByteString) throws(SystemError) -> LocalSocket {
        try LocalSocket(try path.withCPath { sbi_connect($0) }, "connect", path)
    }

    /// A connection that waits.
    ///
    /// - Throws: `SystemError` with EAGAIN when none does.
    package func accept() throws(SystemError) -> LocalSocket {
        try LocalSocket(sbi_accept(descriptor.number), "accept")
    }

    /// What came of a call that does not wait.
    package enum Transfer: Sendable, Hashable {
        /// So many bytes went through.
        case moved(Int)
        /// Nothing for now: poll.
        case wouldBlock
        /// The other side is gone.
        case ended
    }

    /// Appends up to `count` bytes that have come in.
    package func receive(_ count: Int, into bytes: inout [UInt8]) -> Transfer {
        let received = withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { buffer in
            var result: Int
            repeat { result = read(descriptor.number, buffer.baseAddress, count) } while result < 0 && errno == EINTR
            if result > 0 { bytes += buffer[..<result] }
            return result
        }
        if received < 0 { return errno == EAGAIN ? .wouldBlock : .ended }
        return received == 0 ? .ended : .moved(received)
    }

    /// Sends what it can of `bytes`.
    package func send(_ bytes: ArraySlice<UInt8>) -> Transfer {
        let sent = bytes.withUnsafeBytes { sbi_send(descriptor.number, $0.baseAddress, $0.count) }
        if sent < 0 { return errno == EAGAIN ? .wouldBlock : .ended }
        return .moved(sent)
    }
}
