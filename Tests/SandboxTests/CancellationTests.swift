import Bytes
import Glibc
import Linux
import Sandbox
import Synchronization
import Testing

@Suite("Cancelling a step", .enabled(if: canRunSteps), .timeLimit(.minutes(20)))
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
        #expect(throws: SandboxError.cancelled) {
            try Isolation.namespaces.run(step, cancellation: cancellation) { _, _ in
                // All three: the shell's children may have their program a moment later.
                while (try? processes(with: seconds).count) ?? 0 < 3 { sched_yield() }
                cancellation.cancel()
            }
        }
        #expect(try processes(with: seconds).isEmpty)
    }

    @Test("before it starts, starts nothing")
    func before() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        let process = ProcessSpec(arguments: ["/bin/touch", "/made"])
        let (mount, upper) = try root.newRoot()
        #expect(throws: SandboxError.cancelled) {
            try root.run(Step(root: mount, process: process), cancellation: cancellation)
        }
        #expect(try upper.names() == [])
    }

    @Test("after its end changes nothing")
    func after() throws {
        let cancellation = Cancellation()
        #expect(try root.run(ProcessSpec(arguments: ["/bin/true"]), cancellation: cancellation).status == .exited(0))
        cancellation.cancel()
        #expect(cancellation.isCancelled)
    }

    @Test("is not needed when the engine is killed: the step dies with it, even one that has changed its user")
    func killedEngine() async throws {
        let path = root.hostPath
        let seconds = "\(400_000 + getpid())"
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, seconds = seconds as String] in
            let place = try Directory.open(hostPath: ByteString(path))
            try place.makeDirectory("upper", mode: 0o755)
            try place.makeDirectory("work", mode: 0o700)
            let mount = try DetachedMount.overlay(
                lowers: [try place.child("base")],
                upper: try place.child("upper"),
                work: try place.child("work")
            )
            let script = "setsid sleep \(seconds) & exec su user -c 'echo ready; exec sleep \(seconds)'"
            let process = ProcessSpec(arguments: ["/bin/sh", "-c", ByteString(script)], environment: ["PATH=/bin"])
            _ = try Isolation.namespaces.run(Step(root: mount, process: process)) { _, _ in
                while (try? processes(with: seconds).count) ?? 0 < 2 { sched_yield() }
                kill(getpid(), SIGKILL)
            }
        }
        // The kernel ends them just after the engine; the time limit of the suite is the bound.
        while try !processes(with: seconds).isEmpty { sched_yield() }
    }
}
