internal import Bytes
internal import OCI

/// Dates of HTTP headers (RFC 9110 §5.6.7).
enum HTTPDate {
    /// Seconds since 1970; nil for what is no date.
    ///
    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT` and the two older forms, `Sunday, 06-Nov-94 08:49:37 GMT` and
    /// `Sun Nov  6 08:49:37 1994`.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split { $0 == " " || $0 == "-" }.map(String.init)
        switch words.count {
        case 6 where words[5] == "GMT" && words[0].hasSuffix(","):
            return seconds(year: words[3], words[2], words[1], words[4])
        case 5: return seconds(year: words[4], words[1], words[2], words[3])
        default: return nil
        }
    }

    private static func seconds(year: String, _ monthName: String, _ day: String, _ time: String) -> Int64? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard let month = months.firstIndex(of: monthName), let year = fullYear(year), day.utf8.count <= 2 else {
            return nil
        }
        func two(_ text: String) -> String { text.utf8.count == 1 ? "0" + text : text }
        return try? Timestamp(ByteString("\(year)-\(two(String(month + 1)))-\(two(day))T\(time)Z")).seconds
    }

    /// Of two digits those from 69 on are of the last century, as in POSIX.
    private static func fullYear(_ text: String) -> String? {
        switch text.utf8.count {
        case 4: text
        case 2: (Int(text).map { $0 >= 69 } ?? true) ? "19" + text : "20" + text
        default: nil
        }
    }
}
