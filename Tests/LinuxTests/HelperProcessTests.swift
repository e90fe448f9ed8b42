import Bytes
import Glibc
import Linux
import Testing

@Suite("Helper processes")
struct HelperProcessTests {
    private func shell(_ script: ByteString) -> HelperProcess {
        HelperProcess(
            program: "/bin/sh",
            arguments: ["-c", script],
            environment: ["PATH": "/usr/bin:/bin", "A": "b c"]
        )
    }

    @Test("it gets its words, its environment and its input, and its output, errors and exit status come back")
    func roundTrip() async throws {
        var process = shell("cat; echo \"$1|$A\"; echo bad >&2; exit 3")
        process.arguments += ["name", "x y"]
        process.input = Array("in\n".utf8)
        let outcome = try await process.run()
        #expect(ByteString(outcome.output) == "in\nx y|b c\n")
        #expect(ByteString(outcome.diagnostics) == "bad\n")
        #expect(outcome.ending == .exited(3))
        #expect(!outcome.ending.isSuccess)
    }

    @Test("an end by a signal is told as one")
    func signalled() async throws {
        #expect(try await shell("kill -TERM $$").run().ending == .killed(signal: SIGTERM))
    }

    @Test("input and output larger than a pipe's buffer go through at the same time")
    func largeExchange() async throws {
        var process = shell("cat")
        process.input = [UInt8](repeating: 0x61, count: 900_000)
        #expect(try await process.run().output == process.input)
    }

    @Test("input that is not read ends nothing: neither this process nor the exchange")
    func unreadInput() async throws {
        var process = shell("exec <&-; echo done")
        process.input = [UInt8](repeating: 0, count: 1 << 20)
        #expect(try await ByteString(process.run().output) == "done\n")
    }

    @Test("endless output ends at the limit with the program's name")
    func outputLimit() async throws {
        var process = shell("exec cat /dev/zero")
        process.outputLimit = 1 << 20
        await #expect(throws: HelperProcessError.tooMuchOutput("/bin/sh", limit: 1 << 20)) { try await process.run() }
    }

    @Test("endless errors are read, cut and limited by the time alone")
    func diagnosticsLimit() async throws {
        let outcome = try await shell("head -c 300000 /dev/zero >&2").run()
        #expect(outcome.diagnostics.count == HelperProcess.diagnosticsLimit)
    }

    @Test("a program that hangs is killed with all it started, and the error names it")
    func timeout() async throws {
        let scratch = try Scratch()
        try mkfifo(scratch.path + "/alive")
        // The child of the shell holds the fifo open until it dies.
        var process = shell("sleep 1000 > " + scratch.path + "/alive & wait")
        process.timeout = .milliseconds(300)
        let fifo = try scratch.directory.open("alive", flags: O_RDONLY | O_NONBLOCK)
        await #expect(throws: HelperProcessError.timedOut("/bin/sh", .milliseconds(300))) { try await process.run() }
        #expect(endOfFile(fifo), "the reader sees the end once no writer lives")
    }

    @Test("cancelling the task kills the program at once")
    func cancellation() async throws {
        let scratch = try Scratch()
        try mkfifo(scratch.path + "/alive")
        var program = shell("echo started > " + scratch.path + "/alive; exec sleep 1000")
        program.timeout = .seconds(600)
        let process = program
        // On threads of its own: other tests may hold all of the cooperative pool while this one waits.
        let task = Task(executorPreference: BlockingThreads.shared) { try await process.run() }
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            // Opening waits for the writer, so the program runs by then.
            let fifo = try Linux.Descriptor.open(hostPath: scratch.path + "/alive")
            #expect(try ByteString(fifo.readAll(limit: 100)) == "started\n")
            task.cancel()
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a program whose descendants keep its output open is not waited for longer than itself")
    func daemon() async throws {
        let outcome = try await shell("sleep 1000 & echo $!").run()
        let child = try #require(pid_t(ByteString(outcome.output).text.dropLast()))
        #expect(kill(child, SIGKILL) == 0)
    }

    @Test("it has no descriptor of ours and no signal blocked or ignored")
    func cleanStart() async throws {
        let open = try Linux.Descriptor.open(hostPath: "/dev/null")
        let script: ByteString = "ls /proc/self/fd; grep -E 'SigBlk|SigIgn' /proc/self/status"
        let lines = try await ByteString(shell(script).run().output).text.split(separator: "\n")
        // 3 is the folder that ls reads.
        #expect(lines.filter { $0.utf8.count <= 3 } == ["0", "1", "2", "3"])
        let masks = lines.compactMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }.suffix(2)
        let pipe = UInt64(1) << UInt64(SIGPIPE - 1)
        #expect(masks.first == 0)
        #expect(masks.last.map { $0 & pipe } == 0)
        withExtendedLifetime(open) {}
    }

    @Test("a process that ignores broken pipes, as the command line does, starts programs that do not")
    func ignoredSignals() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_IGN)
            let script: ByteString = "grep SigIgn /proc/self/status"
            let process = HelperProcess(program: "/bin/sh", arguments: ["-c", script])
            let line = try await ByteString(process.run().output).text
            let mask = try #require(UInt64(line.split { $0.isWhitespace }.last ?? "", radix: 16))
            #expect(mask & (1 << UInt64(SIGPIPE - 1)) == 0)
        }
    }

    @Test("a program that is not there, and a name with a slash, are told")
    func missing() async throws {
        let process = HelperProcess(program: "/no/such/program")
        let error = await #expect(throws: HelperProcessError.self) { try await process.run() }
        #expect(error?.message == "/no/such/program cannot be started: No such file or directory")
        #expect(HelperProcess.find("../bin/sh", environment: [:]) == nil)
    }

    @Test("programs are found in the absolute folders of PATH, in their order, if they may be run")
    func search() throws {
        let scratch = try Scratch()
        for folder: ByteString in ["a", "b", "c"] {
            try scratch.folder(folder).write("tool")
            if folder != "a" { try scratch.folder(folder).setMode("tool", mode: 0o755) }
        }
        try scratch.folder("a").makeDirectory("folder", mode: 0o755)
        let path = [scratch.path + "/a", ".", "", "c", scratch.path + "/b", scratch.path + "/c"].joined(separator: ":")
        #expect(HelperProcess.find("tool", environment: ["PATH": path]) == scratch.path + "/b/tool")
        #expect(HelperProcess.find("folder", environment: ["PATH": path]) == nil)
        #expect(HelperProcess.find("none", environment: ["PATH": path]) == nil)
    }

    private func mkfifo(_ path: ByteString) throws {
        let code = try path.withCPath { Glibc.mkfifo($0, 0o600) }
        if code != 0 { throw SystemError.last("mkfifo") }
    }

    /// Waits until nobody has the fifo open for writing.
    private func endOfFile(_ fifo: Linux.Descriptor) -> Bool {
        var entry = pollfd(fd: fifo.number, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 20_000) == 1 && entry.revents & Int16(POLLHUP) != 0
    }
}
