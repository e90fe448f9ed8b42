import Bytes
import Glibc
import Linux
import Sandbox
import Synchronization
import Testing

@Suite("Cancelling a step", .enabled(if: canRunSteps), .timeLimit(.minutes(1)))
struct CancellationTests {
    let root: BusyboxRoot

    init() throws { root = try BusyboxRoot() }

    @Test("ends all its processes, daemons too", arguments: [UInt32(0), 1000])
    func killsDescendants(uid: UInt32) throws {
        let cancellation = Cancellation()
        let seconds = "\(200_000 + getpid())\(uid)"
        let script = "setsid sleep \(seconds) & sleep \(seconds) & echo ready; exec sleep \(seconds)"
        var process = ProcessSpec(arguments: ["/bin/sh", "-c", ByteString(script)], environment: ["PATH=/bin"])
        process.user = UserIdentity(uid: uid, gid: uid)
        let step = Step(root: try root.newRoot().mount, process: process)
        var found = 0
        #expect(throws: SandboxError.cancelled) {
            try Isolation.namespaces.run(step, cancellation: cancellation) { _, _ in
                found = (try? processes(with: seconds)) ?? 0
                cancellation.cancel()
            }
        }
        #expect(found > 0)
        #expect(try processes(with: seconds) == 0)
    }

    @Test("before it starts, starts nothing")
    func before() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        let process = ProcessSpec(arguments: ["/bin/touch", "/made"])
        let (mount, upper) = try root.newRoot()
        #expect(throws: SandboxError.cancelled) { try root.run(Step(root: mount, process: process), cancellation: cancellation) }
        #expect(try upper.names() == [])
    }

    @Test("after its end changes nothing")
    func after() throws {
        let cancellation = Cancellation()
        #expect(try root.run(ProcessSpec(arguments: ["/bin/true"]), cancellation: cancellation).status == .exited(0))
        cancellation.cancel()
        #expect(cancellation.isCancelled)
    }

    /// How many processes of the host have the word among their arguments.
    private func processes(with word: String) throws -> Int {
        let table = try Directory.open(hostPath: "/proc")
        var count = 0
        for name in try table.names() where name.bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let file = try? table.openBeneath(name + "/cmdline", flags: O_RDONLY) else { continue }
            let text = String(decoding: (try? file.readAll(limit: 1 << 16)) ?? [], as: UTF8.self)
            if text.split(separator: "\0").contains(where: { $0 == word }) { count += 1 }
        }
        return count
    }
}
