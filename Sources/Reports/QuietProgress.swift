package import Graph
internal import Synchronization

/// `--progress=quiet`: shows nothing but warnings, at the end.
package final class QuietProgress: BuildReport {
    private struct State {
        var names: [VertexID: String] = [:]
        var failedStep: String?
        var warnings = WarningList()
    }

    private let write: TextSink
    private let state = Mutex(State())

    /// - Parameter write: takes the text.
    package init(write: @escaping TextSink) { self.write = write }

    package var failedStep: String? { state.withLock { $0.failedStep } }

    package func take(_ event: BuildEvent) {
        state.withLock { state in
            switch event {
            case .planned(let vertices): for vertex in vertices { state.names[vertex.id] = vertex.name }
            case .failed(let id, _): state.failedStep = state.failedStep ?? state.names[id]
            case .warning(let text, let range): state.warnings.add(text, at: range)
            default: break
            }
        }
    }

    package func finish(_ outcome: BuildOutcome) {
        let text = state.withLock { $0.warnings.text }
        if !text.isEmpty { write(text) }
    }
}
