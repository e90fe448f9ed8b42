/// One picture of a build: a header, a line for each step, and the last output of those that run.
struct TerminalFrame {
    /// A line with its colour; the text has no controls and fits the terminal.
    struct Line: Equatable {
        var text: String
        /// The colour's number (ECMA-48, SGR); nil for the terminal's own.
        var colour: Int?
    }

    private static let blue = 34
    private static let red = 31
    private static let cyan = 36
    private static let yellow = 33

    private let title: String
    private let columns: Int
    private let time: UInt64

    /// - Parameters:
    ///   - title: what is done: `Building`.
    ///   - columns: the width of the terminal.
    ///   - time: now, on the clock of the board's steps.
    init(title: String = "Building", columns: Int, time: UInt64) {
        self.title = title
        // The last cell stays free: a character in it makes some terminals wrap.
        self.columns = max(columns - 1, 10)
        self.time = time
    }

    /// The picture while the build runs: no higher than `rows`, by leaving out what has ended longest ago.
    func lines(of board: StepBoard, rows: Int, since start: UInt64) -> [Line] {
        let room = max(rows - 2, 1)
        var chosen: [Int: Int] = [:]
        var used = 0
        for (index, step) in board.steps.enumerated().reversed() where step.isActive && used < room {
            chosen[index] = 0
            used += 1
        }
        for (index, step) in board.steps.enumerated().reversed() where !step.isActive && used < room {
            chosen[index] = 0
            used += 1
        }
        for (index, step) in board.steps.enumerated().reversed() where step.isActive && chosen[index] != nil {
            let shown = min(step.tail.count, room - used)
            chosen[index] = shown
            used += shown
        }
        var result = [header(of: board, since: start, outcome: nil)]
        for (index, step) in board.steps.enumerated() {
            guard let tailCount = chosen[index] else { continue }
            result += lines(of: step, tailCount: tailCount)
        }
        return result
    }

    /// The last picture, whole.
    func finalLines(of board: StepBoard, since start: UInt64, outcome: BuildOutcome) -> [Line] {
        var result = [header(of: board, since: start, outcome: outcome)]
        for step in board.steps { result += lines(of: step, tailCount: 0, isFinal: true) }
        return result
    }

    private func header(of board: StepBoard, since start: UInt64, outcome: BuildOutcome?) -> Line {
        let count = "(\(board.finishedCount)/\(outcome == .done ? board.steps.count : board.totalCount))"
        let time = Figures.seconds(time - min(start, time))
        let word =
            switch outcome {
            case nil: ""
            case .done: " FINISHED"
            case .failed: " FAILED"
            case .interrupted: " INTERRUPTED"
            }
        let text = "[+] \(title) \(time) \(count)\(word)"
        return Line(text: DisplayWidth.fitted(text, to: columns), colour: nil)
    }

    private func lines(of step: StepBoard.Step, tailCount: Int, isFinal: Bool = false) -> [Line] {
        let duration = step.isActive ? time - min(step.start, time) : step.nanoseconds
        let clock = Figures.seconds(duration)
        let (mark, colour): (String, Int?) =
            switch step.phase {
            case .waiting where isFinal, .running where isFinal: ("CANCELED ", Self.yellow)
            case .waiting: ("WAITING ", Self.cyan)
            case .running: ("", nil)
            case .cached: ("CACHED ", Self.blue)
            case .done: ("", Self.blue)
            case .failed: ("ERROR ", Self.red)
            }
        let room = columns - clock.utf8.count - 1
        let detail = step.moved.map { bytes, total in
            " " + (step.isActive ? TransferText.figures(bytes, of: total, after: duration) : ByteSize.text(total))
        }
        let name = DisplayWidth.fitted(" => \(mark)\(step.name)\(detail ?? "")", to: room)
        let blanks = String(repeating: " ", count: max(columns - DisplayWidth.of(name) - clock.utf8.count, 1))
        let tail = step.tail.suffix(tailCount).map { line in
            Line(text: DisplayWidth.fitted(" => => # \(line)", to: columns), colour: nil)
        }
        return [Line(text: name + blanks + clock, colour: colour)] + tail
    }
}
