internal import Bytes
internal import Glibc
package import OCI

/// Sizes and ages as docker writes them.
package enum HumanFigures {
    /// Bytes in decimal units with so many significant digits: `1.99MB`.
    ///
    /// A number that rounds up to the next power has an exponent, as in Go's `%.3g`: `1e+03kB`.
    package static func size(_ bytes: Int64, digits: Int32 = 3) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        var buffer = [CChar](repeating: 0, count: 64)
        _ = withVaList([digits, value]) { vsnprintf(&buffer, buffer.count, "%.*g", $0) }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + units[unit]
    }

    /// Now, by the wall clock.
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec)) ?? .epoch
    }

    /// How long ago something was: `About a minute ago`.
    package static func age(of time: Timestamp, at now: Timestamp) -> String {
        let nanoseconds = now.nanoseconds < time.nanoseconds ? 1 : 0
        return duration(seconds: now.seconds - time.seconds - Int64(nanoseconds)) + " ago"
    }

    private static func duration(seconds: Int64) -> String {
        if seconds < 1 { return "Less than a second" }
        if seconds == 1 { return "1 second" }
        if seconds < 60 { return "\(seconds) seconds" }
        let minutes = seconds / 60
        if minutes == 1 { return "About a minute" }
        if minutes < 60 { return "\(minutes) minutes" }
        let hours = (seconds + 1800) / 3600
        if hours == 1 { return "About an hour" }
        if hours < 48 { return "\(hours) hours" }
        if hours < 24 * 7 * 2 { return "\(hours / 24) days" }
        if hours < 24 * 30 * 2 { return "\(hours / 24 / 7) weeks" }
        if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
        return "\(seconds / 3600 / 24 / 365) years"
    }

    /// `2026-01-02 03:04:05 +0000 UTC`.
    package static func dateAndTime(_ time: Timestamp) -> String {
        let text = time.text.text
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) +0000 UTC"
    }

    /// The text cut to so many cells, with an ellipsis as the last where something was cut.
    package static func shortened(_ text: String, to cells: Int) -> String { DisplayWidth.fitted(text, to: cells) }
}
