internal import CLinux
internal import Glibc

/// Wakes a thread that waits in `poll(2)`, from any other thread: what a task's cancellation handler calls.
///
/// It is a pipe that becomes readable once and stays so.
package final class Interruption: Sendable {
    private let reader: Descriptor
    private let writer: Descriptor

    package init() throws(SystemError) { (reader, writer) = try Descriptor.pipe() }

    /// The descriptor that becomes readable.
    package var number: CInt { reader.number }

    /// From now on every wait for ``number`` ends at once.
    package func raise() { try? writer.write([1]) }
}

extension Descriptor {
    /// Both ends of a new pipe, which no child inherits.
    ///
    /// Their numbers are above those of the standard streams, so that a child's can be laid over them in any order.
    static func pipe() throws(SystemError) -> (reader: Descriptor, writer: Descriptor) {
        var reader: CInt = -1
        var writer: CInt = -1
        guard sbi_pipe(&reader, &writer, 0) == 0 else { throw SystemError.last("pipe2") }
        let ends = (reader: Descriptor(owning: reader), writer: Descriptor(owning: writer))
        if min(reader, writer) > 2 { return ends }
        return (try ends.reader.duplicate(), try ends.writer.duplicate())
    }

    /// From now on reading and writing fail with EAGAIN where they would wait.
    func setNonblocking() throws(SystemError) {
        let flags = try retrying("fcntl") { fcntl(number, F_GETFL) }
        try retrying("fcntl") { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
    }
}
