import Bytes
import Glibc
import Linux
import Sandbox
import Testing

@Suite("A step", .enabled(if: canRunSteps), .timeLimit(.minutes(20)))
struct StepTests {
    let root: BusyboxRoot

    init() throws { root = try BusyboxRoot() }

    @Test("hands over both streams and the exit status")
    func streamsAndStatus() throws {
        let outcome = try root.shell("echo out; echo err >&2; exit 7")
        #expect(outcome == Outcome(status: .exited(7), output: "out\n", error: "err\n"))
    }

    @Test("tells which signal ended it")
    func signals() throws {
        #expect(try root.shell("sh -c 'kill -9 $$'; exit $?").status == .exited(137))
        let seconds = "\(300_000 + getpid())"
        let process = ProcessSpec(arguments: ["/bin/sh", "-c", ByteString("echo ready; exec sleep \(seconds)")])
        let status = try Isolation.namespaces.run(Step(root: try root.newRoot().mount, process: process)) { _, _ in
            var found: [pid_t] = []
            while found.isEmpty { found = (try? processes(with: seconds).filter(isAsleep)) ?? [] }
            for number in found { kill(number, SIGKILL) }
        }
        #expect(status == .signalled(SIGKILL))
        #expect(status.code == 137)
    }

    /// Whether the process has executed sleep already.
    private func isAsleep(_ process: pid_t) -> Bool {
        guard let directory = try? Directory.open(hostPath: ByteString("/proc/\(process)")) else { return false }
        let name = try? directory.open("comm", flags: O_RDONLY).readAll(limit: 100)
        return name == Array("sleep\n".utf8)
    }

    @Test("hands over large output whole")
    func largeOutput() throws {
        let outcome = try root.shell("yes 0123456789abcdef | head -n 200000")
        #expect(outcome.output.utf8.count == 200_000 * 17)
    }

    @Test("is PID 1 and sees no process but its own", arguments: [UInt32(0), 1000])
    func processNumber(uid: UInt32) throws {
        let outcome = try root.shell("echo $$; echo /proc/[0-9]*", user: UserIdentity(uid: uid, gid: uid))
        #expect(outcome.output == "1\n/proc/1\n")
    }

    @Test("reads an empty standard input")
    func standardInput() throws {
        #expect(try root.shell("cat | wc -c").output == "0\n")
    }

    @Test("has the environment that was given, and HOME from the user")
    func environment() throws {
        var process = ProcessSpec(arguments: ["env"], environment: ["PATH=/bin", "A=1", "B=x=y"])
        process.user.home = "/root"
        #expect(try root.run(process).output == "PATH=/bin\nA=1\nB=x=y\nHOME=/root\n")
        process.environment = ["HOME=/elsewhere"]
        process.arguments = ["/bin/env"]
        #expect(try root.run(process).output == "HOME=/elsewhere\n")
    }

    @Test("runs in its working directory, with umask 022 and the host name")
    func surroundings() throws {
        var process = ProcessSpec(arguments: ["/bin/sh", "-c", "pwd; umask; hostname"], environment: ["PATH=/bin"])
        process.workingDirectory = "/home"
        #expect(try root.run(process).output == "/home\n0022\nbuildkitsandbox\n")
    }

    @Test("fails by name when the working directory is missing, unless it is to be made")
    func missingWorkingDirectory() throws {
        var process = ProcessSpec(arguments: ["/bin/pwd"])
        process.workingDirectory = "/no/such"
        #expect(throws: SandboxError.workingDirectory("/no/such", code: ENOENT)) { try root.run(process) }
        process.makesWorkingDirectory = true
        #expect(try root.run(process).output == "/no/such\n")
    }

    @Test("refuses a working directory outside of the root")
    func workingDirectoryOutside() throws {
        for number in 3..<24 {
            var process = ProcessSpec(arguments: ["/bin/pwd"])
            process.workingDirectory = ByteString("/proc/self/fd/\(number)")
            #expect(throws: SandboxError.self) { try root.run(process) }
        }
    }

    @Test("finds its program in the PATH of the step")
    func searchPath() throws {
        let process = ProcessSpec(arguments: ["echo", "hi"], environment: ["PATH=/none:/etc:/bin"])
        #expect(try root.run(process).output == "hi\n")
        let standard = ProcessSpec(arguments: ["echo", "hi"])
        #expect(try root.run(standard).output == "hi\n")
    }

    @Test("tells a missing program from one that cannot be executed")
    func programs() throws {
        let missing = ProcessSpec(arguments: ["nosuchcommand"], environment: ["PATH=/bin"])
        #expect(throws: SandboxError.programNotFound("nosuchcommand")) { try root.run(missing) }
        #expect(SandboxError.programNotFound("nosuchcommand").exitCode == 127)
        let absent = ProcessSpec(arguments: ["/bin/nosuch"])
        #expect(throws: SandboxError.programNotFound("/bin/nosuch")) { try root.run(absent) }
        let plain = ProcessSpec(arguments: ["/etc/passwd"])
        #expect(throws: SandboxError.programNotExecutable("/etc/passwd", code: EACCES)) { try root.run(plain) }
        #expect(SandboxError.programNotExecutable("x", code: EACCES).exitCode == 126)
        let directory = ProcessSpec(arguments: ["etc"], environment: ["PATH=/"])
        #expect(throws: SandboxError.programNotExecutable("etc", code: EACCES)) { try root.run(directory) }
        let base = try root.base
        try root.write(Array("#!/no/interpreter\n".utf8), to: "script", in: base, mode: 0o755)
        try root.write(Array("echo no first line\n".utf8), to: "noformat", in: base, mode: 0o755)
        let script = ProcessSpec(arguments: ["/script"])
        #expect(throws: SandboxError.interpreterNotFound("/script")) { try root.run(script) }
        let found = ProcessSpec(arguments: ["script"], environment: ["PATH=/"])
        #expect(throws: SandboxError.interpreterNotFound("script")) { try root.run(found) }
        let format = ProcessSpec(arguments: ["/noformat"])
        #expect(throws: SandboxError.programNotExecutable("/noformat", code: ENOEXEC)) { try root.run(format) }
    }

    @Test("refuses arguments that no process can have")
    func invalidArguments() throws {
        #expect(throws: SandboxError.self) { try root.run(ProcessSpec(arguments: [])) }
        #expect(throws: SandboxError.self) {
            try root.run(ProcessSpec(arguments: ["/bin/echo", ByteString([0x61, 0])]))
        }
        let long = ByteString([UInt8](repeating: 0x61, count: 131_072))
        #expect(throws: SandboxError.self) { try root.run(ProcessSpec(arguments: ["/bin/echo", long])) }
    }

    @Test("sets the limits that were asked")
    func limits() throws {
        var process = ProcessSpec(arguments: ["/bin/sh", "-c", "ulimit -n"])
        process.limits = [ResourceLimit(resource: Int32(RLIMIT_NOFILE.rawValue), soft: 77, hard: 88)]
        #expect(try root.run(process).output == "77\n")
    }

    @Test("does not wait for processes that are left behind")
    func background() throws {
        let outcome = try root.shell("sleep 1000 & setsid sleep 1000 & echo started")
        #expect(outcome == Outcome(status: .exited(0), output: "started\n", error: ""))
    }

    @Test("leaves the number of open descriptors as it was after 200 runs")
    func descriptors() async throws {
        // In a process of its own, where no other test opens any.
        await #expect(processExitsWith: .success) {
            let root = try BusyboxRoot()
            let process = ProcessSpec(arguments: ["/bin/true"])
            _ = try root.run(process)
            let descriptors = try Directory.open(hostPath: "/proc/self/fd")
            let before = try descriptors.names().count
            for _ in 0..<200 { #expect(try root.run(process).status.isSuccess) }
            #expect(try descriptors.names().count == before)
        }
    }
}
