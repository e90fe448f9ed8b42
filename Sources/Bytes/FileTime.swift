/// A point in time as file systems keep it: seconds since 1970 and nanoseconds below one second.
public struct FileTime: Hashable, Sendable, Comparable {
    /// Since 1970-01-01T00:00:00Z; negative before.
    public var seconds: Int64
    /// 0…999,999,999, counted forward also before 1970.
    public var nanoseconds: UInt32

    /// A point in time.
    @inlinable public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Earlier than.
    @inlinable public static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
