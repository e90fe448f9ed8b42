import Testing

/// Here-documents, and line ends.
@Suite("Heredocs and line ends", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct HeredocTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    @Test("a RUN with a heredoc runs it as one script")
    func script() throws {
        let outcome = try work.build(
            """
            FROM busybox
            RUN <<EOF
            x=1
            echo "x is $x"
            cd /tmp
            pwd
            EOF
            """
        )
        #expect(outcome.printed == "x is 1\n/tmp")
    }

    @Test("a script that names its interpreter is run by it")
    func interpreter() throws {
        let outcome = try work.build("FROM busybox\nRUN <<EOF\n#!/bin/sed 1d\nsecond line\nEOF")
        #expect(outcome.printed == "second line")
    }

    @Test("COPY writes files from heredocs, with variables or without")
    func files() throws {
        let outcome = try work.build(
            """
            FROM busybox
            ARG V=value
            COPY <<one <<'two' <<-three /d/
            $V
            one
            $V
            two
            \t\ttabs go
            three
            RUN cat /d/one /d/two /d/three; stat -c %a /d/one
            """
        )
        #expect(outcome.printed == "value\n$V\ntabs go\n644")
    }

    @Test("a failing line of a script does not end it, the last one counts")
    func lastLine() throws {
        #expect(try work.tryBuild("FROM busybox\nRUN <<E\nfalse\ntrue\nE").status == 0)
        #expect(try work.tryBuild("FROM busybox\nRUN <<E\nset -e\nfalse\ntrue\nE").status == 1)
    }

    @Test("a Dockerfile with CRLF is one with LF, but in the text of heredocs")
    func crlf() throws {
        let file = """
            # a comment
            FROM busybox
            ENV A=1 \\
                B=2
            COPY a \\
                 /copied
            RUN echo $A$B > /out && cat /copied
            """
        try work.write("a", "copied")
        let plain = try work.build(file)
        #expect(plain.printed == "copied")
        let withReturns = file.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        let outcome = try work.build(withReturns + "\r\n")
        #expect(outcome.executed.isEmpty, "\(outcome.error)")
    }

    @Test("the CR of a CRLF file stays in a heredoc's text")
    func crlfInHeredoc() throws {
        let outcome = try work.build("FROM busybox\r\nCOPY <<E /f\r\nline\r\nE\r\nRUN od -An -c /f\r\n")
        #expect(outcome.printed.contains("\\r"))
    }
}
