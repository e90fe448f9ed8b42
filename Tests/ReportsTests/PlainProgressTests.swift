import Dockerfile
import Graph
import Reports
import Testing

@Suite("Plain progress")
struct PlainProgressTests {
    private let recorder = Recorder()

    @Test("numbers steps in the order in which they begin, and shows output with the time since then")
    func transcript() {
        let report = recorder.plain()
        report.take(.planned(vertices("FROM busybox", "[1/2] RUN make", "[2/2] COPY a b")))
        report.take(.cached(VertexID(0), .unchanged))
        report.take(.started(VertexID(1)))
        recorder.wait(milliseconds: 123)
        report.take(.text(1, "cc main.c\nld\n"))
        recorder.wait(milliseconds: 12_000)
        report.take(.text(1, "done\n"))
        report.take(.finished(VertexID(1), nanoseconds: 12_349_000_000))
        report.take(.cached(VertexID(2), .sameInputs))
        report.take(.exporting("exporting to OCI layout"))
        report.take(.exported("exporting to OCI layout", nanoseconds: 50_000_000))
        report.finish(.done)
        #expect(
            recorder.take() == """
                #1 FROM busybox
                #1 CACHED

                #2 [1/2] RUN make
                #2 0.123 cc main.c
                #2 0.123 ld
                #2 12.12 done
                #2 DONE 12.3s

                #3 [2/2] COPY a b
                #3 CACHED

                #4 exporting to OCI layout
                #4 DONE 0.1s

                """
        )
    }

    @Test("keeps the order of each step's lines when steps run at the same time")
    func parallelSteps() {
        let report = recorder.plain()
        report.take(.planned(vertices("A", "B")))
        report.take(.started(VertexID(0)))
        report.take(.started(VertexID(1)))
        report.take(.text(1, "b1\nb"))
        report.take(.text(0, "a1\n"))
        report.take(.text(1, "2\n"))
        report.take(.finished(VertexID(1), nanoseconds: 0))
        report.take(.finished(VertexID(0), nanoseconds: 0))
        #expect(
            recorder.take() == """
                #1 A

                #2 B
                #2 0.000 b1
                #1 0.000 a1
                #2 0.000 b2
                #2 DONE 0.0s
                #1 DONE 0.0s

                """
        )
    }

    @Test("keeps a last line without a line feed, of both streams")
    func unfinishedLines() {
        let report = recorder.plain()
        report.take(.planned(vertices("A")))
        report.take(.started(VertexID(0)))
        report.take(.text(0, "out"))
        report.take(.text(0, "err", .standardError))
        report.take(.failed(VertexID(0), message: "process \"false\" did not complete successfully: exit code: 1"))
        report.finish(.failed)
        #expect(
            recorder.take() == """
                #1 A
                #1 0.000 out
                #1 0.000 err
                #1 ERROR: process "false" did not complete successfully: exit code: 1

                """
        )
        #expect(report.failedStep == "A")
    }

    @Test("says of steps that were broken off that they were canceled, after their last line")
    func canceledStep() {
        let report = recorder.plain()
        report.take(.planned(vertices("A")))
        report.take(.started(VertexID(0)))
        report.take(.text(0, "half"))
        report.finish(.interrupted)
        #expect(recorder.take() == "#1 A\n#1 0.000 half\n#1 CANCELED\n")
    }

    @Test("counts a step's time from when it stopped waiting for another build")
    func waitingStep() {
        let report = recorder.plain()
        report.take(.planned(vertices("A")))
        report.take(.waiting(VertexID(0)))
        recorder.wait(milliseconds: 5000)
        report.take(.started(VertexID(0)))
        recorder.wait(milliseconds: 10)
        report.take(.text(0, "x\n"))
        #expect(recorder.take() == "#1 A\n#1 waiting: another build is running this step\n#1 0.010 x\n")
    }

    @Test("puts all warnings at the end, each once, with the line")
    func warnings() {
        let report = recorder.plain()
        report.take(.warning("first", SourceRange(line: 3)))
        report.take(.warning("second", nil))
        report.take(.warning("first", SourceRange(line: 3)))
        report.take(.note("chosen"))
        report.finish(.done)
        #expect(recorder.take() == "note: chosen\n\n 2 warnings found:\n - first (line 3)\n - second\n")
    }

    @Test("shows a line that a carriage return draws over as lines of their own")
    func carriageReturns() {
        let report = recorder.plain()
        report.take(.planned(vertices("A")))
        report.take(.started(VertexID(0)))
        report.take(.text(0, "10%\r20%\r"))
        report.take(.text(0, "\ndos\r\n\nend\r\n"))
        #expect(
            recorder.take() == """
                #1 A
                #1 0.000 10%
                #1 0.000 20%
                #1 0.000 dos
                #1 0.000 \n#1 0.000 end

                """
        )
    }

    struct UnsafeLine: Sendable, CustomTestStringConvertible {
        var bytes: String
        var plain: String
        var coloured: String
        var testDescription: String { plain }
    }

    @Test(
        "leaves out what moves the cursor, and colours where they are not wanted",
        arguments: [
            UnsafeLine(bytes: "a\u{1B}[2K\u{1B}[1Gb", plain: "ab", coloured: "ab"),
            UnsafeLine(bytes: "\u{1B}[31mred", plain: "red", coloured: "\u{1B}[31mred\u{1B}[0m"),
            UnsafeLine(bytes: "\u{1B}[1;32mok\u{1B}[0m", plain: "ok", coloured: "\u{1B}[1;32mok\u{1B}[0m"),
            UnsafeLine(bytes: "\u{1B}[1mb\u{1B}[m.", plain: "b.", coloured: "\u{1B}[1mb\u{1B}[m."),
            UnsafeLine(bytes: "\u{1B}]0;title\u{07}x", plain: "x", coloured: "x"),
            UnsafeLine(bytes: "\u{1B}]8;;http://a\u{1B}\\x", plain: "x", coloured: "x"),
            UnsafeLine(bytes: "\u{1B}]0;no end", plain: "\\x1b]0;no end", coloured: "\\x1b]0;no end"),
            UnsafeLine(bytes: "\u{1B}cx", plain: "x", coloured: "x"),
            UnsafeLine(bytes: "bell\u{07} nul\u{00}", plain: "bell\\x07 nul\\x00", coloured: "bell\\x07 nul\\x00"),
            UnsafeLine(bytes: "c1 \u{9B}2J", plain: "c1 \\x9b2J", coloured: "c1 \\x9b2J"),
            UnsafeLine(bytes: "tab\tü 漢", plain: "tab\tü 漢", coloured: "tab\tü 漢"),
            UnsafeLine(bytes: "end \u{1B}", plain: "end \\x1b", coloured: "end \\x1b"),
        ]
    )
    func controls(_ line: UnsafeLine) {
        for (keepsColours, wanted) in [(false, line.plain), (true, line.coloured)] {
            let report = recorder.plain(keepsColours: keepsColours)
            report.take(.planned(vertices("A")))
            report.take(.text(0, line.bytes + "\n"))
            #expect(recorder.take() == "#1 A\n#1 0.000 \(wanted)\n")
        }
    }

    @Test("writes bytes that are no UTF-8 as replacement characters, and joins characters that come in pieces")
    func invalidBytes() {
        let report = recorder.plain()
        report.take(.planned(vertices("A")))
        report.take(.output(VertexID(0), .standardOutput, [0x61, 0xFF, 0xC3]))
        report.take(.output(VertexID(0), .standardOutput, [0xBC, 0x0A]))
        #expect(recorder.take() == "#1 A\n#1 0.000 a\u{FFFD}ü\n")
    }

    @Test("cuts a line that does not end, not inside of a character, and loses nothing")
    func endlessLine() {
        let report = recorder.plain()
        report.take(.planned(vertices("A")))
        let text = "x" + String(repeating: "ü", count: 100_000)
        report.take(.text(0, text))
        report.take(.finished(VertexID(0), nanoseconds: 0))
        let lines = recorder.take().split(separator: "\n").dropFirst().dropLast()
        #expect(lines.count == 4)
        #expect(lines.map { $0.dropFirst("#1 0.000 ".count) }.joined() == text)
    }

    @Test("quiet shows nothing, but knows which step failed")
    func quiet() {
        let report = recorder.quiet()
        report.take(.planned(vertices("A")))
        report.take(.text(0, "x\n"))
        report.take(.warning("careful", SourceRange(line: 2)))
        report.take(.failed(VertexID(0), message: "no"))
        #expect(recorder.take().isEmpty)
        report.finish(.failed)
        #expect(recorder.take().isEmpty)
        #expect(report.failedStep == "A")
    }
}
