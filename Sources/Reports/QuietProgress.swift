package import Graph
internal import Synchronization

/// `--progress=quiet`: shows nothing at all, not even warnings.
package final class QuietProgress: BuildReport {
    private struct State {
        var names: [VertexID: String] = [:]
        var failedStep: String?
    }

    private let state = Mutex(State())

    package init() {}

    package var failedStep: String? { state.withLock { $0.failedStep } }

    package func take(_ event: BuildEvent) {
        state.withLock { state in
            switch event {
            case .planned(let vertices): for vertex in vertices { state.names[vertex.id] = vertex.name }
            case .failed(let id, _): state.failedStep = state.failedStep ?? state.names[id]
            default: break
            }
        }
    }

    package func finish(_ outcome: BuildOutcome) {}
}
