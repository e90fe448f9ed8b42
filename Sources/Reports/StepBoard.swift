internal import Graph
internal import OCI

/// Where every step stands: what a report needs that draws the whole build again and again.
struct StepBoard {
    /// One step, or one part of the export.
    struct Step {
        /// How far it is.
        enum Phase: Equatable {
            case waiting, running, cached, done, failed
        }

        var name: String
        var phase: Phase
        var start: UInt64
        /// How long it ran, once it has ended.
        var nanoseconds: UInt64 = 0
        /// The last lines of its output.
        var tail: [String] = []
        /// How much has moved and how much there is, of a transfer.
        var moved: (bytes: Int64, total: Int64)?
        var output = StepOutput()

        /// Whether there is still something to come.
        var isActive: Bool { phase == .running || phase == .waiting }
    }

    private enum Key: Hashable {
        case vertex(VertexID)
        case export(String)
        case transfer(Digest, BlobTransfer.Direction)
    }

    /// How many lines of output a running step shows.
    private static let tailLimit = 6

    private var names: [VertexID: String] = [:]
    private var positions: [Key: Int] = [:]
    /// In the order in which they began.
    private(set) var steps: [Step] = []
    private(set) var warnings = WarningList()
    private(set) var failedStep: String?
    /// Export steps and transfers, which no plan tells of.
    private var unplannedCount = 0

    /// How many steps have come to their end.
    var finishedCount: Int { steps.count { $0.phase == .done || $0.phase == .cached } }
    /// How many there are, as far as that is known.
    var totalCount: Int { max(names.count + unplannedCount, steps.count) }

    /// Takes in what happened at a time.
    mutating func take(_ event: BuildEvent, at time: UInt64) {
        switch event {
        case .planned(let vertices):
            for vertex in vertices { names[vertex.id] = vertex.name }
        case .started(let id): begin(.vertex(id), at: time)
        case .waiting(let id): begin(.vertex(id), as: .waiting, at: time)
        case .cached(let id, _): end(.vertex(id), as: .cached, at: time)
        case .finished(let id, let nanoseconds): end(.vertex(id), as: .done, after: nanoseconds, at: time)
        case .failed(let id, _):
            failedStep = failedStep ?? names[id]
            end(.vertex(id), as: .failed, at: time)
        case .output(let id, let stream, let bytes):
            let position = position(.vertex(id), as: .running, at: time)
            show(steps[position].output.take(bytes, from: stream), at: position)
        case .warning(let text, let range): warnings.add(text, at: range)
        case .note, .resolved: break
        case .transferring(let transfer): move(transfer, at: time)
        case .exporting(let name): begin(.export(name), at: time)
        case .exported(let name, let nanoseconds): end(.export(name), as: .done, after: nanoseconds, at: time)
        }
    }

    private mutating func begin(_ key: Key, as phase: Step.Phase = .running, at time: UInt64) {
        let position = position(key, as: phase, at: time)
        steps[position].phase = phase
        steps[position].start = time
    }

    private mutating func end(
        _ key: Key,
        as phase: Step.Phase,
        after nanoseconds: UInt64? = nil,
        at time: UInt64
    ) {
        let position = position(key, as: phase, at: time)
        show(steps[position].output.finish(), at: position)
        steps[position].phase = phase
        steps[position].nanoseconds = nanoseconds ?? (time - min(steps[position].start, time))
    }

    private mutating func move(_ transfer: BlobTransfer, at time: UInt64) {
        let key = Key.transfer(transfer.blob, transfer.direction)
        let position = position(key, as: .running, at: time)
        switch transfer.progress {
        case .moving(let bytes, let total): steps[position].moved = (bytes, total)
        case .done: end(key, as: .done, at: time)
        case .spared: end(key, as: .cached, at: time)
        }
    }

    private mutating func show(_ lines: [[UInt8]], at position: Int) {
        for line in lines.suffix(Self.tailLimit) {
            steps[position].tail.append(DisplayWidth.untabbed(SafeText.line(line, keepsColours: false)))
        }
        let excess = steps[position].tail.count - Self.tailLimit
        if excess > 0 { steps[position].tail.removeFirst(excess) }
    }

    private mutating func position(_ key: Key, as phase: Step.Phase, at time: UInt64) -> Int {
        if let known = positions[key] { return known }
        let name: String
        switch key {
        case .vertex(let id): name = names[id] ?? "step \(id.index)"
        case .export(let text):
            name = text
            unplannedCount += 1
        case .transfer(let digest, let direction):
            name = TransferText.name(of: digest, direction)
            unplannedCount += 1
        }
        positions[key] = steps.count
        steps.append(Step(name: DisplayWidth.untabbed(SafeText.message(name)), phase: phase, start: time))
        return steps.count - 1
    }
}
