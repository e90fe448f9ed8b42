import Glibc
import Testing

/// Bad input: one clear error with what to do, its exit code (Docs/Architecture.md, "The command line"), nothing left.
@Suite("Failures", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct FailureTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    /// A wrong build.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let dockerfile: String
        let flags: [String]
        let status: Int32
        let message: String

        init(_ name: String, _ dockerfile: String, _ flags: [String] = [], status: Int32, says message: String) {
            testDescription = name
            self.dockerfile = dockerfile
            self.flags = flags
            self.status = status
            self.message = message
        }
    }

    static let cases = [
        Case("an unknown instruction", "FROM busybox\nRUNN x", status: 3, says: "RUNN"),
        Case("an unknown flag of an instruction", "FROM busybox\nCOPY --colour=1 a /", status: 3, says: "--colour"),
        Case("no instruction at all", "# nothing\n", status: 3, says: "no build stage"),
        Case("an instruction before FROM", "RUN true\nFROM busybox", status: 3, says: "FROM"),
        Case("a heredoc without end", "FROM busybox\nRUN <<EOF\ntrue\n", status: 3, says: "EOF"),
        Case("a right not given", "FROM busybox\nRUN --security=insecure true", status: 3, says: "is not allowed"),
        Case("an unknown target", "FROM busybox AS a", ["--target", "b"], status: 3, says: "\"b\""),
        Case("a missing source", "FROM busybox\nCOPY absent /", status: 4, says: "absent"),
        Case("a stage that does not exist", "FROM busybox\nCOPY --from=absent a /", status: 4, says: "absent"),
        Case("a base that is nowhere", "FROM absent.example/x:1", status: 4, says: "absent.example/x:1"),
        Case("a missing layout", "FROM b", ["--build-context=b=oci-layout:///absent"], status: 4, says: "/absent"),
        Case("an unknown flag", "FROM busybox", ["--colour=1"], status: 2, says: "--colour"),
        Case("a flag of later", "FROM busybox", ["--squash"], status: 2, says: "--squash"),
        Case("a failing command", "FROM busybox\nRUN exit 7", status: 1, says: "exit code: 7"),
        Case("a command that is missing", "FROM busybox\nRUN [\"absent\"]", status: 1, says: "absent"),
        Case("a command that a signal ends", "FROM busybox\nRUN sh -c 'kill -9 $$' || exit $?", status: 1, says: "137"),
        Case("an unknown user", "FROM busybox\nUSER absent\nRUN true", status: 1, says: "absent"),
    ]

    @Test("each wrong input has one clear error and its exit code", arguments: cases)
    func oneError(_ wrong: Case) throws {
        try work.write("a", "a")
        let target = work.path + "/out.tar"
        let outcome = try work.tryBuild(wrong.dockerfile, wrong.flags + ["--output=type=oci,dest=" + target])
        #expect(outcome.status == wrong.status, "\(outcome.error)")
        let errors = outcome.error.split(separator: "\n").filter { $0.hasPrefix("ERROR: ") }
        #expect(errors.count == 1, "\(outcome.error)")
        #expect(outcome.error.contains(wrong.message), "\(outcome.error)")
        #expect(work.others.isEmpty, "nothing is left of the output")
        #expect(try work.build("FROM busybox\nRUN echo usable").printed == "usable")
    }

    @Test("a missing context and a missing Dockerfile are told by their paths")
    func missing() throws {
        let context = try run(Tool.path, "build", work.path + "/absent", environment: work.environment, mayFail: true)
        #expect(context.status == 4)
        #expect(context.error.contains(work.path + "/absent: no such folder"))
        let file = try work.tryBuild(nil)
        #expect(file.status == 4)
        #expect(file.error.contains("Dockerfile: no such file"))
        let named = try work.tryBuild(nil, ["-f", work.path + "/Other"])
        #expect(named.status == 4)
        #expect(named.error.contains("Other: no such file"))
    }

    @Test("a Dockerfile that is a folder or a fifo is an error, not a hang")
    func dockerfileKinds() throws {
        let path = work.context + "/Dockerfile"
        mkfifo(path, 0o644)
        #expect(try work.tryBuild(nil, within: 10).status == 4)
        unlink(path)
        mkdir(path, 0o755)
        #expect(try work.tryBuild(nil, within: 10).status == 4)
    }

    @Test("an ignore file that is a fifo is an error, not a hang")
    func ignoreFileKinds() throws {
        mkfifo(work.context + "/.dockerignore", 0o644)
        #expect(try work.tryBuild("FROM scratch\nCOPY Dockerfile /", within: 10).status != 0)
    }

    @Test("a failing RUN shows its exit status, its last lines and the place in the Dockerfile")
    func failingRun() throws {
        let outcome = try work.tryBuild(
            """
            FROM busybox
            RUN for i in $(seq 1 300); do echo line $i; done; \\
                echo to-error >&2; \\
                exit 42
            RUN echo never
            """
        )
        #expect(outcome.status == 1)
        let summary = outcome.error.components(after: "------\n")
        #expect(summary.contains("line 300") && summary.contains("to-error"))
        #expect(!summary.contains("line 2\n"), "only the last lines")
        #expect(summary.contains("Dockerfile:2"))
        #expect(summary.contains("   2 | >>> RUN for i in"))
        #expect(summary.contains("   4 | >>>     exit 42"))
        #expect(summary.contains("   5 |     RUN echo never"))
        #expect(summary.contains("did not complete successfully: exit code: 42"))
        #expect(!outcome.printed.contains("never"))
        #expect(summary.contains("hint: to run this step again, give the same command: what came before it"))
    }

    @Test("all mistakes of a file are told in one run, those of instructions and those that the graph shows")
    func severalMistakes() throws {
        let text = "FROM busybox\nEXPOSE none\nRUNN x\nCOPY --chmod=9 a /\nLABEL a=${B:?wanted}\n"
        let outcome = try work.tryBuild(text)
        #expect(outcome.status == 3)
        let places = outcome.error.split(separator: "\n").filter { $0.hasPrefix("Dockerfile:") }
        #expect(places == ["Dockerfile:2:8", "Dockerfile:3:1", "Dockerfile:4:14"], "\(outcome.error)")
        let build = try work.tryBuild(text.replacing("RUNN x", with: "RUN x"))
        #expect(build.error.contains("Dockerfile:5:11"), "\(build.error)")
        let check = try run(Tool.path, "check", work.context, environment: work.environment, mayFail: true)
        #expect(check.status == 3 && check.error.isEmpty)
        #expect(check.output.contains("Dockerfile:2:8: EXPOSE") && check.output.contains("Dockerfile:4:14: "))
    }

    @Test("all files that COPY names and the context does not have are told at once, with those meant")
    func severalMissing() throws {
        try work.write("src/main.c", "")
        let outcome = try work.tryBuild("FROM busybox\nRUN sleep 3600\nCOPY scr/main.c /\nCOPY src absent /x/\n")
        #expect(outcome.status == 4)
        let places = outcome.error.split(separator: "\n").filter { $0.hasPrefix("Dockerfile:") }
        #expect(places == ["Dockerfile:3:6", "Dockerfile:4:10"], "\(outcome.error)")
        #expect(outcome.error.contains("did you mean src/main.c?"))
    }

    @Test("a failing script is told in one line, as docker quotes it")
    func failingScript() throws {
        let outcome = try work.tryBuild("FROM busybox\nRUN <<EOF\necho \"hi\"\nexit 4\nEOF\n")
        let message = #"process "/bin/sh -c echo \"hi\"\nexit 4\n" did not complete successfully: exit code: 4"#
        #expect(outcome.error.contains("ERROR: failed to build: \(message)\n"), "\(outcome.error)")
    }

    @Test("what a step prints cannot steer the terminal of who reads the error")
    func escapedOutput() throws {
        let outcome = try work.tryBuild("FROM busybox\nRUN printf 'a\\033[2Jb\\033]0;title\\007c\\n'; exit 1")
        #expect(outcome.status == 1)
        #expect(!outcome.error.utf8.contains(0x1b), "\(outcome.error.debugDescription)")
        #expect(!outcome.error.utf8.contains(0x07))
        let named = try work.tryBuild("FROM busybox\nCOPY x\u{1b}[31my /")
        #expect(!named.error.utf8.contains(0x1b), "\(named.error.debugDescription)")
    }

    @Test("a step that the kernel killed for want of memory is told as such", .enabled(if: MemoryGroup.isPossible))
    func outOfMemory() throws {
        let group = try MemoryGroup(megabytes: 100)
        try work.write("Dockerfile", "FROM busybox\nRUN tail /dev/zero")
        let command = ["sh", "-c", "echo $$ > \(group.path)/cgroup.procs; exec \"$@\"", "sh"] + work.arguments()
        let outcome = BuildOutcome(try Program(command, environment: work.environment).finish())
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("killed: out of memory"), "\(outcome.error)")
        // Another kill is none.
        let killed = try work.tryBuild("FROM busybox\nRUN sh -c 'kill -9 $$'; exit $?")
        #expect(killed.status == 1 && !killed.error.contains("out of memory"), "\(killed.error)")
    }

    @Test("a full disk is told as such, and the store works as soon as there is space")
    func fullDisk() throws {
        let disk = try SmallDisk(work.path + "/disk", megabytes: 12)
        let small = try Workspace(state: disk.path + "/state")
        try small.write("small", "small")
        let good = "FROM busybox\nCOPY small /small\nRUN cat /small > /copy"
        let image = try small.image(good, named: "before")
        let out = small.path + "/out.tar"
        let step = try small.tryBuild(
            "FROM busybox\nRUN dd if=/dev/zero of=/big bs=1M count=40",
            ["--output=type=oci,dest=" + out]
        )
        #expect(step.status != 0 && step.status < 128)
        #expect(step.error.contains("No space left on device"))
        // Noise: a copy may go straight into its packed form, in which zeros would have room.
        try run("dd", "if=/dev/urandom", "of=\(small.context)/big", "bs=1M", "count=40")
        let copy = try small.tryBuild("FROM busybox\nCOPY big /big", ["--output=type=oci,dest=" + out])
        #expect(copy.status != 0 && copy.status < 128, "\(copy.error)")
        #expect(copy.error.contains("is full (0 bytes free)"), "\(copy.error)")
        #expect(access(out, F_OK) != 0)
        unlink(small.context + "/big")
        let again = try small.image(good, named: "after")
        #expect(again.manifestDigest == image.manifestDigest)
        #expect(again.outcome.executed.isEmpty)
        let fresh = try small.build("FROM busybox\nRUN dd if=/dev/zero of=/some bs=1M count=3")
        #expect(fresh.executed.count == 1, "what the failed steps had written is gone")
    }

    @Test("a full disk under the output leaves no half-written one")
    func fullOutput() throws {
        let disk = try SmallDisk(work.path + "/disk", megabytes: 1)
        try writeFile(work.context + "/noise", (0..<3_000_000).map { _ in UInt8.random(in: 0...255) })
        for output in ["type=oci,dest=\(disk.path)/out.tar", "type=oci,tar=false,dest=\(disk.path)/out"] {
            let outcome = try work.tryBuild("FROM scratch\nCOPY noise /", ["--output=" + output])
            #expect(outcome.status != 0 && outcome.status < 128)
            #expect(outcome.error.contains("No space left on device"), "\(outcome.error)")
            #expect(names(in: disk.path).isEmpty)
        }
    }

    @Test("a state root that cannot be written is told by its path")
    func unwritableStateRoot() throws {
        try work.write("Dockerfile", "FROM scratch\nCOPY Dockerfile /")
        let file = try Workspace(state: work.context + "/Dockerfile")
        let outcome = try file.tryBuild("FROM scratch\nCOPY Dockerfile /")
        #expect(outcome.status == 5)
        #expect(outcome.error.contains(work.context + "/Dockerfile"))
        let disk = try SmallDisk(work.path + "/disk", megabytes: 1)
        try disk.makeReadOnly()
        for path in [disk.path, disk.path + "/state"] {
            let readOnly = try Workspace(state: path).tryBuild("FROM scratch\nCOPY Dockerfile /")
            #expect(readOnly.status == 5)
            #expect(readOnly.error.contains("Read-only file system"), "\(readOnly.error)")
        }
    }

    @Test("a place for the output that is missing or cannot be written is told by its path")
    func unwritableOutput() throws {
        for output in [
            "type=oci,dest=\(work.path)/absent/out.tar", "type=oci,tar=false,dest=\(work.path)/absent/d/out",
        ] {
            let outcome = try work.tryBuild("FROM scratch\nCOPY Dockerfile /", ["--output=" + output])
            #expect(outcome.status == 1 || outcome.status == 4)
            #expect(outcome.error.contains(work.path + "/absent"), "\(outcome.error)")
        }
    }

    @Test("an output path that is a device is written to or refused, never replaced")
    func deviceAsOutput() throws {
        let device = work.path + "/null"
        #expect(mknod(device, S_IFCHR | 0o666, 0x103) == 0)
        _ = try work.tryBuild("FROM scratch\nCOPY Dockerfile /", ["--output=type=oci,dest=" + device])
        #expect(try status(device).st_mode & S_IFMT == S_IFCHR)
    }

    @Test("a folder as the output keeps what else is in it, a tar does not take the place of a folder")
    func otherFilesKept() throws {
        let precious = work.path + "/out/precious"
        try writeFile(precious, Array("precious".utf8))
        _ = try work.tryBuild("FROM scratch\nCOPY Dockerfile /", ["--output=type=oci,tar=false,dest=\(work.path)/out"])
        #expect(try readText(precious) == "precious")
        let tar = try work.tryBuild(nil, ["--output=type=oci,dest=\(work.path)/out"])
        #expect(tar.status == 1 || tar.status == 2, "\(tar.error)")
        #expect(try readText(precious) == "precious")
        #expect(names(in: work.path) == ["context", "out", "state"])
    }

    @Test("an output through a link to a file writes the file, not over the link")
    func linkAsOutput() throws {
        try writeFile(work.path + "/real.tar", [])
        symlink("real.tar", work.path + "/link.tar")
        let outcome = try work.tryBuild(
            "FROM scratch\nCOPY Dockerfile /",
            ["--output=type=oci,dest=\(work.path)/link.tar"]
        )
        #expect(outcome.status != 0 || link(work.path + "/link.tar") == "real.tar")
    }

    @Test("a result file that cannot be written is told by its path", arguments: ["--iidfile", "--metadata-file"])
    func resultFiles(_ flag: String) throws {
        let output = "--output=type=oci,dest=\(work.path)/out.tar"
        let flags = ["\(flag)=\(work.path)/absent/file", output]
        let outcome = try work.tryBuild("FROM scratch\nCOPY Dockerfile /", flags)
        #expect(outcome.status != 0 && outcome.status < 6)
        #expect(outcome.error.contains(work.path + "/absent"), "\(outcome.error)")
    }

    @Test("an earlier output stays whole when the build fails")
    func earlierOutputKept() throws {
        let out = work.path + "/out.tar"
        let flag = ["--output=type=oci,dest=" + out]
        try work.build("FROM scratch\nCOPY Dockerfile /", flag)
        let before = try readFile(out)
        #expect(try work.tryBuild("FROM busybox\nRUN false", flag).status == 1)
        #expect(try readFile(out) == before)
    }

    @Test("a source that cannot be read is told by its path")
    func unreadable() throws {
        try work.write("d/f", "f")
        // Root may read every file there is: what cannot be opened is what a link does not reach.
        symlink("/proc/self/mem", work.context + "/d/link")
        let outcome = try work.tryBuild("FROM busybox\nCOPY d/link /x")
        #expect(outcome.status != 0)
        #expect(outcome.error.contains("d/link"), "\(outcome.error)")
    }
}

extension String {
    /// What follows the first place where some text stands; empty where it does not.
    fileprivate func components(after text: String) -> Substring {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(text) { return rest.dropFirst(text.count) }
            rest = rest.dropFirst()
        }
        return rest
    }
}

/// A small file system in memory, unmounted at the end.
final class SmallDisk {
    let path: String

    init(_ path: String, megabytes: Int) throws {
        self.path = path
        mkdir(path, 0o755)
        try run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path)
    }

    deinit { _ = try? run("umount", "-l", path) }

    func makeReadOnly() throws { try run("mount", "-o", "remount,ro", path) }
}

/// A group of processes with a limit on memory (cgroups(7), of either version).
private final class MemoryGroup {
    let path: String

    private static let root = access("/sys/fs/cgroup/memory", F_OK) == 0 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup"

    /// Whether one can be made; the reason is printed where not.
    static let isPossible: Bool = {
        let isThere = Tool.canBuild && (try? MemoryGroup(megabytes: 100)) != nil
        if !isThere { print("out of memory: skipped, for want of a memory controller at \(root)") }
        return isThere
    }()

    init(megabytes: Int) throws {
        path = MemoryGroup.root + "/sbi-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        guard mkdir(path, 0o755) == 0 else { throw DriverError(call: "mkdir", path) }
        let file = access(path + "/memory.max", F_OK) == 0 ? "/memory.max" : "/memory.limit_in_bytes"
        guard access(path + file, W_OK) == 0 else {
            rmdir(path)
            throw DriverError("no memory controller")
        }
        try writeFile(path + file, Array("\(megabytes << 20)".utf8))
    }

    deinit { rmdir(path) }
}
