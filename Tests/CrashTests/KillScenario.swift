import Glibc

/// A build of some fifteen steps that is killed again and again, over a store that survives.
final class KillScenario {
    /// What a whole build takes, in milliseconds.
    let duration: Int
    private var work: Workspace
    private let expected: ImageContent
    private let mark = String(UInt32.random(in: 1_000_000_000...2_000_000_000))
    /// The steps that the killed build said were done.
    private var done: Set<String> = []

    private let file: String

    private static func file(mark: String) -> String {
        """
        FROM busybox AS one
        WORKDIR /w
        COPY many /w/many
        RUN cat /w/many/*/* > /w/all
        RUN (setsid sleep \(mark) &); rm -rf /w/many/3 && mkdir /w/many/3 && ln /w/all /w/link
        RUN for i in $(seq 1 200); do echo $i > /w/many/3/$i; done
        COPY single /w/single
        RUN mv /w/many/4 /w/moved && chmod 700 /w/moved
        FROM busybox
        RUN mkdir -p /d/e && head -c 2000000 /dev/zero | tr '\\0' x > /d/e/large
        COPY --from=one /w /w
        RUN rm -r /w/many/5 && ln -s many /w/alias
        ENV A=1
        RUN echo $A > /a
        COPY many/7 /seven
        RUN sha256sum /seven/* /a > /sums && sleep 0.05
        CMD ["/bin/sh"]
        """
    }

    init() throws {
        work = try KillScenario.newWorkspace()
        let clean = try KillScenario.newWorkspace()
        let start = Clock.now
        file = KillScenario.file(mark: mark)
        let image = try clean.image(file)
        duration = Int(Clock.now - start)
        expected = try ImageContent(image)
    }

    /// Starts a build of everything and kills it.
    ///
    /// - Parameters:
    ///   - milliseconds: when.
    ///   - fresh: whether the store is a new one; otherwise all steps are run anew in the old one.
    /// - Returns: whether it was not done by then.
    /// - Throws: where the program cannot be started.
    func killedBuild(after milliseconds: Int, fresh: Bool) throws -> Bool {
        if fresh { work = try KillScenario.newWorkspace() }
        let output = "--output=type=oci,dest=\(work.path)/out.tar"
        let program = try work.start(file, fresh ? [output] : ["--no-cache", output])
        usleep(UInt32(milliseconds) * 1000)
        program.signal(SIGKILL)
        let outcome = BuildOutcome(try program.finish())
        done = Set(outcome.steps.filter { $0.ending == "DONE" }.map(\.name))
        return outcome.status == 128 + SIGKILL
    }

    /// Builds again, and tells everything that is not as it must be.
    func checkAftermath() throws -> [String] {
        var problems: [String] = []
        if try !Clock.until({ try processes(with: mark).isEmpty }) { problems.append("a process of the step is left") }
        problems += try mounts(with: work.path).map { "a mount is left: " + $0 }
        let tar = work.path + "/out.tar"
        if access(tar, F_OK) == 0 {
            if try run("tar", "-tf", tar, mayFail: true).status != 0 { problems.append("the output is half-written") }
            unlink(tar)
        }
        let image = try work.image(nil)
        let again = image.outcome.executed.filter { done.contains($0) }
        if !again.isEmpty { problems.append("executed again: \(again)") }
        let content = try ImageContent(image)
        if content != expected { problems.append(content.difference(from: expected)) }
        try removeTree(image.folder)
        try removeTree(image.folder + ".unpacked")
        return problems
    }

    private static func newWorkspace() throws -> Workspace {
        let work = try Workspace()
        for number in 0..<300 { try work.write("many/\(number % 10)/\(number)", "\(number) content\n") }
        try work.write("single", "single")
        return work
    }
}
