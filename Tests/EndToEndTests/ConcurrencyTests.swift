import Glibc
import OCI
import Testing

/// Processes that build at the same time over one store.
@Suite("Processes beside each other", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct ConcurrencyTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    private static let waiting = """
        FROM busybox
        RUN echo started; sleep 1; cat \(Kernel.randomFile) | tee /token
        RUN cat /token > /copy
        """

    @Test("of two builds of the same, one executes each step, the other waits and takes the result")
    func oneExecutes() throws {
        let first = try work.start(Self.waiting, output("first"))
        try first.wait(for: "started")
        let second = try work.start(nil, output("second"))
        let outcomes = try [first, second].map { BuildOutcome(try $0.finish()) }
        #expect(outcomes.map(\.status) == [0, 0])
        #expect(outcomes.flatMap(\.executed).count == 2, "\(outcomes.map(\.error))")
        let images = try [image("first", outcomes[0]), image("second", outcomes[1])]
        #expect(images[0].manifestDigest == images[1].manifestDigest)
    }

    @Test("a build that waits takes over when the one it waits for is killed")
    func takesOver() throws {
        let first = try work.start(Self.waiting)
        try first.wait(for: "started")
        let second = try work.start(nil, output("second"))
        first.signal(SIGKILL)
        _ = try first.finish()
        let outcome = BuildOutcome(try second.finish())
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.executed.count == 2)
    }

    @Test("^C ends a build that waits for another one, and not that other one")
    func interruptedWaiter() throws {
        let first = try work.start(Self.waiting)
        try first.wait(for: "started")
        let second = try work.start(nil, output("second"))
        usleep(300_000)
        second.signal(SIGINT)
        #expect(try second.finish().status == 130)
        let outcome = BuildOutcome(try first.finish())
        #expect(outcome.status == 0 && outcome.executed.count == 2)
    }

    @Test("a step that failed in one build is run again by the one that waited for it")
    func failedElsewhere() throws {
        let file = "FROM busybox\nRUN echo started; sleep 0.3; exit 3"
        let first = try work.start(file)
        try first.wait(for: "started")
        let second = try work.start(nil)
        let outcomes = try [first, second].map { BuildOutcome(try $0.finish()) }
        #expect(outcomes.map(\.status) == [1, 1])
        #expect(outcomes.allSatisfy { $0.error.contains("exit code: 3") })
    }

    @Test("six builds of different Dockerfiles with common steps all come out right, and nobody finds a locked index")
    func many() throws {
        try work.write("f", "content")
        let programs = try (0..<6).map { number in
            let text = """
                FROM busybox
                COPY f /f
                RUN cat \(Kernel.randomFile) > /common
                RUN echo \(number / 2) > /n
                RUN cat /common /n /f
                """
            try writeFile("\(work.path)/\(number).Dockerfile", Array(text.utf8))
            return try work.start(nil, ["-f", "\(work.path)/\(number).Dockerfile"] + output("image\(number)"))
        }
        let outcomes = try programs.map { BuildOutcome(try $0.finish()) }
        for outcome in outcomes { #expect(outcome.status == 0, "\(outcome.error)") }
        let executed = outcomes.flatMap(\.executed)
        #expect(executed.filter { $0.contains("/common") && !$0.contains("/n") }.count == 1)
        #expect(executed.filter { $0.contains("> /n") }.count == 3)
        let images = try (0..<6).map { try image("image\($0)", outcomes[$0]) }
        #expect(Set(images.map(\.manifestDigest)).count == 3)
    }

    private func output(_ name: String) -> [String] { ["--output=type=oci,tar=false,dest=\(work.path)/\(name)"] }

    private func image(_ name: String, _ outcome: BuildOutcome) throws -> ExportedImage {
        try ExportedImage("\(work.path)/\(name)", outcome: outcome)
    }
}
