internal import Bytes
internal import Glibc
internal import Linux

/// One connection of a step to an agent: requests are read whole, those that a step may make are handed on, the others
/// are answered here.
///
/// A message is its length, four bytes big-endian, and as many bytes, of which the first is its type
/// (draft-ietf-sshm-ssh-agent). One request is under way at a time; what the step sends meanwhile waits in the kernel.
struct AgentConversation {
    private enum Phase {
        case readingRequest, sendingRequest, readingReply, sendingReply
    }

    private let step: LocalSocket
    private let path: ByteString
    private var agent: LocalSocket?
    private var phase = Phase.readingRequest
    private var message: [UInt8] = []
    private var sentCount = 0

    /// Whether it has ended and can be dropped.
    private(set) var isOver = false

    /// `step`: the step's end; `path`: where the agent listens.
    init(_ step: LocalSocket, agentAt path: ByteString) {
        self.step = step
        self.path = path
    }

    /// What a message may have, as in OpenSSH.
    static let maximumLength = 256 << 10

    /// The types of requests that a step may make: SSH_AGENTC_REQUEST_IDENTITIES and SSH_AGENTC_SIGN_REQUEST.
    ///
    /// All others change the agent, or ask for what is no key.
    static let allowedTypes: Set<UInt8> = [11, 13]

    /// SSH_AGENT_FAILURE.
    static let refusal: [UInt8] = [0, 0, 0, 1, 5]

    /// What is waited for: the step's end first.
    ///
    /// A step that goes away is noticed whatever is waited for.
    var polled: [pollfd] {
        var result = [
            pollfd(fd: step.descriptor.number, events: 0, revents: 0),
            pollfd(fd: agent?.descriptor.number ?? -1, events: 0, revents: 0),
        ]
        switch phase {
        case .readingRequest:
            result[0].events = Int16(POLLIN)
            // An agent that is not asked is not listened to.
            result[1].fd = -1
        case .sendingRequest: result[1].events = Int16(POLLOUT)
        case .readingReply: result[1].events = Int16(POLLIN)
        case .sendingReply:
            result[0].events = Int16(POLLOUT)
            result[1].fd = -1
        }
        return result
    }

    /// Goes on with what poll(2) told of ``polled``.
    mutating func advance(step stepEvents: Int16, agent agentEvents: Int16) {
        switch phase {
        case .readingRequest: if stepEvents != 0, let message = receive(from: step) { take(request: message) }
        case .sendingReply: if stepEvents != 0 { send(to: step, then: .readingRequest) }
        case .sendingRequest, .readingReply:
            if stepEvents != 0 {
                isOver = true
            } else if agentEvents != 0, let agent {
                if phase == .sendingRequest {
                    send(to: agent, then: .readingReply)
                } else if receive(from: agent) != nil {
                    begin(.sendingReply)
                }
            }
        }
    }

    private mutating func take(request: [UInt8]) {
        guard AgentConversation.allowedTypes.contains(request[4]) else { return refuse() }
        if agent == nil { agent = try? LocalSocket.connected(to: path) }
        if agent == nil { refuse() } else { begin(.sendingRequest) }
    }

    /// Answers that it cannot be done.
    private mutating func refuse() {
        message = AgentConversation.refusal
        begin(.sendingReply)
    }

    private mutating func begin(_ next: Phase) {
        phase = next
        sentCount = 0
        if next == .readingRequest || next == .readingReply { message = [] }
    }

    /// Reads on, never beyond the message.
    ///
    /// - Returns: the message once it is whole.
    private mutating func receive(from source: LocalSocket) -> [UInt8]? {
        while true {
            var missing = 4 - message.count
            if missing <= 0 {
                let length = message[..<4].reduce(0) { $0 << 8 | Int($1) }
                guard (1...AgentConversation.maximumLength).contains(length) else {
                    fail(source)
                    return nil
                }
                missing = 4 + length - message.count
            }
            if missing == 0 { return message }
            switch source.receive(min(missing, 16 << 10), into: &message) {
            case .moved: continue
            case .wouldBlock: return nil
            case .ended:
                fail(source)
                return nil
            }
        }
    }

    private mutating func send(to target: LocalSocket, then next: Phase) {
        while sentCount < message.count {
            switch target.send(message[sentCount...]) {
            case .moved(let count): sentCount += count
            case .wouldBlock: return
            case .ended: return fail(target)
            }
        }
        begin(next)
    }

    /// A step that is gone or says nonsense has no more answers to get; without its agent it gets one.
    private mutating func fail(_ side: LocalSocket) {
        if side.descriptor === step.descriptor {
            isOver = true
        } else {
            agent = nil
            refuse()
        }
    }
}
