/// What the program's exit says; the one table of exit codes.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case done = 0
    /// A step or an output failed.
    case buildFailed = 1
    /// A flag or an argument is wrong.
    case wrongUse = 2
    case dockerfileWrong = 3
    /// An image, a context or a file could not be had.
    case inputMissing = 4
    /// The kernel or the state root does not allow what is needed.
    case hostLacksSomething = 5
    /// As a shell reports a process that SIGINT ended.
    case interrupted = 130
}

/// An error whose text was printed where more was known of it; only the exit is left to do.
struct ReportedFailure: Error {
    let status: ExitStatus
}
