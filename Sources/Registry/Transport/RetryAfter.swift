internal import Glibc

/// The `Retry-After` header (RFC 9110 §10.2.3): seconds, or a date.
enum RetryAfter {
    /// - Parameters:
    ///   - text: the header's value.
    ///   - now: seconds since 1970.
    /// - Returns: how long to wait, never negative; nil for what is neither.
    static func duration(_ text: String, now: Int64 = Int64(time(nil))) -> Duration? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // A number too large to hold is a long time.
            return .seconds(Int64(text).map { min($0, 1 << 31) } ?? 1 << 31)
        }
        guard let date = HTTPDate.seconds(text) else { return nil }
        return .seconds(max(0, date - now))
    }
}
