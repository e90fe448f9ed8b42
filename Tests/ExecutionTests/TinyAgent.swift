import Bytes
import Glibc
import Linux
import Synchronization

/// An agent that answers each request with its type and its length, and remembers what it was asked.
final class TinyAgent: Sendable {
    private final class Requests: Sendable {
        let all = Mutex<[[UInt8]]>([])
    }

    private let requests = Requests()
    private let stop: Interruption
    private let thread: Mutex<JoinedThread?>

    /// `answer`: what is sent back for a request's bytes, frame included; nil hangs up.
    init(
        at name: ByteString,
        in directory: Directory,
        answer: @escaping @Sendable ([UInt8]) -> [UInt8]? = {
            frame([$0[0] + 100, UInt8(truncatingIfNeeded: $0.count)])
        }
    ) throws {
        let listener = try LocalSocket.listening(at: name, in: directory)
        let stop = try Interruption()
        let requests = requests
        self.stop = stop
        thread = Mutex(
            try JoinedThread {
                var open: [LocalSocket] = []
                while true {
                    var polled = ([stop.number, listener.descriptor.number] + open.map(\.descriptor.number)).map {
                        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
                    }
                    poll(&polled, nfds_t(polled.count), -1)
                    if polled[0].revents != 0 { return }
                    for index in open.indices.reversed() where polled[index + 2].revents != 0 {
                        guard let request = receiveFrame(from: open[index]) else {
                            open.remove(at: index)
                            continue
                        }
                        requests.all.withLock { $0.append(request) }
                        if let reply = answer(request) {
                            sendAll(reply, to: open[index])
                        } else {
                            open.remove(at: index)
                        }
                    }
                    if polled[1].revents != 0, let new = try? listener.accept() { open.append(new) }
                }
            }
        )
    }

    /// What came in so far.
    var asked: [[UInt8]] { requests.all.withLock { $0 } }

    deinit { stop.raise() }
}

/// A message of the agents' protocol: four bytes of length, then the content.
func frame(_ content: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(content.count).bigEndian) { Array($0) } + content
}

/// The content of the next message; nil at the end of the connection.
func receiveFrame(from socket: LocalSocket) -> [UInt8]? {
    var bytes: [UInt8] = []
    while true {
        let length = bytes.count < 4 ? 0 : bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
        let missing = bytes.count < 4 ? 4 - bytes.count : 4 + length - bytes.count
        if missing == 0 { return Array(bytes[4...]) }
        switch socket.receive(missing, into: &bytes) {
        case .moved: continue
        case .ended: return nil
        case .wouldBlock: wait(for: POLLIN, on: socket)
        }
    }
}

/// - Returns: false if the other side is gone.
@discardableResult
func sendAll(_ bytes: [UInt8], to socket: LocalSocket) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        switch socket.send(rest) {
        case .moved(let count): rest = rest.dropFirst(count)
        case .ended: return false
        case .wouldBlock: wait(for: POLLOUT, on: socket)
        }
    }
    return true
}

private func wait(for event: Int32, on socket: LocalSocket) {
    var entry = pollfd(fd: socket.descriptor.number, events: Int16(event), revents: 0)
    poll(&entry, 1, -1)
}
