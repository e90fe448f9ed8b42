/// Text of others made safe for a terminal.
///
/// What moves the cursor, clears, sets titles or asks the terminal for an answer is left out; colours may stay. Other
/// control characters are written as `\xNN`, and bytes that are not UTF-8 as U+FFFD.
package enum SafeText {
    private static let escape = Unicode.Scalar(0x1B as UInt8)
    private static let reset = "\u{1B}[0m"

    /// A line of a step's output.
    ///
    /// - Parameters:
    ///   - bytes: the line, without its end.
    ///   - keepsColours: whether colour sequences (ECMA-48, SGR) stay; the line then ends with the colours reset.
    /// - Returns: text without any control but tabs and colours.
    static func line(_ bytes: [UInt8], keepsColours: Bool) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        // C1 controls are C2 80 … C2 9F in UTF-8.
        let isPlain = bytes.allSatisfy { ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F && $0 != 0xC2 }
        return isPlain ? text : cleaned(text, keepsColours: keepsColours)
    }

    /// A message, whose line feeds stay.
    package static func message(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line(Array($0.utf8), keepsColours: false) }
            .joined(separator: "\n")
    }

    private static func cleaned(_ text: String, keepsColours: Bool) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = ""
        var position = 0
        var isColoured = false
        while position < scalars.count {
            let scalar = scalars[position]
            if scalar == escape, let end = endOfSequence(scalars, from: position + 1) {
                if keepsColours, isColour(scalars[position..<end]) {
                    result.unicodeScalars.append(contentsOf: scalars[position..<end])
                    isColoured = !isReset(scalars[position..<end])
                }
                position = end
                continue
            }
            position += 1
            if scalar.value < 0x20 && scalar != "\t" || (0x7F...0x9F).contains(scalar.value) {
                let hex = String(scalar.value, radix: 16)
                result += "\\x" + (hex.count < 2 ? "0" : "") + hex
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return isColoured ? result + reset : result
    }

    /// Where a control sequence ends that began before `start` (ECMA-48 §5.4, §5.6; ISO 2022); nil if it does not.
    private static func endOfSequence(_ scalars: [Unicode.Scalar], from start: Int) -> Int? {
        guard start < scalars.count else { return nil }
        switch scalars[start] {
        case "[":
            var position = start + 1
            while position < scalars.count, (0x20...0x3F).contains(scalars[position].value) { position += 1 }
            guard position < scalars.count, (0x40...0x7E).contains(scalars[position].value) else { return nil }
            return position + 1
        case "]", "P", "X", "^", "_":
            for position in (start + 1)..<scalars.count {
                if scalars[position] == "\u{07}" { return position + 1 }
                let isEnd = scalars[position] == "\\" && scalars[position - 1] == escape
                if isEnd, position > start + 1 { return position + 1 }
            }
            return nil
        default:
            var position = start
            while position < scalars.count, (0x20...0x2F).contains(scalars[position].value) { position += 1 }
            guard position < scalars.count, (0x30...0x7E).contains(scalars[position].value) else { return nil }
            return position + 1
        }
    }

    private static func isReset(_ colour: ArraySlice<Unicode.Scalar>) -> Bool {
        colour.dropFirst(2).dropLast().allSatisfy { $0 == "0" }
    }

    private static func isColour(_ sequence: ArraySlice<Unicode.Scalar>) -> Bool {
        guard sequence.last == "m", sequence.dropFirst().first == "[" else { return false }
        return sequence.dropFirst(2).dropLast().allSatisfy { ("0"..."9").contains($0) || $0 == ";" || $0 == ":" }
    }
}
