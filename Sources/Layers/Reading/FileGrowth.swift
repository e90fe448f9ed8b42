/// How far a file is that somebody writes while others read it, such as a blob on its way from a registry.
///
/// The file itself is the buffer between the two: the writer never waits for a reader, a reader waits for bytes.
package final class FileGrowth: Sendable {
    private struct State {
        var size: Int64 = 0
        /// How often the writer began anew; what was read before is worth nothing then.
        var generation = 0
        var end: Result<Void, any Error>?
    }

    private let state = Monitor(State())

    package init() {}

    /// So many bytes are in the file, from its start.
    package func grew(to size: Int64) { state.change { $0.size = size } }

    /// The writer has thrown away all that was in the file.
    package func restarted() {
        state.change { state in
            state.size = 0
            state.generation += 1
        }
    }

    /// Nothing more comes: the file is whole, or never will be.
    ///
    /// Only the first call counts.
    package func ended(_ result: Result<Void, any Error>) {
        state.change { $0.end = $0.end ?? result }
    }

    /// Whether the file is whole.
    package var isWhole: Bool {
        state.change { state in if case .success? = state.end { true } else { false } }
    }

    /// Waits until nothing more comes; blocks the thread.
    ///
    /// - Throws: what the writer failed with.
    package func wait() throws { try state.wait { $0.end }.get() }

    /// Waits until there is a byte at an offset, or the file is whole; blocks the thread.
    ///
    /// - Parameters:
    ///   - offset: what the reader has read.
    ///   - generation: the one that it reads; taken at its first call.
    /// - Returns: how many bytes are there; no more than `offset` at the end.
    /// - Throws: what the writer failed with, or `LayersError.startedAnew` if what was read is worth nothing any more.
    func size(beyond offset: Int64, of generation: inout Int?) throws -> Int64 {
        let known = generation
        let (size, current): (Int64, Int) = try state.wait { state -> Result<(Int64, Int), any Error>? in
            if let known, known != state.generation, offset > 0 { return .failure(LayersError.startedAnew) }
            if case .failure(let error)? = state.end { return .failure(error) }
            if state.size > offset || state.end != nil { return .success((state.size, state.generation)) }
            return nil
        }.get()
        generation = current
        return size
    }
}
