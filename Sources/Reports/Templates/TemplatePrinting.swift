internal import Bytes

/// What Go's `fmt` makes of values: `Sprint`, `Sprintln` and `Sprintf`.
enum TemplatePrinting {
    /// Spaces stand between values of which neither is text.
    static func print(_ values: [GoValue]) -> ByteString {
        var result: [UInt8] = []
        for (index, value) in values.enumerated() {
            if index > 0, !isText(value), !isText(values[index - 1]) { result.append(0x20) }
            result += value.printed.bytes
        }
        return ByteString(result)
    }

    static func println(_ values: [GoValue]) -> ByteString {
        values.map(\.printed).joined(separator: " ") + "\n"
    }

    private static func isText(_ value: GoValue) -> Bool { if case .text = value { true } else { false } }

    /// One verb with its flags.
    private struct Verb {
        var isLeft = false
        var hasZeros = false
        var hasSign = false
        var width = 0
        var precision: Int?
        var letter: UInt8 = 0
    }

    private static let sizeLimit = 65_536

    static func printf(_ format: ByteString, _ values: [GoValue]) throws(TemplateFunctions.Failure) -> ByteString {
        var result: [UInt8] = []
        var rest = format.bytes[...]
        var next = 0
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            let verb = try verb(&rest)
            if verb.letter == UInt8(ascii: "%") {
                result.append(byte)
                continue
            }
            guard next < values.count else {
                result += "%!\(Character(Unicode.Scalar(verb.letter)))(MISSING)".utf8
                continue
            }
            result += padded(try text(values[next], verb), verb)
            next += 1
        }
        if next < values.count {
            let extra = values[next...].map { "\($0.kind)=\($0.printed.text)" }.joined(separator: ", ")
            result += "%!(EXTRA \(extra))".utf8
        }
        return ByteString(result)
    }

    private static func verb(_ rest: inout ArraySlice<UInt8>) throws(TemplateFunctions.Failure) -> Verb {
        var verb = Verb()
        flags: while let flag = rest.first {
            switch flag {
            case UInt8(ascii: "-"): verb.isLeft = true
            case UInt8(ascii: "0"): verb.hasZeros = true
            case UInt8(ascii: "+"): verb.hasSign = true
            case UInt8(ascii: " "), UInt8(ascii: "#"):
                throw TemplateFunctions.Failure("the flag \"\(Character(Unicode.Scalar(flag)))\" is not supported")
            default: break flags
            }
            rest.removeFirst()
        }
        verb.width = try number(&rest) ?? 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            verb.precision = try number(&rest) ?? 0
        }
        guard let letter = rest.popFirst() else { throw TemplateFunctions.Failure("the format ends in a verb") }
        verb.letter = letter
        return verb
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) throws(TemplateFunctions.Failure) -> Int? {
        var value: Int?
        while let digit = rest.first, (0x30...0x39).contains(digit) {
            rest.removeFirst()
            value = (value ?? 0) * 10 + Int(digit - 0x30)
            if let value, value > sizeLimit { throw TemplateFunctions.Failure("a width is over \(sizeLimit)") }
        }
        return value
    }

    private static func text(_ value: GoValue, _ verb: Verb) throws(TemplateFunctions.Failure) -> [UInt8] {
        switch (verb.letter, value) {
        case (UInt8(ascii: "v"), .integer(let number)), (UInt8(ascii: "d"), .integer(let number)):
            return Array(((verb.hasSign && number >= 0 ? "+" : "") + String(number)).utf8)
        case (UInt8(ascii: "x"), .integer(let number)): return Array(String(number, radix: 16).utf8)
        case (UInt8(ascii: "X"), .integer(let number)):
            return Array(String(number, radix: 16, uppercase: true).utf8)
        case (UInt8(ascii: "s"), .integer), (UInt8(ascii: "s"), .bool): break
        case (UInt8(ascii: "v"), _), (UInt8(ascii: "s"), _): return cut(value.printed, verb)
        case (UInt8(ascii: "q"), .text(let text)): return Array(quoted(ByteString(cut(text, verb))).utf8)
        case (UInt8(ascii: "x"), .text(let text)):
            return text.bytes.flatMap { Array((($0 < 16 ? "0" : "") + String($0, radix: 16)).utf8) }
        case (UInt8(ascii: "t"), .bool): return value.printed.bytes
        case (UInt8(ascii: "d"), _), (UInt8(ascii: "q"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "x"), _),
            (UInt8(ascii: "X"), _):
            break
        default:
            throw TemplateFunctions.Failure("the verb %\(Character(Unicode.Scalar(verb.letter))) is not supported")
        }
        // As Go tells of a verb that does not fit.
        return Array("%!\(Character(Unicode.Scalar(verb.letter)))(\(value.kind)=\(value.printed.text))".utf8)
    }

    /// A precision counts characters.
    private static func cut(_ text: ByteString, _ verb: Verb) -> [UInt8] {
        guard let precision = verb.precision else { return text.bytes }
        return Array(String(String.UnicodeScalarView(text.text.unicodeScalars.prefix(precision))).utf8)
    }

    private static func padded(_ text: [UInt8], _ verb: Verb) -> [UInt8] {
        let missing = verb.width - String(decoding: text, as: UTF8.self).unicodeScalars.count
        guard missing > 0 else { return text }
        if verb.isLeft { return text + [UInt8](repeating: 0x20, count: missing) }
        guard verb.hasZeros else { return [UInt8](repeating: 0x20, count: missing) + text }
        let sign = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") ? 1 : 0
        return text[..<sign] + [UInt8](repeating: UInt8(ascii: "0"), count: missing) + text[sign...]
    }

    private static func quoted(_ text: ByteString) -> String {
        var result = "\""
        for scalar in text.text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
