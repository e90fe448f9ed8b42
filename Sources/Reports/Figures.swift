/// Numbers as reports write them.
enum Figures {
    /// Seconds with one decimal: `12.3s`.
    static func seconds(_ nanoseconds: UInt64) -> String { decimal(nanoseconds, places: 1) + "s" }

    /// The time of a line of output, of nearly the same length always: `0.123`, `12.34`, `123.4`.
    static func timestamp(_ nanoseconds: UInt64) -> String {
        switch nanoseconds {
        case ..<10_000_000_000: decimal(nanoseconds, places: 3)
        case ..<100_000_000_000: decimal(nanoseconds, places: 2)
        default: decimal(nanoseconds, places: 1)
        }
    }

    /// `1 warning`, `2 warnings`.
    static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    private static func decimal(_ nanoseconds: UInt64, places: Int) -> String {
        let unit = (0..<(9 - places)).reduce(UInt64(1)) { power, _ in power * 10 }
        let whole = (0..<places).reduce(UInt64(1)) { power, _ in power * 10 }
        let rounded = nanoseconds / unit + (nanoseconds % unit * 2 >= unit ? 1 : 0)
        let digits = String(rounded % whole)
        return "\(rounded / whole)." + String(repeating: "0", count: places - digits.count) + digits
    }
}
