import Glibc
import OCI
import Testing

/// What a step sees of the host, and the host of a step.
@Suite("Isolation", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct IsolationTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    @Test("the host's mount table shows nothing of a build, during it or after it")
    func mountTable() throws {
        let before = try readText("/proc/self/mountinfo").split(separator: "\n").filter { $0.contains("overlay") }
        let program = try work.start("FROM busybox\nRUN echo ready; sleep 0.5")
        try program.wait(for: " ready")
        #expect(try mounts(with: work.path).isEmpty)
        let during = try readText("/proc/self/mountinfo").split(separator: "\n").filter { $0.contains("overlay") }
        #expect(during == before)
        _ = try BuildOutcome(program.finish()).mustSucceed()
        #expect(try mounts(with: work.path).isEmpty)
    }

    @Test("a RUN starts no program but the step's own", .enabled(if: Tool.has("strace", for: "traced steps")))
    func noOtherPrograms() throws {
        try work.write("f", "f")
        try work.write("Dockerfile", "FROM busybox\nCOPY f /f\nRUN [\"/bin/true\"]\nWORKDIR /w")
        let trace = work.path + "/trace"
        let output = "--output=type=oci,dest=\(work.path)/out.tar"
        let arguments = ["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-o", trace] + work.arguments([output])
        let outcome = try BuildOutcome(Program(arguments, environment: work.environment).finish()).mustSucceed()
        #expect(outcome.executed.count == 3)
        let calls = try readText(trace).split(separator: "\n").filter { $0.contains("execve") }
        #expect(calls.count == 2, "\(calls)")
        #expect(calls.last?.contains("\"/bin/true\"") == true)
    }

    @Test("a step has no descriptors but its three, and none of the host's environment")
    func descriptors() throws {
        let outcome = try work.build(
            "FROM busybox\nRUN ls /proc/1/fd; ls /proc/self/fd | wc -l; env | cut -d = -f 1 | sort | tr '\\n' ' '",
            environment: ["HOST_SECRET": "1"]
        )
        let lines = outcome.printed.split(separator: "\n")
        #expect(lines.prefix(3) == ["0", "1", "2"])
        #expect(lines.count == 5 && lines[3] == "4", "the listing itself has one more open: \(outcome.printed)")
        #expect(!outcome.printed.contains("HOST_SECRET"))
    }

    @Test("a step is in namespaces of its own and is their first process")
    func namespaces() throws {
        let kinds = ["mnt", "pid", "ipc", "uts", "cgroup"]
        let listing = kinds.map { "readlink /proc/self/ns/\($0)" }.joined(separator: "; ")
        let outcome = try work.build("FROM busybox\nRUN echo $$; \(listing)")
        let lines = outcome.printed.split(separator: "\n").map(String.init)
        #expect(lines.first == "1")
        for (kind, line) in zip(kinds, lines.dropFirst()) { #expect(line != link("/proc/self/ns/\(kind)"), "\(kind)") }
    }

    @Test("a step cannot reach the host's files by mounts, device nodes or its own root")
    func noWayOut() throws {
        try writeFile(work.path + "/canary", Array("canary".utf8))
        let attempts = [
            "mount -t tmpfs none /mnt", "umount /proc", "mknod /disk b 254 0 && head -c 1 /disk",
            "chroot /proc/1/cwd/../.. ls \(work.path)",
            "echo x > /proc/sysrq-trigger", "echo x > /proc/sys/kernel/hostname", "ls /proc/1/root\(work.path)",
            "cd ../../../../..; ls .\(work.path)/canary", "nsenter -t 1 -m true", "unshare -m true",
        ]
        let steps = attempts.map { "RUN (\($0)) > /dev/null 2>&1 && echo done: \"\($0)\"; true" }
        let outcome = try work.build("FROM busybox\n" + steps.joined(separator: "\n"))
        #expect(outcome.printed.isEmpty, "\(outcome.printed)")
    }

    @Test("a step of an unprivileged user may do what that user may, and no more")
    func unprivileged() throws {
        let outcome = try work.build(
            """
            FROM busybox
            RUN mkdir -m 700 /private && mkdir -m 777 /shared
            USER 1234:5678
            RUN id -u; id -g; touch /shared/f && stat -c '%u:%g' /shared/f; ls /private 2>&1 || true
            RUN grep CapEff /proc/self/status
            """
        )
        #expect(outcome.printed.hasPrefix("1234\n5678\n1234:5678\nls: can't open '/private': Permission denied\n"))
        #expect(outcome.printed.hasSuffix("0000000000000000"))
    }

    @Test("--network=none leaves only loopback")
    func noNetwork() throws {
        let outcome = try work.build("FROM busybox\nRUN ls /sys/class/net", ["--network=none"])
        #expect(outcome.printed == "lo")
    }

    @Test("/etc/hosts, hostname and resolv.conf are there for the step and not in the layer")
    func etcFiles() throws {
        let image = try work.image(
            "FROM busybox\nRUN cat /etc/hosts; cat /etc/hostname; cat /etc/resolv.conf > /tmp/x; touch /f"
        )
        #expect(image.outcome.printed.contains("localhost"))
        #expect(image.outcome.printed.contains("buildkitsandbox"))
        let last = try image.entries(ofLayer: image.manifest.layers.count - 1).filter { !$0.hasSuffix("/") }
        #expect(last.sorted() == ["f", "tmp/x"])
    }

    @Test("a large output arrives whole and in order")
    func largeOutput() throws {
        let outcome = try work.build("FROM busybox\nRUN seq 1 20000")
        #expect(outcome.printed == (1...20000).map(String.init).joined(separator: "\n"))
    }
}
