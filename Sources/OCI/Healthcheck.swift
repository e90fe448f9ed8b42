public import Bytes

/// How a container is asked whether it works (Docker image specification 1.3, `Healthcheck`).
///
/// A time of zero and zero retries mean the engine's own.
public struct Healthcheck: Hashable, Sendable {
    /// What is run: `NONE`, `CMD` and arguments, or `CMD-SHELL` and a command.
    ///
    /// Empty takes the base image's.
    public var test: [ByteString]
    /// How long it waits between two questions.
    public var interval: Duration
    /// How long an answer may take.
    public var timeout: Duration
    /// How long failures after the start do not count.
    public var startPeriod: Duration
    /// The interval during the start period.
    public var startInterval: Duration
    /// How many failures in a row make the container unhealthy.
    public var retries: Int64
    /// Members that are not known here, which a rewrite keeps.
    package var unknown = JSONObject()

    /// A check that leaves to the engine what is not given.
    public init(
        test: [ByteString],
        interval: Duration = .zero,
        timeout: Duration = .zero,
        startPeriod: Duration = .zero,
        startInterval: Duration = .zero,
        retries: Int64 = 0
    ) {
        self.test = test
        self.interval = interval
        self.timeout = timeout
        self.startPeriod = startPeriod
        self.startInterval = startInterval
        self.retries = retries
    }
}

extension Healthcheck {
    init(_ fields: JSONFields) throws(OCIError) {
        test = try fields.texts(Name.test) ?? []
        interval = try fields.duration(Name.interval)
        timeout = try fields.duration(Name.timeout)
        startPeriod = try fields.duration(Name.startPeriod)
        startInterval = try fields.duration(Name.startInterval)
        retries = try fields.integer(Name.retries) ?? 0
        unknown = fields.rest(after: Name.all)
    }

    /// The object that configs hold.
    package var json: JSONObject {
        var object = JSONObject()
        object.set(Name.test, test)
        object.set(Name.interval, interval.nanoseconds)
        object.set(Name.timeout, timeout.nanoseconds)
        object.set(Name.startPeriod, startPeriod.nanoseconds)
        object.set(Name.startInterval, startInterval.nanoseconds)
        object.set(Name.retries, retries)
        object.append(unknown)
        return object
    }

    private enum Name {
        static let test: ByteString = "Test"
        static let interval: ByteString = "Interval"
        static let timeout: ByteString = "Timeout"
        static let startPeriod: ByteString = "StartPeriod"
        static let startInterval: ByteString = "StartInterval"
        static let retries: ByteString = "Retries"
        static let all = [test, interval, timeout, startPeriod, startInterval, retries]
    }
}

extension Duration {
    /// Whole nanoseconds; lengths beyond 292 years become the longest that fits.
    fileprivate var nanoseconds: Int64 {
        let (whole, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = whole.addingReportingOverflow(components.attoseconds / 1_000_000_000)
        guard !overflow, !carry else { return components.seconds < 0 ? .min : .max }
        return sum
    }
}
