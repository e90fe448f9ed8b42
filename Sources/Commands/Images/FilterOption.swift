internal import BuildEngine
internal import Bytes
internal import Glibc
internal import OCI

/// A value of `images --filter`.
struct FilterOption {
    let filter: ImageFilter

    /// - Throws: `UsageError` for a filter that docker does not have, or a value that it does not take.
    init(_ text: ByteString) throws {
        let equals = UInt8(ascii: "=")
        guard let end = text.bytes.firstIndex(of: equals) else {
            throw UsageError.malformed(flag: "--filter", value: text, reason: "it is name=value")
        }
        var name = ByteString(Array(text.bytes[..<end])).lowercased
        while name.bytes.last == 0x20 { name.bytes.removeLast() }
        let value = ByteString(Array(text.bytes[(end + 1)...]))
        let parts = value.bytes.split(separator: equals, maxSplits: 1, omittingEmptySubsequences: false)
        let key = parts.first.map { ByteString(Array($0)) } ?? ""
        let rest = parts.count > 1 ? ByteString(Array(parts[1])) : nil
        switch name {
        case "dangling":
            guard let isWanted = FilterOption.flag(value) else {
                throw UsageError.malformed(flag: "--filter", value: text, reason: "dangling is true or false")
            }
            filter = .dangling(isWanted)
        case "label": filter = .label(key, value: rest)
        case "label!": filter = .withoutLabel(key, value: rest)
        case "before": filter = .before(value)
        case "since": filter = .since(value)
        case "reference": filter = .reference(value)
        case "until":
            guard let time = FilterOption.time(value) else {
                throw UsageError.malformed(
                    flag: "--filter",
                    value: text,
                    reason: "until is a time such as 2026-01-02T03:04:05Z, seconds since 1970, or an age such as 24h"
                )
            }
            filter = .until(time)
        default:
            throw UsageError.malformed(
                flag: "--filter",
                value: text,
                reason: "there are dangling, label, label!, before, since, until and reference"
            )
        }
    }

    private static func flag(_ value: ByteString) -> Bool? {
        if DockerFlag.trueWords.contains(value) { return true }
        return DockerFlag.falseWords.contains(value) ? false : nil
    }

    /// A date, a date and time, seconds, or an age in Go's units before now.
    private static func time(_ value: ByteString) -> Timestamp? {
        if let time = try? Timestamp(value) { return time }
        for suffix: ByteString in ["Z", "T00:00:00Z"] { if let time = try? Timestamp(value + suffix) { return time } }
        if let seconds = Int64(value.text) { return Timestamp(seconds: seconds) }
        var total: Int64 = 0
        var rest = value.bytes[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            guard let count = Int64(String(decoding: digits, as: UTF8.self)), let unit = rest.popFirst() else {
                return nil
            }
            let units: [UInt8: Int64] = [UInt8(ascii: "h"): 3600, UInt8(ascii: "m"): 60, UInt8(ascii: "s"): 1]
            guard let seconds = units[unit], count < 1 << 30 else { return nil }
            total += count * seconds
        }
        return Timestamp(seconds: Int64(Glibc.time(nil)) - total)
    }
}
