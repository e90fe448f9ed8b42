package import Bytes

extension SourceRange {
    /// The range with a mark where `text` stands in it: as a whole word if there is one, else anywhere, else in other
    /// letter case; without a mark if it stands nowhere.
    package func marking(_ text: ByteString, in source: SourceText) -> SourceRange {
        guard !text.isEmpty, text.count <= 4096 else { return self }
        let lastLine = min(last, source.lineCount, first + 1000)
        guard first >= 1, first <= lastLine else { return self }
        let lines = (first...lastLine).map { source.line($0).bytes }
        var result = self
        for fit in [Fit.word, .anywhere, .anyCase] {
            for (index, line) in lines.enumerated() where line.count <= 1 << 16 {
                if let column = Self.firstIndex(of: text.bytes, in: line, fit) {
                    result.mark = Mark(line: first + index, column: column + 1, length: text.count)
                    return result
                }
            }
        }
        return self
    }

    /// How well a text has to fit.
    private enum Fit {
        case word, anywhere, anyCase
    }

    private static func firstIndex(of needle: [UInt8], in bytes: [UInt8], _ fit: Fit) -> Int? {
        guard bytes.count >= needle.count else { return nil }
        for start in 0...(bytes.count - needle.count) {
            var length = 0
            while length < needle.count {
                let (left, right) = (bytes[start + length], needle[length])
                guard left == right || fit == .anyCase && Ascii.lower(left) == Ascii.lower(right) else { break }
                length += 1
            }
            guard length == needle.count else { continue }
            let end = start + length
            let isInWord =
                start > 0 && isWordByte(bytes[start - 1]) && isWordByte(needle[0])
                || end < bytes.count && isWordByte(bytes[end]) && isWordByte(needle[needle.count - 1])
            if fit != .word || !isInWord { return start }
        }
        return nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        let lower = Ascii.lower(byte)
        return lower >= 0x61 && lower <= 0x7A || byte >= Byte.zero && byte <= Byte.nine || byte == Byte.underscore
            || byte >= 0x80
    }
}
