package import Graph

/// A reader of the one event stream that shows a build to people.
///
/// `take` is called from any thread, in order for each step; `finish` is called once, after the last event. All of a
/// report goes to standard error, so that standard output holds results only.
package protocol BuildReport: Sendable {
    /// Shows, or remembers, what happened.
    func take(_ event: BuildEvent)
    /// The build is over: shows what is still to be shown, and nothing after that.
    func finish(_ outcome: BuildOutcome)
    /// The name of the first step that failed, for the text of the failure.
    var failedStep: String? { get }
}

extension BuildReport {
    /// Shows a line of the program's own, which is no part of the build.
    package func note(_ text: String) { take(.note(text)) }
}

/// How a build ended.
package enum BuildOutcome: Sendable, Hashable {
    case done, failed, interrupted
}

/// `--progress`: which report shows a build.
package enum ProgressStyle: String, Sendable, CaseIterable {
    /// ``TerminalProgress`` where standard error is a terminal that can be drawn on, else ``PlainProgress``.
    case auto
    case plain, tty, quiet
}

/// Takes text for people, whole lines or whole frames at a time.
package typealias TextSink = @Sendable (String) -> Void

/// The time since some moment in the past, in nanoseconds; it never goes back.
package typealias NanosecondClock = @Sendable () -> UInt64
