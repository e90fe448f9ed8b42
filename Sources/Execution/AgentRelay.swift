internal import Bytes
internal import Glibc
internal import Linux

/// Leads what a step says to its sockets of agents on to those agents, as far as it may.
///
/// One thread does it, which ends with this object, as all connections do.
final class AgentRelay {
    /// A socket of a step, and the path of the agent behind it.
    struct Door: Sendable {
        let listener: LocalSocket
        let agent: ByteString
    }

    private let stop: Interruption
    // Waited for when this goes: after `deinit` has told it to end.
    private let thread: JoinedThread

    /// The most connections at a time; further ones wait.
    static let maximumConversations = 64

    /// - Throws: `SystemError` when it cannot be started.
    init(_ doors: [Door]) throws(SystemError) {
        let stop = try Interruption()
        self.stop = stop
        thread = try JoinedThread { AgentRelay.serve(doors, until: stop) }
    }

    deinit { stop.raise() }

    private static func serve(_ doors: [Door], until stop: Interruption) {
        var conversations: [AgentConversation] = []
        var closed: Set<Int> = []
        while true {
            var polled = [pollfd(fd: stop.number, events: Int16(POLLIN), revents: 0)]
            let isFull = conversations.count >= maximumConversations
            for (index, door) in doors.enumerated() {
                let isOpen = !isFull && !closed.contains(index)
                let number = isOpen ? door.listener.descriptor.number : -1
                polled.append(pollfd(fd: number, events: Int16(POLLIN), revents: 0))
            }
            for conversation in conversations { polled += conversation.polled }
            guard poll(&polled, nfds_t(polled.count), -1) >= 0 else {
                if errno == EINTR { continue }
                return
            }
            if polled[0].revents != 0 { return }
            let first = 1 + doors.count
            for index in conversations.indices {
                let place = first + 2 * index
                conversations[index].advance(step: polled[place].revents, agent: polled[place + 1].revents)
            }
            conversations.removeAll(where: \.isOver)
            for (index, door) in doors.enumerated() where polled[1 + index].revents != 0 {
                do throws(SystemError) {
                    conversations.append(AgentConversation(try door.listener.accept(), agentAt: door.agent))
                } catch {
                    // Such as too many open files: asked again at once it would fail again at once.
                    if error.code != EAGAIN, error.code != ECONNABORTED { closed.insert(index) }
                }
            }
        }
    }
}
