import Bytes

/// Durations as Go writes them, such as `1m30s` or `500ms`.
enum GoDuration {
    private static let units: [(name: ByteString, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// Nanoseconds; nil if the text is no duration or does not fit into 64 bits.
    static func nanoseconds(_ text: ByteString) -> Int64? {
        var bytes = text.bytes[...]
        let isNegative = bytes.first == Byte.minus
        if isNegative || bytes.first == Byte.plus { bytes.removeFirst() }
        if bytes.elementsEqual([Byte.zero]) { return 0 }
        guard !bytes.isEmpty else { return nil }
        var total: UInt64 = 0
        while !bytes.isEmpty {
            guard let part = component(&bytes) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow, sum <= 1 << 63 else { return nil }
            total = sum
        }
        if isNegative { return total == 1 << 63 ? Int64.min : -Int64(total) }
        return total < 1 << 63 ? Int64(total) : nil
    }

    /// Takes one number with its unit.
    private static func component(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        let whole = digits(&bytes)
        var fraction = ArraySlice<UInt8>()
        if bytes.first == Byte.dot {
            bytes.removeFirst()
            fraction = digits(&bytes)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let name = bytes.prefix { $0 != Byte.dot && !($0 >= Byte.zero && $0 <= Byte.nine) }
        bytes = bytes.dropFirst(name.count)
        guard let unit = units.first(where: { $0.name.bytes.elementsEqual(name) })?.nanoseconds else { return nil }
        var value: UInt64 = 0
        for digit in whole {
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            guard !tooLarge, tens <= 1 << 63 else { return nil }
            value = tens + UInt64(digit - Byte.zero)
        }
        let (scaled, overflow) = value.multipliedReportingOverflow(by: unit)
        guard !overflow, scaled <= 1 << 63 else { return nil }
        return scaled + self.fraction(fraction, of: unit)
    }

    /// The part of a unit that digits after the point stand for, as Go computes it.
    private static func fraction(_ digits: ArraySlice<UInt8>, of unit: UInt64) -> UInt64 {
        var value: UInt64 = 0
        var scale = 1.0
        for digit in digits {
            guard value <= (UInt64(1) << 63 - 1) / 10 else { break }
            let next = value * 10 + UInt64(digit - Byte.zero)
            guard next <= 1 << 63 else { break }
            value = next
            scale *= 10
        }
        return value == 0 ? 0 : UInt64(Double(value) * (Double(unit) / scale))
    }

    private static func digits(_ bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = bytes.prefix { $0 >= Byte.zero && $0 <= Byte.nine }
        bytes = bytes.dropFirst(digits.count)
        return digits
    }
}
