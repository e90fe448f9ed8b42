public import Bytes

/// A moment in UTC to the nanosecond, as RFC 3339 writes it; years 0 to 9999.
public struct Timestamp: Hashable, Sendable {
    /// Seconds since 1970, negative before.
    public let seconds: Int64
    /// Nanoseconds after that second, below 1,000,000,000.
    public let nanoseconds: Int32

    /// The start of 1970.
    public static let epoch = Timestamp(unchecked: 0, 0)

    private static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    private init(unchecked seconds: Int64, _ nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// A moment counted from 1970; nil outside the years 0 to 9999, which the text form cannot hold.
    public init?(seconds: Int64, nanoseconds: Int32 = 0) {
        guard Self.range.contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else { return nil }
        self.init(unchecked: seconds, nanoseconds)
    }

    /// Reads RFC 3339 §5.6, with any offset; digits after the ninth of a fraction are dropped.
    ///
    /// - Throws: `OCIError.malformedTimestamp` for other text, days that are not in the calendar, leap seconds.
    public init(_ text: ByteString) throws(OCIError) {
        var reader = FieldReader(text: text.bytes)
        guard let value = reader.timestamp() else { throw .malformedTimestamp(text) }
        self = value
    }

    /// Whole days since 1970 of a date of the Gregorian calendar; March is month 0 of a year here, so that a leap day
    /// is the last of its year.
    fileprivate static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month >= 3 ? month - 3 : month + 9
        // 400 years are added so that no division meets a negative number.
        let years = (month >= 3 ? year : year - 1) + 400
        let leapDays = years / 4 - years / 100 + years / 400
        return years * 365 + leapDays + (shifted * 153 + 2) / 5 + day - 1 - 719_468 - 146_097
    }

    /// The date of a day counted from 1970: the other way round.
    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let sinceMarch = day + 719_468 + 146_097
        let (era, dayOfEra) = sinceMarch.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (dayOfYear * 5 + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (era * 400 + yearOfEra - 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (shifted * 153 + 2) / 5 + 1)
    }

    /// `2026-01-02T03:04:05.5Z`: always UTC, a fraction only where there is one, without trailing zeros.
    public var text: ByteString {
        let secondOfDay = ((seconds % 86_400) + 86_400) % 86_400
        let (year, month, day) = Self.date(ofDay: (seconds - secondOfDay) / 86_400)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(30)
        func append(_ value: Int64, width: Int, after mark: Unicode.Scalar? = nil) {
            if let mark { bytes.append(UInt8(ascii: mark)) }
            let start = bytes.count
            bytes += repeatElement(UInt8(ascii: "0"), count: width)
            var rest = value
            for index in (start..<bytes.count).reversed() {
                bytes[index] += UInt8(rest % 10)
                rest /= 10
            }
        }
        append(year, width: 4)
        append(month, width: 2, after: "-")
        append(day, width: 2, after: "-")
        append(secondOfDay / 3600, width: 2, after: "T")
        append(secondOfDay / 60 % 60, width: 2, after: ":")
        append(secondOfDay % 60, width: 2, after: ":")
        if nanoseconds > 0 {
            append(Int64(nanoseconds), width: 9, after: ".")
            while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
        }
        bytes.append(UInt8(ascii: "Z"))
        return ByteString(bytes)
    }
}

extension Timestamp: Comparable, CustomStringConvertible {
    /// Earlier is smaller.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The text form.
    public var description: String { text.text }
}

/// Reads the fields of a timestamp from left to right.
private struct FieldReader {
    let text: [UInt8]
    var position = 0

    init(text: [UInt8]) { self.text = text }

    mutating func timestamp() -> Timestamp? {
        guard let year = number(digits: 4), skip("-", "-"), let month = number(digits: 2), skip("-", "-"),
            let day = number(digits: 2), skip("T", "t"), let hour = number(digits: 2), skip(":", ":"),
            let minute = number(digits: 2), skip(":", ":"), let second = number(digits: 2)
        else { return nil }
        guard (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day) else { return nil }
        guard hour < 24, minute < 60, second < 60 else { return nil }
        guard let nanoseconds = fraction(), let offset = offset(), position == text.count else { return nil }
        let days = Timestamp.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The nanoseconds after the point; 0 where there is none, nil where no digit follows it.
    private mutating func fraction() -> Int32? {
        guard skip(".", ".") else { return 0 }
        let start = position
        var value: Int32 = 0
        while let digit = digit() {
            if position - start <= 9 { value = value * 10 + Int32(digit) }
        }
        guard position > start else { return nil }
        for _ in 0..<max(0, 9 - (position - start)) { value *= 10 }
        return value
    }

    /// How many seconds local time is ahead of UTC.
    private mutating func offset() -> Int64? {
        if skip("Z", "z") { return 0 }
        let isAhead = skip("+", "+")
        guard isAhead || skip("-", "-") else { return nil }
        guard let hours = number(digits: 2), skip(":", ":"), let minutes = number(digits: 2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (isAhead ? 1 : -1)
    }

    private mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    private mutating func digit() -> UInt8? {
        guard position < text.count, ASCII.isDigit(text[position]) else { return nil }
        position += 1
        return text[position - 1] - UInt8(ascii: "0")
    }

    private mutating func skip(_ mark: Unicode.Scalar, _ other: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: mark) || text[position] == UInt8(ascii: other)
        else {
            return false
        }
        position += 1
        return true
    }
}
