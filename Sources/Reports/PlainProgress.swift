package import Graph
internal import OCI
internal import Synchronization

/// `--progress=plain`: lines that only ever grow, for files and for people who read them later.
///
/// Every line of a step begins with the step's number, in the order in which steps began:
///
/// ```
/// #2 [1/2] RUN make
/// #2 0.123 cc main.c
/// #2 DONE 0.4s
/// ```
///
/// Steps that run at the same time come between each other, the lines of one step never change their order.
package final class PlainProgress: BuildReport {
    private let write: TextSink
    private let now: NanosecondClock
    private let keepsColours: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - keepsColours: whether colours of steps' output are passed on.
    ///   - now: gives the time.
    ///   - write: takes the text.
    package init(
        keepsColours: Bool,
        now: @escaping NanosecondClock = StandardError.now,
        write: @escaping TextSink = StandardError.write
    ) {
        self.keepsColours = keepsColours
        self.now = now
        self.write = write
    }

    package var failedStep: String? { state.withLock { $0.failedStep } }

    package func take(_ event: BuildEvent) {
        // Written under the lock: the order of lines is the order of events.
        state.withLock { state in
            let text = state.text(for: event, at: now(), keepsColours: keepsColours)
            if !text.isEmpty { write(text) }
        }
    }

    package func finish(_ outcome: BuildOutcome) {
        state.withLock { state in
            let text = state.unfinished(keepsColours: keepsColours, at: now()) + state.warnings.text
            if !text.isEmpty { write(text) }
        }
    }

    /// What has been shown so far.
    private struct State {
        private struct Step {
            var number: Int
            var start: UInt64
            var hasEnded = false
            var output = StepOutput()
        }

        private struct TransferKey: Hashable {
            var blob: Digest
            var direction: BlobTransfer.Direction
        }

        private struct Transfer {
            var number: Int
            var start: UInt64
            var lastLine: UInt64
            var total: Int64 = 0
        }

        /// Between two lines on one transfer.
        private static let transferInterval: UInt64 = 2_000_000_000

        private var names: [VertexID: String] = [:]
        private var steps: [VertexID: Step] = [:]
        private var exports: [String: Int] = [:]
        private var transfers: [TransferKey: Transfer] = [:]
        private var numbers = 0
        var warnings = WarningList()
        var failedStep: String?

        mutating func text(for event: BuildEvent, at time: UInt64, keepsColours: Bool) -> String {
            switch event {
            case .planned(let vertices):
                for vertex in vertices { names[vertex.id] = vertex.name }
                return ""
            case .started(let id):
                let isNew = steps[id] == nil
                let header = header(id, at: time)
                // A step that waited for another process begins to run now.
                if !isNew { steps[id]?.start = time }
                return header
            case .cached(let id, _):
                return ending(id, at: time, keepsColours) + line(id, "CACHED")
            case .waiting(let id):
                return header(id, at: time) + line(id, "waiting: another build is running this step")
            case .output(let id, let stream, let bytes):
                let header = header(id, at: time)
                let lines = steps[id]?.output.take(bytes, from: stream) ?? []
                return header + output(id, lines, at: time, keepsColours: keepsColours)
            case .finished(let id, let nanoseconds):
                return ending(id, at: time, keepsColours) + line(id, "DONE \(Figures.seconds(nanoseconds))")
            case .failed(let id, let message):
                failedStep = failedStep ?? names[id]
                return ending(id, at: time, keepsColours) + line(id, "ERROR: \(message)")
            case .warning(let text, let range):
                warnings.add(text, at: range)
                return ""
            case .note(let text):
                return "note: \(SafeText.message(text))\n"
            case .resolved(let base):
                return "note: \(SafeText.message(TransferText.line(base)))\n"
            case .transferring(let transfer):
                return text(for: transfer, at: time)
            case .exporting(let name):
                guard exports[name] == nil else { return "" }
                exports[name] = nextNumber()
                return gap(before: numbers) + "#\(numbers) \(SafeText.message(name))\n"
            case .exported(let name, let nanoseconds):
                let number = exports[name] ?? nextNumber()
                return "#\(number) DONE \(Figures.seconds(nanoseconds))\n"
            }
        }

        /// The last lines of steps that were broken off.
        mutating func unfinished(keepsColours: Bool, at time: UInt64) -> String {
            steps.filter { !$0.value.hasEnded }
                .sorted { $0.value.number < $1.value.number }
                .map { ending($0.key, at: time, keepsColours) + line($0.key, "CANCELED") }
                .joined()
        }

        private mutating func text(for transfer: BlobTransfer, at time: UInt64) -> String {
            let key = TransferKey(blob: transfer.blob, direction: transfer.direction)
            var result = ""
            if transfers[key] == nil {
                transfers[key] = Transfer(number: nextNumber(), start: time, lastLine: time)
                result = gap(before: numbers) + "#\(numbers) \(TransferText.name(of: key.blob, key.direction))\n"
            }
            guard let known = transfers[key] else { return result }
            let duration = time - min(known.start, time)
            switch transfer.progress {
            case .moving(let bytes, let total):
                transfers[key]?.total = total
                guard time - min(known.lastLine, time) >= Self.transferInterval else { return result }
                transfers[key]?.lastLine = time
                return result + "#\(known.number) \(TransferText.figures(bytes, of: total, after: duration))\n"
            case .done:
                let size = ByteSize.text(known.total)
                return result + "#\(known.number) DONE \(size) in \(Figures.seconds(duration))\n"
            case .spared: return result + "#\(known.number) DONE: the registry has it\n"
            }
        }

        private mutating func nextNumber() -> Int {
            numbers += 1
            return numbers
        }

        private func gap(before number: Int) -> String { number > 1 ? "\n" : "" }

        /// The step's first line, when it is heard of first.
        private mutating func header(_ id: VertexID, at time: UInt64) -> String {
            guard steps[id] == nil else { return "" }
            let number = nextNumber()
            steps[id] = Step(number: number, start: time)
            return gap(before: number) + "#\(number) \(SafeText.message(names[id] ?? "step \(id.index)"))\n"
        }

        private mutating func ending(_ id: VertexID, at time: UInt64, _ keepsColours: Bool) -> String {
            let header = header(id, at: time)
            steps[id]?.hasEnded = true
            let lines = steps[id]?.output.finish() ?? []
            return header + output(id, lines, at: time, keepsColours: keepsColours)
        }

        private func output(_ id: VertexID, _ lines: [[UInt8]], at time: UInt64, keepsColours: Bool) -> String {
            guard let step = steps[id] else { return "" }
            let stamp = Figures.timestamp(time - min(step.start, time))
            return lines.map { "#\(step.number) \(stamp) \(SafeText.line($0, keepsColours: keepsColours))\n" }.joined()
        }

        /// Each line of a text, with the step's number before it.
        private func line(_ id: VertexID, _ text: String) -> String {
            guard let number = steps[id]?.number else { return "" }
            return SafeText.message(text).split(separator: "\n").map { "#\(number) \($0)\n" }.joined()
        }
    }
}
