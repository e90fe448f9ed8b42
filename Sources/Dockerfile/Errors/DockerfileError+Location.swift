package import Bytes

extension DockerfileError {
    /// The same error at a place, with the first occurrence of `text` there marked if it is found.
    ///
    /// A place that the error has already is kept. Meant for errors of `Expansion`, which knows words only.
    package func located(
        at range: SourceRange,
        in source: SourceText,
        marking text: ByteString? = nil
    ) -> DockerfileError {
        guard self.range == nil else { return self }
        var result = self
        result.range = range
        result.source = source
        if range.mark == nil, let text = text ?? markedText {
            result.range?.mark = Self.mark(text, range: range, source: source)
        }
        return result
    }

    /// `name:line`, or just the name, or nil without a place.
    package var location: String? {
        guard let source else { return nil }
        guard let range else { return source.name }
        if let mark = range.mark { return "\(source.name):\(mark.line):\(mark.column)" }
        return "\(source.name):\(range.first)"
    }

    /// Place and message, excerpt with a caret, and remedy; then the same for further mistakes.
    ///
    /// Every line ends in a line feed.
    package var rendered: String {
        var text = (location.map { $0 + ": " } ?? "") + message + "\n"
        if let source, let range { text += SourceExcerpt(source: source, range: range).body }
        if let remedy { text += remedy + "\n" }
        for other in others { text += "\n" + other.rendered }
        return text
    }

    /// The words of the file that are wrong, where the reason names them.
    private var markedText: ByteString? {
        switch reason {
        case .unknownInstruction(let text, _), .unknownFlag(_, let text, _, _), .repeatedFlag(_, let text),
            .flagWithoutValue(_, let text), .flagNotBoolean(_, let text, _), .missingEquals(_, let text),
            .invalidStageName(let text), .unknownHealthcheckType(let text), .invalidDuration(_, let text),
            .durationTooShort(_, let text), .invalidRetries(let text), .invalidNetwork(let text),
            .invalidSecurity(let text), .unknownMountType(let text, _), .unknownOption(_, _, let text, _),
            .optionWithoutValue(_, let text), .invalidOptionValue(_, let text), .unknownSharing(let text, _),
            .variableInMountFrom(let text), .invalidEscapeDirective(let text):
            return text
        case .unterminatedHeredoc(let name): return name
        case .requiredVariable(let name, _, _): return name
        case .wrongArgumentCount(let keyword, _), .instructionBeforeFrom(let keyword), .notStringArray(let keyword),
            .notJSON(let keyword), .nameWithoutValue(let keyword), .notAllowedInOnbuild(let keyword):
            return ByteString(keyword)
        case .badSubstitution, .unsupportedModifier, .unexpectedEnd: return "${"
        case .nulByte: return ByteString([0])
        default: return nil
        }
    }

    /// Where `text` stands in the range: as a whole word if there is one, else anywhere, else in other letter case.
    private static func mark(_ text: ByteString, range: SourceRange, source: SourceText) -> SourceRange.Mark? {
        guard !text.isEmpty, text.count <= 4096 else { return nil }
        let lastLine = min(range.last, source.lineCount, range.first + 1000)
        guard range.first >= 1, range.first <= lastLine else { return nil }
        let lines = (range.first...lastLine).map { source.line($0).bytes }
        for fit in [Fit.word, .anywhere, .anyCase] {
            for (index, line) in lines.enumerated() where line.count <= 1 << 16 {
                if let column = firstIndex(of: text.bytes, in: line, fit) {
                    return SourceRange.Mark(line: range.first + index, column: column + 1, length: text.count)
                }
            }
        }
        return nil
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
