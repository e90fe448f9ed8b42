import Graph
import Reports
import Testing

@Suite("Terminal progress")
struct TerminalProgressTests {
    private let recorder = Recorder()

    /// A frame without what hides the cursor and clears the rest of lines, which each has.
    private func lines(_ frame: String) -> [String] {
        #expect(frame.hasPrefix("\u{1B}[?25l"))
        #expect(frame.hasSuffix("\u{1B}[J\u{1B}[?25h"))
        return frame.dropFirst(6).dropLast(9).split(separator: "\n").map { line in
            #expect(line.hasSuffix("\u{1B}[K"))
            return String(line.dropLast(3))
        }
    }

    @Test("draws running steps with their last lines, and draws over that ten times a second at most")
    func frames() {
        let report = recorder.terminal()
        report.take(.planned(vertices("FROM busybox", "[1/1] RUN make")))
        report.take(.cached(VertexID(0), .unchanged))
        report.take(.started(VertexID(1)))
        #expect(recorder.take().isEmpty)
        recorder.wait(milliseconds: 200)
        report.take(.text(1, "cc main.c\n"))
        #expect(
            lines(recorder.take()) == [
                "[+] Building 0.2s (1/2)",
                " => CACHED FROM busybox            0.0s",
                " => [1/1] RUN make                 0.2s",
                " => => # cc main.c",
            ]
        )
        report.take(.text(1, "ld\n"))
        #expect(recorder.take().isEmpty)
        recorder.wait(milliseconds: 100)
        report.take(.text(1, "a line that is far too long for the terminal\n"))
        #expect(
            lines(recorder.take()) == [
                "\u{1B}[4A\r[+] Building 0.3s (1/2)",
                " => CACHED FROM busybox            0.0s",
                " => [1/1] RUN make                 0.3s",
                " => => # cc main.c",
                " => => # ld",
                " => => # a line that is far too long f…",
            ]
        )
        report.take(.finished(VertexID(1), nanoseconds: 310_000_000))
        report.finish(.done)
        #expect(
            lines(recorder.take()) == [
                "\u{1B}[6A\r[+] Building 0.3s (2/2) FINISHED",
                " => CACHED FROM busybox            0.0s",
                " => [1/1] RUN make                 0.3s",
            ]
        )
    }

    @Test("shows the last six lines of output")
    func tail() {
        let report = recorder.terminal()
        report.take(.planned(vertices("A")))
        report.take(.started(VertexID(0)))
        recorder.wait(milliseconds: 100)
        report.take(.text(0, (1...9).map { "\($0)\n" }.joined()))
        #expect(lines(recorder.take()).dropFirst(2) == (4...9).map { " => => # \($0)" }[...])
    }

    @Test("is never higher than the terminal: what has ended longest ago is left out, until the end")
    func height() {
        recorder.resize(columns: 40, rows: 5)
        let report = recorder.terminal()
        report.take(.planned(vertices("A", "B", "C", "D", "E")))
        for index in 0..<4 { report.take(.cached(VertexID(index), .unchanged)) }
        report.take(.started(VertexID(4)))
        recorder.wait(milliseconds: 100)
        report.take(.text(4, "x\n"))
        #expect(
            lines(recorder.take()) == [
                "[+] Building 0.1s (4/5)",
                " => CACHED C                       0.0s",
                " => CACHED D                       0.0s",
                " => E                              0.1s",
            ]
        )
        report.take(.finished(VertexID(4), nanoseconds: 0))
        report.finish(.done)
        #expect(lines(recorder.take()).count == 6)
    }

    @Test("moves up over the lines that wrapped when the terminal became narrower")
    func narrower() {
        let report = recorder.terminal()
        report.take(.planned(vertices("A")))
        report.take(.started(VertexID(0)))
        recorder.wait(milliseconds: 100)
        report.take(.text(0, "x\n"))
        _ = recorder.take()
        recorder.resize(columns: 20, rows: 24)
        recorder.wait(milliseconds: 100)
        report.take(.text(0, "y\n"))
        // 23, 39 and 9 cells were drawn: two, two and one lines of 20.
        #expect(lines(recorder.take()).first == "\u{1B}[5A\r[+] Building 0.2s …")
    }

    @Test("measures wide and combining characters in cells")
    func cells() {
        let report = recorder.terminal()
        report.take(.planned(vertices("漢字e\u{301}")))
        report.take(.cached(VertexID(0), .unchanged))
        report.finish(.done)
        #expect(lines(recorder.take())[1] == " => CACHED 漢字e\u{301}" + String(repeating: " ", count: 19) + "0.0s")
    }

    @Test("colours whole lines where colours are wanted, and marks what failed and what was broken off")
    func colours() {
        let report = recorder.terminal(isColoured: true)
        report.take(.planned(vertices("A", "B", "C")))
        report.take(.cached(VertexID(0), .unchanged))
        report.take(.started(VertexID(1)))
        report.take(.started(VertexID(2)))
        report.take(.failed(VertexID(1), message: "no"))
        report.finish(.failed)
        #expect(
            lines(recorder.take()).dropFirst() == [
                "\u{1B}[34m => CACHED A                       0.0s\u{1B}[0m",
                "\u{1B}[31m => ERROR B                        0.0s\u{1B}[0m",
                "\u{1B}[33m => CANCELED C                     0.0s\u{1B}[0m",
            ]
        )
        #expect(report.failedStep == "B")
    }

    @Test("leaves notes above the frame for good, and warnings below the last one")
    func notes() {
        let report = recorder.terminal()
        report.take(.planned(vertices("A")))
        report.take(.started(VertexID(0)))
        recorder.wait(milliseconds: 100)
        report.take(.text(0, "x\n"))
        _ = recorder.take()
        report.take(.note("chosen"))
        let frame = "[+] Building 0.1s (0/1)\u{1B}[K\n => A"
        #expect(recorder.take().hasPrefix("\u{1B}[?25l\u{1B}[3A\r\u{1B}[J\u{1B}[?25hnote: chosen\n\u{1B}[?25l\(frame)"))
        report.take(.warning("careful", nil))
        report.finish(.done)
        #expect(recorder.take().hasSuffix("\u{1B}[?25h\n 1 warning found:\n - careful\n"))
    }

    @Test("writes nothing after its end")
    func silence() {
        let report = recorder.terminal()
        report.take(.planned(vertices("A")))
        report.finish(.done)
        _ = recorder.take()
        recorder.wait(milliseconds: 1000)
        report.take(.started(VertexID(0)))
        report.finish(.done)
        #expect(recorder.take().isEmpty)
    }
}
