/// How a step is kept apart from the host.
package enum Isolation: String, Sendable, Hashable, CaseIterable {
    /// Namespaces, a root of its own and Docker's capabilities, set up by root. No runtime is started.
    case namespaces

    /// Runs a step and waits for its end.
    ///
    /// Blocks: call it on `BlockingThreads`. When it returns or throws, no process of the step is left.
    ///
    /// - Parameters:
    ///   - step: its root and mounts serve this run only.
    ///   - cancellation: ends the step early from any thread; then ``SandboxError/cancelled`` is thrown.
    ///   - output: gets what the step writes, in the order in which it was read, on this thread. The bytes are valid
    ///     during the call only. A slow `output` slows the step.
    /// - Returns: how the program ended, whatever it ended with.
    /// - Throws: why the program could not be started.
    package func run(
        _ step: Step,
        cancellation: Cancellation = Cancellation(),
        output: (OutputStream, UnsafeRawBufferPointer) -> Void
    ) throws(SandboxError) -> ExitStatus {
        if cancellation.isCancelled { throw .cancelled }
        let process = try StepProcess(starting: step)
        cancellation.attach(pidfd: process.pidfd)
        defer { cancellation.detach() }
        let end = try process.wait(output: output)
        if cancellation.isCancelled { throw .cancelled }
        switch end {
        case .status(let status): return status
        case .failure(let report): throw report.error(in: step)
        }
    }
}

/// One of the two streams that a step writes to.
package enum OutputStream: Sendable, Hashable {
    case standardOutput, standardError
}
