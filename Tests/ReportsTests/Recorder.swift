import Graph
import Reports
import Synchronization

/// What a report writes, and the time that it is told.
final class Recorder: Sendable {
    private let written = Mutex("")
    private let time = Mutex<UInt64>(0)
    private let size = Mutex(TerminalSize(columns: 40, rows: 24))

    /// All that was written since the last look.
    func take() -> String {
        written.withLock { text in
            defer { text = "" }
            return text
        }
    }

    /// Lets time go by.
    func wait(milliseconds: UInt64) { time.withLock { $0 += milliseconds * 1_000_000 } }

    func resize(columns: Int, rows: Int) { size.withLock { $0 = TerminalSize(columns: columns, rows: rows) } }

    func plain(keepsColours: Bool = false) -> PlainProgress {
        PlainProgress(keepsColours: keepsColours, now: now, write: write)
    }

    func terminal(isColoured: Bool = false) -> TerminalProgress {
        TerminalProgress(
            isColoured: isColoured,
            ticks: false,
            size: { [self] in size.withLock { $0 } },
            now: now,
            write: write
        )
    }

    func quiet() -> QuietProgress { QuietProgress() }

    private var now: NanosecondClock { { [self] in time.withLock { $0 } } }
    private var write: TextSink { { [self] text in written.withLock { $0 += text } } }
}

/// A graph's vertices with these names, numbered from 0.
func vertices(_ names: String...) -> [Vertex] {
    names.enumerated().map { index, name in
        Vertex(id: VertexID(index), operation: .source(.scratch), inputs: [], name: name, range: nil)
    }
}

extension BuildEvent {
    static func text(_ index: Int, _ text: String, _ stream: OutputStream = .standardOutput) -> BuildEvent {
        .output(VertexID(index), stream, Array(text.utf8))
    }
}
