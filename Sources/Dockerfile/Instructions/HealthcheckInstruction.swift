/// `HEALTHCHECK NONE` or `HEALTHCHECK [OPTIONS] CMD COMMAND`.
package enum HealthcheckInstruction: Sendable, Hashable {
    /// Turns an inherited check off.
    case none
    /// A command to run; times are nanoseconds, 0 where nothing was given.
    case command(HealthcheckCommand)
}

/// The command of a health check and how often it runs.
package struct HealthcheckCommand: Sendable, Hashable {
    /// The command; not empty text, and no empty array.
    package let form: CommandForm
    /// `--interval` in nanoseconds.
    package let interval: Int64
    /// `--timeout` in nanoseconds.
    package let timeout: Int64
    /// `--start-period` in nanoseconds.
    package let startPeriod: Int64
    /// `--start-interval` in nanoseconds.
    package let startInterval: Int64
    /// `--retries`; 0 if not given.
    package let retries: Int
}
