import Bytes
import Glibc
import Linux
import Testing

@Suite("Companion processes")
struct CompanionProcessTests {
    private func shell(_ script: ByteString) throws -> CompanionProcess {
        try CompanionProcess(HelperProcess(program: "/bin/sh", arguments: ["-c", script], environment: ["A": "b"]))
    }

    @Test("it tells what it has to tell by lines, and no more after its end")
    func lines() throws {
        let process = try shell("echo one; echo; echo \"$A\"; printf rest; exec >&-; read -r line")
        #expect(try process.readLine() == "one")
        #expect(try process.readLine() == "")
        #expect(try process.readLine() == "b")
        #expect(try process.readLine() == nil)
    }

    @Test("a line that does not come is told as a time that is over, one without end as none")
    func limits() throws {
        let silent = try shell("read -r line")
        #expect(throws: HelperProcessError.timedOut("/bin/sh", .milliseconds(50))) {
            try silent.readLine(within: .milliseconds(50))
        }
        #expect(try shell("exec cat /dev/zero").readLine(limit: 100) == nil)
    }

    @Test("it sees the end of its input when its owner goes, and is waited for")
    func end() throws {
        let scratch = try Scratch()
        do {
            let process = try shell("echo ready; read -r line; echo bye > " + scratch.path + "/note")
            #expect(try process.readLine() == "ready")
            #expect(try scratch.directory.statusIfPresent("note") == nil)
        }
        #expect(try scratch.directory.statusIfPresent("note") != nil)
    }

    @Test("one that does not end then is killed with all it started")
    func stubborn() throws {
        let scratch = try Scratch()
        guard mkfifo(scratch.path.text + "/alive", 0o600) == 0 else { throw SystemError.last("mkfifo") }
        let fifo = try scratch.directory.open("alive", flags: O_RDONLY | O_NONBLOCK)
        do {
            let process = try shell("sleep 1000 > " + scratch.path + "/alive & echo ready; wait")
            #expect(try process.readLine() == "ready")
        }
        // Nobody has it open for writing: reading gives the end, not EAGAIN.
        var byte: UInt8 = 0
        var entry = pollfd(fd: fifo.number, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, 10_000)
        #expect(read(fifo.number, &byte, 1) == 0)
    }

    @Test("a program that is not there is an error with its name")
    func missing() {
        #expect {
            try CompanionProcess(HelperProcess(program: "/nowhere"))
        } throws: { error in
            if case HelperProcessError.notStarted("/nowhere", let cause) = error { cause.code == ENOENT } else { false }
        }
    }
}
