import BuildEngine
import Bytes
import Dockerfile
import Reports
import Testing

@Suite("The text of a failure")
struct FailureTextTests {
    private struct Plain: DescribedError {
        var message: String
        var remedy: String?
    }

    @Test("has the step's last lines, the place in the Dockerfile, the reason, and what to do")
    func failedStep() {
        let source = SourceText(name: "Dockerfile", content: "FROM busybox\nRUN false\n")
        let failure = BuildFailure(
            message: "process \"/bin/sh -c false\" did not complete successfully: exit code: 1",
            remedy: "look above",
            exitCode: 1,
            source: source,
            range: SourceRange(line: 2),
            outputTail: ["one", "two\u{1B}[2J"]
        )
        #expect(
            FailureText(failure, step: "[2/2] RUN false").text == """
                ------
                 > [2/2] RUN false:
                one
                two
                ------
                Dockerfile:2
                --------------------
                   1 |     FROM busybox
                   2 | >>> RUN false
                --------------------
                ERROR: failed to build: process "/bin/sh -c false" did not complete successfully: exit code: 1
                hint: look above

                """
        )
    }

    @Test("shows the last twenty lines of output")
    func longOutput() {
        let lines = (1...30).map { ByteString("\($0)") }
        let failure = BuildFailure(message: "no", remedy: nil, exitCode: 1, outputTail: lines)
        let wanted = (11...30).map { "\($0)\n" }.joined()
        #expect(FailureText(failure, step: nil).text == "------\n\(wanted)------\nERROR: failed to build: no\n")
    }

    @Test("tells further mistakes of the same file after the first")
    func severalMistakes() {
        let source = SourceText(name: "D", content: "A\n")
        let other = BuildFailure(message: "second", exitCode: 3, source: source, range: SourceRange(line: 1))
        let failure = BuildFailure(message: "first", exitCode: 3, others: [other])
        #expect(
            FailureText(failure, step: nil).text == """
                ERROR: failed to build: first

                D:1
                --------------------
                   1 | >>> A
                --------------------
                ERROR: failed to build: second

                """
        )
    }

    @Test("of any other error is its message and what to do, with controls made harmless")
    func otherError() {
        let error = Plain(message: "no \u{07}bell", remedy: "try\nthat")
        #expect(FailureText(error).text == "ERROR: no \\x07bell\nhint: try\nthat\n")
    }
}
