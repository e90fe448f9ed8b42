internal import Bytes
package import Graph
internal import Layers
internal import Linux
internal import OCI
package import Solver
internal import Store
package import Trees

extension LocalExecutor {
    package func open(
        _ source: Source,
        for vertex: VertexID,
        reading reads: [TreeRead]
    ) async throws -> OpenedSource {
        switch source {
        case .scratch: return OpenedSource(state: .empty)
        case .image(let image): return try await open(image, for: vertex)
        case .local(let local):
            let tree = try await inputs.open(local, for: vertex, reading: reads)
            return OpenedSource(state: StepState(tree: tree, times: StepState.empty.times))
        case .git(let repository): return try await open(repository, for: vertex, reading: reads)
        case .http(let file):
            let tree = try await inputs.files.open(file, for: vertex, secrets, events)
            return OpenedSource(state: StepState(tree: tree, times: StepState.empty.times))
        }
    }

    private func open(_ image: BaseImage, for vertex: VertexID) async throws -> OpenedSource {
        let unpack = BaseUnpack(store: store, images: inputs.images, deltas: deltas, events: events)
        let start = ContinuousClock.now
        let (source, wasPacked) = try await unpack.open(image) { [events] in events(.started(vertex)) }
        if wasPacked { events(.finished(vertex, nanoseconds: (.now - start).nanoseconds)) }
        return source
    }
}
