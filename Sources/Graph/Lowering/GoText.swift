package import Bytes

/// Texts as BuildKit's Go code writes them into an image's history and into errors: tools compare and parse them.
package enum GoText {
    /// `%v` of a list: `[a b]`.
    static func list(_ values: [ByteString]) -> ByteString { "[" + values.joined(separator: " ") + "]" }

    /// `%q` of a list: `["a" "b"]`.
    static func quotedList(_ values: [ByteString]) -> ByteString { list(values.map(quoted)) }

    /// `%q`: double quotes, control characters and bytes that are not UTF-8 escaped.
    package static func quoted(_ value: ByteString) -> ByteString {
        var result: [UInt8] = [0x22]
        var decoder = Unicode.UTF8.ForwardParser()
        var bytes = value.bytes[...].makeIterator()
        var position = 0
        while true {
            switch decoder.parseScalar(from: &bytes) {
            case .emptyInput:
                result.append(0x22)
                return ByteString(result)
            case .error(let length):
                for byte in value.bytes[position..<position + length] { result += hex("\\x", UInt32(byte), digits: 2) }
                position += length
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                let length = encoded.count
                append(scalar, raw: value.bytes[position..<position + length], to: &result)
                position += length
            }
        }
    }

    private static func append(_ scalar: Unicode.Scalar, raw: ArraySlice<UInt8>, to result: inout [UInt8]) {
        switch scalar.value {
        case 0x22: result += Array("\\\"".utf8)
        case 0x5C: result += Array("\\\\".utf8)
        case 0x07: result += Array("\\a".utf8)
        case 0x08: result += Array("\\b".utf8)
        case 0x0C: result += Array("\\f".utf8)
        case 0x0A: result += Array("\\n".utf8)
        case 0x0D: result += Array("\\r".utf8)
        case 0x09: result += Array("\\t".utf8)
        case 0x0B: result += Array("\\v".utf8)
        case 0..<0x20, 0x7F: result += hex("\\x", scalar.value, digits: 2)
        default:
            if isPrintable(scalar) {
                result += raw
            } else if scalar.value < 0x10000 {
                result += hex("\\u", scalar.value, digits: 4)
            } else {
                result += hex("\\U", scalar.value, digits: 8)
            }
        }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar.value == 0x20
        default: true
        }
    }

    private static func hex(_ prefix: String, _ value: UInt32, digits: Int) -> [UInt8] {
        let text = String(value, radix: 16)
        return Array((prefix + String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }

    /// A Go duration: `1h2m3.5s`, `500ms`, `0s`.
    static func duration(nanoseconds: Int64) -> ByteString {
        if nanoseconds == 0 { return "0s" }
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if magnitude < 1_000 { return ByteString("\(sign)\(magnitude)ns") }
        if magnitude < 1_000_000 { return ByteString(sign + decimal(magnitude, unit: 1_000) + "µs") }
        if magnitude < 1_000_000_000 { return ByteString(sign + decimal(magnitude, unit: 1_000_000) + "ms") }
        let minutes = magnitude / 60_000_000_000
        let seconds = decimal(magnitude % 60_000_000_000, unit: 1_000_000_000) + "s"
        if minutes == 0 { return ByteString(sign + seconds) }
        if minutes < 60 { return ByteString("\(sign)\(minutes)m\(seconds)") }
        return ByteString("\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)")
    }

    private static func decimal(_ value: UInt64, unit: UInt64) -> String {
        let rest = value % unit
        guard rest != 0 else { return String(value / unit) }
        var fraction = String(rest)
        fraction = String(repeating: "0", count: String(unit).count - 1 - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return "\(value / unit).\(fraction)"
    }
}
