package import Graph
internal import Glibc
internal import Synchronization

/// `--progress=tty`: draws the build in place, at most ten times a second, and at the end once more, whole.
///
/// A frame is one write that moves up over the last frame and draws over it; the cursor is hidden only inside of it, so
/// nothing has to be restored whenever the process ends. A build that is over before a tenth of a second is drawn once.
package final class TerminalProgress: BuildReport {
    /// Between two frames.
    private static let interval: UInt64 = 100_000_000

    private struct State {
        var board = StepBoard()
        var start: UInt64
        var lastFrame: UInt64
        /// How wide each line of the last frame is.
        var drawn: [Int] = []
        var hasTicker = false
        var isFinished = false
    }

    private let title: String
    private let isColoured: Bool
    private let write: TextSink
    private let now: NanosecondClock
    private let size: @Sendable () -> TerminalSize
    private let ticks: Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - title: what is done.
    ///   - isColoured: whether lines have colours.
    ///   - ticks: whether an own thread draws while no event comes; without it the caller's events alone do.
    ///   - size: asks the terminal.
    ///   - now: gives the time.
    ///   - write: takes a frame.
    package init(
        title: String = "Building",
        isColoured: Bool,
        ticks: Bool = true,
        size: @escaping @Sendable () -> TerminalSize = StandardError.size,
        now: @escaping NanosecondClock = StandardError.now,
        write: @escaping TextSink = StandardError.write
    ) {
        self.title = title
        self.isColoured = isColoured
        self.ticks = ticks
        self.size = size
        self.now = now
        self.write = write
        let start = now()
        state = Mutex(State(start: start, lastFrame: start))
    }

    package var failedStep: String? { state.withLock { $0.board.failedStep } }

    package func take(_ event: BuildEvent) {
        let startsTicker = state.withLock { state in
            guard !state.isFinished else { return false }
            let time = now()
            state.board.take(event, at: time)
            switch event {
            case .note(let text): put("note: \(SafeText.message(text))\n", above: &state)
            case .resolved(let base): put("note: \(SafeText.message(TransferText.line(base)))\n", above: &state)
            default: break
            }
            drawIfDue(&state, at: time)
            guard ticks, !state.hasTicker, state.board.steps.contains(where: \.isActive) else { return false }
            state.hasTicker = true
            return true
        }
        // Without a thread there are frames with events only.
        if startsTicker { BackgroundThread.start { [self] in tick() } }
    }

    package func finish(_ outcome: BuildOutcome) {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            let frame = TerminalFrame(title: title, columns: size().columns, time: now())
            let lines = frame.finalLines(of: state.board, since: state.start, outcome: outcome)
            write(picture(lines, over: state.drawn) + state.board.warnings.text)
        }
    }

    /// Puts text for good where the frame is, which is drawn anew below it.
    private func put(_ text: String, above state: inout State) {
        write(picture([], over: state.drawn) + text)
        state.drawn = []
        state.lastFrame = 0
    }

    private func tick() {
        while true {
            usleep(useconds_t(Self.interval / 1000))
            let isFinished = state.withLock { state in
                if !state.isFinished { drawIfDue(&state, at: now()) }
                return state.isFinished
            }
            if isFinished { return }
        }
    }

    private func drawIfDue(_ state: inout State, at time: UInt64) {
        guard time >= state.lastFrame + Self.interval, !state.board.steps.isEmpty else { return }
        let size = size()
        let frame = TerminalFrame(title: title, columns: size.columns, time: time)
        let lines = frame.lines(of: state.board, rows: size.rows, since: state.start)
        write(picture(lines, over: state.drawn))
        state.drawn = lines.map { DisplayWidth.of($0.text) }
        state.lastFrame = time
    }

    /// The text that replaces the last frame by these lines.
    private func picture(_ lines: [TerminalFrame.Line], over drawn: [Int]) -> String {
        let columns = max(size().columns, 1)
        // A terminal that became narrower has wrapped the lines of the last frame.
        let height = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
        var result = "\u{1B}[?25l"
        if height > 0 { result += "\u{1B}[\(height)A\r" }
        for line in lines {
            if isColoured, let colour = line.colour {
                result += "\u{1B}[\(colour)m\(line.text)\u{1B}[0m\u{1B}[K\n"
            } else {
                result += line.text + "\u{1B}[K\n"
            }
        }
        return result + "\u{1B}[J\u{1B}[?25h"
    }
}
