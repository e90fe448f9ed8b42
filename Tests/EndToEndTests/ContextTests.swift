import Glibc
import Testing

/// Where a build's files and its Dockerfile come from.
@Suite("Contexts", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct ContextTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    @Test("a named folder is a source for COPY --from and counts by its content")
    func namedFolder() throws {
        let other = try Workspace(state: work.state)
        let file = try other.write("f", "one")
        let flag = ["--build-context=other=" + other.context]
        let text = "FROM busybox\nCOPY --from=other f /f\nRUN cat /f"
        #expect(try work.build(text, flag).printed == "one")
        #expect(try work.build(text, flag).executed.isEmpty)
        try writeFile(file, Array("two".utf8))
        #expect(try work.build(text, flag).printed == "two")
    }

    @Test("an image that was exported is a base and a source by its layout")
    func layout() throws {
        let base = try work.image("FROM busybox\nENV GREETING=hello\nRUN echo content > /made", named: "base")
        let flag = ["--build-context=base=oci-layout://\(base.folder)@\(base.manifestDigest)"]
        let next = try work.build("FROM base\nCOPY --from=base /made /copied\nRUN echo $GREETING; cat /copied", flag)
        #expect(next.printed == "hello\ncontent")
    }

    @Test("an image that was built under a name is a base by that name")
    func storedName() throws {
        try work.build("FROM busybox\nRUN echo stored > /made", ["-t", "example/base:1"])
        #expect(try work.build("FROM example/base:1\nRUN cat /made").printed == "stored")
    }

    @Test("a named context takes the place of a stage of that name")
    func namedContextBeforeStage() throws {
        let other = try Workspace(state: work.state)
        try other.write("f", "from the context")
        let text = "FROM busybox AS other\nRUN false\nFROM busybox\nCOPY --from=other /f /f\nRUN cat /f"
        #expect(try work.build(text, ["--build-context=other=" + other.context]).printed == "from the context")
    }

    @Test("the Dockerfile may lie outside the context, or come from standard input")
    func dockerfileElsewhere() throws {
        try work.write("f", "f")
        let text = "FROM busybox\nCOPY . /c\nRUN ls /c"
        try writeFile(work.path + "/Other.Dockerfile", Array(text.utf8))
        #expect(try work.build(nil, ["-f", work.path + "/Other.Dockerfile"]).printed == "f")
        let arguments = work.arguments(["-f", "-"]).joined(separator: "' '")
        let piped = try run("sh", "-c", "'\(arguments)' < \(work.path)/Other.Dockerfile", environment: work.environment)
        #expect(BuildOutcome(piped).cached.count == 2)
    }

    @Test("files come and go: an earlier one that is gone is no source any more")
    func removedFile() throws {
        let path = try work.write("d/gone", "x")
        try work.write("d/kept", "x")
        let text = "FROM busybox\nCOPY d /d\nRUN ls /d"
        #expect(try work.build(text).printed == "gone\nkept")
        unlink(path)
        #expect(try work.build(text).printed == "kept")
        try work.write("d/gone", "x")
        #expect(try work.build(text).executed.isEmpty)
    }

    @Test("a file in the place of a folder, and back, is noticed")
    func replacedKind() throws {
        let path = try work.write("d/x", "file")
        let text = "FROM busybox\nCOPY d /d\nRUN ls -R /d"
        #expect(try work.build(text).printed == "/d:\nx")
        unlink(path)
        try work.write("d/x/y", "file")
        #expect(try work.build(text).printed == "/d:\nx\n\n/d/x:\ny")
    }

    @Test("a context that changes without end does not give a mixed file")
    func changingFile() throws {
        try work.write("Dockerfile", "FROM busybox\nCOPY f /f\nRUN tr -d '\\n' < /f | fold -w 1 | sort -u | wc -l")
        let script = """
            while :; do
                yes a | head -c 3000000 > f.new; mv f.new f
                yes b | head -c 3000000 > f.new; mv f.new f
            done
            """
        try work.write("f", "a")
        let writer = try Program(["sh", "-c", "cd \(work.context) && \(script)"])
        for _ in 1...6 {
            let outcome = try work.tryBuild(nil)
            #expect(outcome.printed == "1" || outcome.status != 0 || outcome.executed.isEmpty, "\(outcome.error)")
        }
        _ = try writer.stop()
    }
}
