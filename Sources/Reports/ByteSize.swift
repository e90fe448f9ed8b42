/// Bytes as Docker's tools write them: decimal units, three digits (`77.8MB`).
enum ByteSize {
    private static let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]

    static func text(_ bytes: Int64) -> String {
        guard bytes >= 0 else { return "-" + text(bytes == .min ? .max : -bytes) }
        var divisor: UInt64 = 1
        var unit = 0
        // What would be rounded to 1,000 of a unit is 1 of the next.
        while unit + 1 < units.count, UInt64(bytes) >= 1000 * divisor - divisor / 2 {
            divisor *= 1000
            unit += 1
        }
        return digits(UInt64(bytes), by: divisor) + units[unit]
    }

    /// Three digits of the quotient, without zeros at the end of its fraction.
    private static func digits(_ value: UInt64, by divisor: UInt64) -> String {
        if divisor == 1 { return "\(value)" }
        for (places, scale) in [(2, 100), (1, 10), (0, 1)] as [(Int, UInt64)] {
            // The divisor is divided, not the value multiplied: that could be too large.
            let step = divisor / scale
            let rounded = (value + step / 2) / step
            if rounded >= 1000, places > 0 { continue }
            let rest = String(rounded % scale)
            var fraction = places == 0 ? "" : String(repeating: "0", count: places - rest.count) + rest
            while fraction.last == "0" { fraction.removeLast() }
            return "\(rounded / scale)" + (fraction.isEmpty ? "" : "." + fraction)
        }
        return ""
    }
}
