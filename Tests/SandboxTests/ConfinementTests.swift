import Bytes
import Glibc
import Linux
import Sandbox
import Testing

@Suite("The sandbox of a step", .enabled(if: canRunSteps), .timeLimit(.minutes(20)))
struct ConfinementTests {
    let root: BusyboxRoot

    init() throws { root = try BusyboxRoot() }

    @Test("gives root Docker's capabilities, and no_new_privs off")
    func rootsCapabilities() throws {
        let outcome = try root.shell("grep -e ^Cap -e ^NoNewPrivs -e ^Groups /proc/self/status")
        #expect(
            outcome.output == """
                Groups:\t0 
                CapInh:\t0000000000000000
                CapPrm:\t00000000a80425fb
                CapEff:\t00000000a80425fb
                CapBnd:\t00000000a80425fb
                CapAmb:\t0000000000000000
                NoNewPrivs:\t0

                """
        )
    }

    @Test("gives another user no capability, but the same bounding set")
    func usersCapabilities() throws {
        let user = UserIdentity(uid: 1000, gid: 1001, supplementaryGroups: [2000])
        let outcome = try root.shell("id; grep -e ^Cap /proc/self/status", user: user)
        #expect(
            outcome.output == """
                uid=1000(user) gid=1001 groups=1001,2000(extra)
                CapInh:\t0000000000000000
                CapPrm:\t0000000000000000
                CapEff:\t0000000000000000
                CapBnd:\t00000000a80425fb
                CapAmb:\t0000000000000000

                """
        )
    }

    @Test("opens no descriptor but the three streams", arguments: [UInt32(0), 1000])
    func descriptors(uid: UInt32) throws {
        let user = UserIdentity(uid: uid, gid: uid)
        #expect(try root.shell("cd /proc/self/fd; echo *", user: user).output == "0 1 2 3\n")  // 3 is the shell's own
        #expect(try root.run(ProcessSpec(arguments: ["/bin/ls", "/proc/self/fd"])).output == "0\n1\n2\n3\n")
    }

    @Test("hides what Docker hides of /proc and /sys")
    func masks() throws {
        let outcome = try root.shell(
            """
            for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts /proc/sched_debug; do
                if [ -e $f ] && [ -n "$(head -c 1 $f)" ]; then echo "$f can be read"; fi
            done
            for d in /proc/acpi /proc/scsi /sys/firmware /sys/devices/virtual/powercap; do
                if [ -e $d ] && [ -n "$(ls -A $d)" ]; then echo "$d can be listed"; fi
            done
            """
        )
        #expect(outcome == Outcome(status: .exited(0), output: "", error: ""))
    }

    @Test("makes /sys and parts of /proc read-only")
    func readOnly() throws {
        let outcome = try root.shell(
            """
            mkdir /sys/fs/cgroup/x && echo cgroup
            touch /sys/x && echo sys
            echo b > /proc/sysrq-trigger && echo sysrq
            echo evil > /proc/sys/kernel/hostname && echo hostname
            touch /proc/bus/x /proc/irq/x && echo bus
            true
            """
        )
        #expect(outcome.status == .exited(0))
        #expect(outcome.output == "")
    }

    @Test("has a /dev of its own with working nodes, links and file systems")
    func devices() throws {
        let outcome = try root.shell(
            """
            echo x > /dev/null && head -c 1 /dev/zero | wc -c && head -c 3 /dev/urandom | wc -c
            for link in fd stdin stdout stderr ptmx; do readlink /dev/$link; done
            stat -c '%n %a %F' /dev/null /dev/full /dev/tty /dev/shm /dev/pts/ptmx
            echo a > /dev/shm/f && cat /dev/shm/f; touch /dev/new && echo new; rm -f /dev/core; cd /dev; echo *
            """
        )
        #expect(outcome.error == "")
        #expect(
            outcome.output == """
                1
                3
                /proc/self/fd
                /proc/self/fd/0
                /proc/self/fd/1
                /proc/self/fd/2
                pts/ptmx
                /dev/null 666 character special file
                /dev/full 666 character special file
                /dev/tty 666 character special file
                /dev/shm 1777 directory
                /dev/pts/ptmx 666 character special file
                a
                new
                fd full mqueue new null ptmx pts random shm stderr stdin stdout tty urandom zero

                """
        )
    }

    @Test("gives no device that the step makes itself", arguments: ["/", "/dev/", "/dev/shm/", "/tmp/"])
    func ownNodes(place: String) throws {
        let outcome = try root.shell("mknod \(place)zero2 c 1 5 && head -c 1 \(place)zero2 && echo read")
        #expect(outcome.output == "")
        #expect(outcome.error.contains("Permission denied"))
    }

    @Test("has no interface but loopback, which is up, with network none")
    func networkNone() throws {
        let outcome = try root.shell(
            "ls /sys/class/net; cat /sys/class/net/lo/flags; ip addr show lo | grep -c 127.0.0.1"
        )
        #expect(outcome.output == "lo\n0x9\n1\n")
    }

    @Test("has the engine's network with network host")
    func networkHost() throws {
        let own = try Directory.open(hostPath: "/proc/self/ns").linkTarget("net")
        #expect(try root.shell("readlink /proc/self/ns/net", network: .host).output == own.text + "\n")
        #expect(try root.shell("readlink /proc/self/ns/net", network: .none).output != own.text + "\n")
    }

    @Test("is in namespaces of its own", arguments: ["mnt", "pid", "ipc", "uts", "cgroup"])
    func namespaces(kind: String) throws {
        let own = try Directory.open(hostPath: "/proc/self/ns").linkTarget(ByteString(kind))
        let outcome = try root.shell("readlink /proc/self/ns/\(kind)")
        #expect(outcome.output.hasPrefix("\(kind):["))
        #expect(outcome.output != own.text + "\n")
    }

    @Test("shows nothing in the host's mount table while a step runs, nor the host's in the step's")
    func mountTables() throws {
        let before = try mountTable()
        var during = ""
        let step = Step(
            root: try root.newRoot().mount,
            process: ProcessSpec(arguments: ["/bin/cat", "/proc/self/mountinfo"])
        )
        var inside: [UInt8] = []
        _ = try Isolation.namespaces.run(step) { _, bytes in
            during = (try? mountTable()) ?? ""
            inside += bytes
        }
        #expect(before == during)
        let lines = String(decoding: inside, as: UTF8.self).split(separator: "\n")
        #expect(lines.count > 15)
        for line in lines {
            let fields = line.split(separator: " ")
            let isDevice = ["null", "zero", "full", "random", "urandom", "tty"].contains { fields[4] == "/dev/\($0)" }
            let isMask = fields[3] == "/null" && fields[4].hasPrefix("/proc/")
            let isTerminals = fields[4] == "/dev/pts"
            #expect(
                fields[5].contains("nodev") || isDevice || isMask || isTerminals || fields[3] == "/empty",
                "\(line)"
            )
            #expect(!line.contains("shared:") && !line.contains("master:"), "\(line)")
        }
    }

    private func mountTable() throws -> String {
        let file = try Directory.open(hostPath: "/proc/self").open("mountinfo", flags: O_RDONLY)
        return String(decoding: try file.readAll(limit: 1 << 22), as: UTF8.self)
    }

    @Test("cannot mount, and cannot leave by chroot")
    func confinement() throws {
        let outcome = try root.shell("mount -t tmpfs none /tmp; echo $?; ls /root /empty /bin/busybox")
        #expect(outcome.output == "1\n/bin/busybox\n")
    }

    @Test("refuses an image whose /proc, /sys or /dev is a link", arguments: ["proc", "sys", "dev"] as [ByteString])
    func linkedKernelDirectory(name: ByteString) throws {
        let base = try root.base
        try base.removeDirectory(name)
        try base.makeSymlink(name, target: "/tmp")
        #expect(
            throws: SandboxError.unusableImage(path: "/" + name, reason: "is a link or a file, not a directory")
        ) { try root.shell("true") }
    }
}
