internal import Bytes
internal import Glibc
internal import OCI

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
        guard let date = seconds(ofDate: text) else { return nil }
        return .seconds(max(0, date - now))
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7, IMF-fixdate; the two older forms are not read).
    private static func seconds(ofDate text: String) -> Int64? {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, words[5] == "GMT", words[1].count == 2,
            let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return try? Timestamp(ByteString("\(words[3])-\(number)-\(words[1])T\(words[4])Z")).seconds
    }
}
