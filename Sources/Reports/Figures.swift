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

    /// Bytes in powers of thousand with three digits, as Docker writes them: `512B`, `4.26MB`, `45.6MB`.
    static func bytes(_ count: Int64) -> String {
        guard count >= 1000 else { return "\(count)B" }
        let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
        var unit = 0
        var divisor: Int64 = 1000
        while unit + 1 < units.count, count / divisor >= 1000 {
            unit += 1
            divisor *= 1000
        }
        // 999.5 and more would be four digits: the next unit has it.
        let thousandths = count / (divisor / 1000)
        if thousandths >= 999_500, unit + 1 < units.count { return "1" + units[unit + 1] }
        let places = thousandths < 9_995 ? 2 : thousandths < 99_950 ? 1 : 0
        let step: Int64 = places == 2 ? 10 : places == 1 ? 100 : 1000
        let rounded = (thousandths + step / 2) / step
        let scale: Int64 = places == 2 ? 100 : places == 1 ? 10 : 1
        var text = "\(rounded / scale)"
        if places > 0 {
            let digits = "\(rounded % scale)"
            text += "." + String(repeating: "0", count: places - digits.count) + digits
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        return text + units[unit]
    }

    private static func decimal(_ nanoseconds: UInt64, places: Int) -> String {
        let unit = (0..<(9 - places)).reduce(UInt64(1)) { power, _ in power * 10 }
        let whole = (0..<places).reduce(UInt64(1)) { power, _ in power * 10 }
        let rounded = nanoseconds / unit + (nanoseconds % unit * 2 >= unit ? 1 : 0)
        let digits = String(rounded % whole)
        return "\(rounded / whole)." + String(repeating: "0", count: places - digits.count) + digits
    }
}
