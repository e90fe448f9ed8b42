import Bytes
import Glibc
import Linux
import Sandbox
import Testing

@Suite("A step without a sandbox", .enabled(if: canRunSteps), .timeLimit(.minutes(20)))
struct InsecureTests {
    let root: BusyboxRoot

    init() throws { root = try BusyboxRoot() }

    private func shell(_ script: String, user: UserIdentity = .root) throws -> Outcome {
        var process = ProcessSpec(arguments: ["/bin/sh", "-c", ByteString(script)])
        process.environment = ["PATH=/bin"]
        process.user = user
        let upper = try root.makeDirectory(ByteString("upper-\(UInt32.random(in: 0 ... .max))"), mode: 0o755)
        let work = try root.makeDirectory(ByteString("work-\(UInt32.random(in: 0 ... .max))"), mode: 0o700)
        let mount = try DetachedMount.overlay(lowers: [try root.base], upper: upper, work: work, security: .insecure)
        return try root.run(Step(root: mount, process: process, network: .none, security: .insecure))
    }

    /// The capabilities that this process has, as /proc tells them.
    private func ownCapabilities() throws -> String {
        let file = try Directory.open(hostPath: "/proc/self").open("status", flags: O_RDONLY)
        let lines = String(decoding: try file.readAll(limit: 1 << 16), as: UTF8.self).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("CapPrm:") })
        return String(line.dropFirst("CapPrm:\t".count))
    }

    @Test("has all capabilities that the engine has, whoever runs it", arguments: [UInt32(0), 1000])
    func capabilities(uid: UInt32) throws {
        let outcome = try shell(
            "grep -e ^Cap -e ^NoNewPrivs /proc/self/status; id -u",
            user: UserIdentity(uid: uid, gid: uid)
        )
        let all = try ownCapabilities()
        #expect(
            outcome.output == """
                CapInh:\t\(all)
                CapPrm:\t\(all)
                CapEff:\t\(all)
                CapBnd:\t\(all)
                CapAmb:\t\(all)
                NoNewPrivs:\t0
                \(uid)

                """
        )
    }

    @Test("finds nothing of /proc and /sys hidden or read-only, and can mount")
    func kernelFiles() throws {
        let outcome = try shell(
            """
            grep -c -e ' /proc/' -e ' /sys/devices' -e ' /sys/firmware' /proc/self/mounts
            grep -e ' /sys ' -e ' /sys/fs/cgroup cgroup2' /proc/self/mounts | grep -c ' ro,'
            echo inside > /proc/sys/kernel/hostname && hostname
            mount -t tmpfs none /tmp && touch /tmp/x && echo mounted
            """
        )
        #expect(outcome.output == "0\n0\ninside\nmounted\n", "\(outcome.error)")
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count)
        #expect(String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) != "inside")
    }

    @Test("finds the devices that BuildKit gives, and those that it makes work, in /dev and in the root")
    func devices() throws {
        let outcome = try shell(
            """
            stat -c '%n %F %t %T %a' /dev/kmsg /dev/fuse /dev/net/tun /dev/loop-control /dev/loop7
            for d in /dev /tmp; do mknod $d/zero2 c 1 5 && head -c 3 $d/zero2 | wc -c; done
            """
        )
        #expect(
            outcome.output == """
                /dev/kmsg character special file 1 b 666
                /dev/fuse character special file a e5 666
                /dev/net/tun character special file a c8 666
                /dev/loop-control character special file a ed 666
                /dev/loop7 block special file 7 7 666
                3
                3

                """,
            "\(outcome.error)"
        )
    }

    @Test("is in namespaces of its own all the same", arguments: ["mnt", "pid", "ipc", "uts", "cgroup", "net"])
    func namespaces(kind: String) throws {
        let own = try Directory.open(hostPath: "/proc/self/ns").linkTarget(ByteString(kind))
        let outcome = try shell("readlink /proc/self/ns/\(kind)")
        #expect(outcome.output.hasPrefix("\(kind):["))
        #expect(outcome.output != own.text + "\n")
    }

    @Test("leaves nothing running")
    func processes() throws {
        let word = "insecure-\(UInt32.random(in: 0 ... .max))"
        let outcome = try shell("setsid sh -c 'sleep 1000 # \(word)' \(word) & true")
        #expect(outcome.status == .exited(0))
        #expect(try SandboxTests.processes(with: word).isEmpty)
    }
}
