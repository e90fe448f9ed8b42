internal import Graph

/// The lines of one step's two output streams, in the order in which they were completed.
struct StepOutput {
    private var standardOutput = LineAssembler()
    private var standardError = LineAssembler()

    /// Adds a piece of a stream.
    ///
    /// - Returns: the lines that are complete now.
    mutating func take(_ bytes: [UInt8], from stream: OutputStream) -> [[UInt8]] {
        switch stream {
        case .standardOutput: standardOutput.take(bytes)
        case .standardError: standardError.take(bytes)
        }
    }

    /// The lines that have no end.
    mutating func finish() -> [[UInt8]] {
        [standardOutput.finish(), standardError.finish()].compactMap { $0 }
    }
}
