import Glibc
import Testing

/// A build that is ended from outside.
@Suite("Interrupts", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct InterruptTests {
    let work: Workspace
    /// What the sleeping processes of the test are known by.
    let mark = String(UInt32.random(in: 1_000_000_000...2_000_000_000))

    init() throws { work = try Workspace() }

    private var file: String {
        """
        FROM busybox
        RUN echo one > /one
        RUN (setsid sleep \(mark) &) ; sleep \(mark) & setsid setsid sh -c 'sleep \(mark)' & echo ready; sleep \(mark)
        """
    }

    @Test("a signal ends the step's whole process tree", arguments: [SIGINT, SIGTERM, SIGKILL])
    func signals(_ signal: Int32) throws {
        let program = try work.start(file, ["--output=type=oci,dest=\(work.path)/out.tar"])
        try program.wait(for: " ready")
        #expect(try Clock.until { try processes(with: mark).count >= 4 })
        program.signal(signal)
        let outcome = try program.finish()
        #expect(outcome.status == 130 || (signal != SIGINT && outcome.status == 128 + signal), "\(outcome.error)")
        if signal != SIGKILL {
            #expect(try processes(with: mark).isEmpty, "they are gone when the program is")
        }
        #expect(try Clock.until { try processes(with: mark).isEmpty })
        #expect(work.others.isEmpty)
        #expect(try mounts(with: work.path).isEmpty)
        let next = try work.build("FROM busybox\nRUN echo one > /one\nRUN cat /one")
        #expect(next.cached == ["RUN echo one > /one"], "what was committed is not lost")
        #expect(next.printed == "one")
    }

    @Test("^C while a folder is copied loses nothing and leaves nothing", arguments: [1, 5, 20, 60])
    func duringCopy(_ milliseconds: UInt32) throws {
        for number in 0..<600 { try work.write("d/\(number % 20)/\(number)", "\(number)") }
        let text = "FROM busybox\nCOPY d /d\nRUN find /d -type f | wc -l"
        let program = try work.start(text, ["--output=type=oci,tar=false,dest=\(work.path)/image"])
        usleep(milliseconds * 1000)
        program.signal(SIGINT)
        let outcome = try program.finish()
        #expect([0, 130].contains(outcome.status), "\(outcome.error)")
        if outcome.status != 0 { #expect(work.others.isEmpty) }
        let next = try work.image()
        #expect(next.outcome.printed == "600" || next.outcome.executed.isEmpty)
    }

    @Test("a step that reads its standard input finds its end, and one that closes its output does not hang")
    func standardStreams() throws {
        #expect(try work.build("FROM busybox\nRUN cat; echo done", within: 20).printed == "done")
        #expect(try work.tryBuild("FROM busybox\nRUN exec >&- 2>&-; sleep 0.1", within: 20).status == 0)
    }

    @Test("processes that a step leaves behind end with it")
    func background() throws {
        let outcome = try work.build("FROM busybox\nRUN setsid sleep \(mark) & echo left", within: 20)
        #expect(outcome.printed == "left")
        #expect(try processes(with: mark).isEmpty)
    }
}
