import Bytes
import Glibc
import Linux
import Testing

@testable import Execution

@Suite("What a step may say to an agent", .timeLimit(.minutes(20)))
struct AgentRelayTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private var agentPath: ByteString { scratch.path + "/agent" }

    private func agent() throws -> TinyAgent { try TinyAgent(at: "agent", in: scratch.directory) }

    private func relay() throws -> AgentRelay {
        let listener = try LocalSocket.listening(at: "door", in: scratch.directory)
        return try AgentRelay([AgentRelay.Door(listener: listener, agent: agentPath)])
    }

    private func connect() throws -> LocalSocket { try LocalSocket.connected(to: scratch.path + "/door") }

    private func ask(_ request: [UInt8], _ socket: LocalSocket) -> [UInt8]? {
        sendAll(frame(request), to: socket) ? receiveFrame(from: socket) : nil
    }

    @Test("listing and signing reach the agent whole, and its answers the step")
    func allowed() throws {
        let (agent, relay) = (try agent(), try relay())
        let socket = try connect()
        let signing = [13] + [UInt8](repeating: 7, count: 200_000)
        #expect(ask([11], socket) == [111, 1])
        #expect(ask(signing, socket) == [113, UInt8(truncatingIfNeeded: signing.count)])
        #expect(ask([11, 9], socket) == [111, 2])
        #expect(agent.asked == [[11], signing, [11, 9]])
        withExtendedLifetime(relay) {}
    }

    @Test("everything else is answered with a failure and never reaches the agent")
    func refused() throws {
        let (agent, relay) = (try agent(), try relay())
        let socket = try connect()
        for type in UInt8.min ... .max where type != 11 && type != 13 {
            #expect(ask([type, 1, 2, 3], socket) == [5], "\(type)")
        }
        #expect(ask([11], socket) == [111, 1], "the connection goes on")
        #expect(agent.asked == [[11]])
        withExtendedLifetime(relay) {}
    }

    @Test("requests that are sent at once, or byte by byte, are answered in order")
    func pieces() throws {
        let (agent, relay) = (try agent(), try relay())
        let socket = try connect()
        sendAll(frame([11]) + frame([25]) + frame([13, 1]), to: socket)
        #expect(receiveFrame(from: socket) == [111, 1])
        #expect(receiveFrame(from: socket) == [5])
        #expect(receiveFrame(from: socket) == [113, 2])
        for byte in frame([11, 1, 2]) { sendAll([byte], to: socket) }
        #expect(receiveFrame(from: socket) == [111, 3])
        withExtendedLifetime((agent, relay)) {}
    }

    @Test(
        "an empty message or one over the limit ends the connection",
        arguments: [0, 256 << 10 + 1, .max] as [UInt32]
    )
    func hostileLength(_ length: UInt32) throws {
        let (agent, relay) = (try agent(), try relay())
        let socket = try connect()
        sendAll(withUnsafeBytes(of: length.bigEndian) { Array($0) }, to: socket)
        #expect(receiveFrame(from: socket) == nil)
        #expect(ask([11], try connect()) == [111, 1], "others go on")
        withExtendedLifetime((agent, relay)) {}
    }

    @Test("without its agent a step gets failures; one that is back is asked again")
    func agentGone() throws {
        let relay = try relay()
        let socket = try connect()
        #expect(ask([11], socket) == [5])
        do {
            let agent = try agent()
            #expect(ask([11], socket) == [111, 1])
            withExtendedLifetime(agent) {}
        }
        #expect(ask([11], socket) == [5])
        try scratch.directory.removeFile("agent")
        let agent = try agent()
        #expect(ask([11], socket) == [111, 1])
        withExtendedLifetime((agent, relay)) {}
    }

    @Test(
        "an agent that hangs up or answers nonsense is told as a failure",
        arguments: [nil, [0, 0, 0, 0]] as [[UInt8]?]
    )
    func badAnswers(_ answer: [UInt8]?) throws {
        let agent = try TinyAgent(at: "agent", in: scratch.directory) { _ in answer }
        let relay = try relay()
        #expect(ask([11], try connect()) == [5])
        withExtendedLifetime((agent, relay)) {}
    }

    @Test("more connections than are served at a time wait for their turn")
    func manyConnections() throws {
        let (agent, relay) = (try agent(), try relay())
        var open: [LocalSocket] = []
        for _ in 0..<AgentRelay.maximumConversations {
            let socket = try connect()
            #expect(ask([11], socket) == [111, 1])
            open.append(socket)
        }
        let late = try connect()
        sendAll(frame([13]), to: late)
        var entry = pollfd(fd: late.descriptor.number, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 0) == 0)
        open.removeFirst()
        #expect(receiveFrame(from: late) == [113, 1])
        withExtendedLifetime((agent, relay, open)) {}
    }

    @Test("when the relay goes, all its connections have ended")
    func end() throws {
        let agent = try agent()
        var relay: AgentRelay? = try relay()
        let (idle, busy) = (try connect(), try connect())
        #expect(ask([11], busy) == [111, 1])
        sendAll([0, 0], to: busy)
        #expect(relay != nil)
        relay = nil
        #expect(receiveFrame(from: idle) == nil)
        #expect(receiveFrame(from: busy) == nil)
        #expect(throws: SystemError.self) { try connect() }
        withExtendedLifetime(agent) {}
    }
}
