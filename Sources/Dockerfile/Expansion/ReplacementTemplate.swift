/// The replacement of `${name//pattern/replacement}`, in which `$0` stands for the match.
struct ReplacementTemplate {
    private enum Part {
        case text([UInt8])
        case match
    }

    private var parts: [Part] = []

    /// Reads the replacement: `$$` is a dollar sign, `$0` and `${0}` are the match, another name or number is
    /// nothing, since the pattern has no groups; a `$` that begins none of these is itself.
    init(_ bytes: [UInt8]) {
        guard bytes.contains(Byte.dollar) else {
            parts = [.text(bytes)]
            return
        }
        var text: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == Byte.dollar else {
                text.append(bytes[position])
                position += 1
                continue
            }
            position += 1
            if position < bytes.count, bytes[position] == Byte.dollar {
                text.append(Byte.dollar)
                position += 1
            } else if let (name, end) = Self.name(in: bytes, at: position) {
                position = end
                if name.elementsEqual([Byte.zero]) {
                    parts.append(.text(text))
                    parts.append(.match)
                    text = []
                }
            } else {
                text.append(Byte.dollar)
            }
        }
        parts.append(.text(text))
    }

    /// The name after a `$`, in braces or not, and where it ends.
    private static func name(in bytes: [UInt8], at start: Int) -> (ArraySlice<UInt8>, Int)? {
        let isBraced = start < bytes.count && bytes[start] == Byte.openBrace
        let nameStart = isBraced ? start + 1 : start
        var end = nameStart
        while end < bytes.count {
            let (value, width) = Scalars.decode(bytes, at: end)
            guard Scalars.isLetter(value) || Scalars.isDigit(value) || value == UInt32(Byte.underscore) else { break }
            end += width
        }
        guard end > nameStart else { return nil }
        guard isBraced else { return (bytes[nameStart..<end], end) }
        guard end < bytes.count, bytes[end] == Byte.closeBrace else { return nil }
        return (bytes[nameStart..<end], end + 1)
    }

    /// Appends the replacement for `match`.
    func append(to result: inout [UInt8], match: [UInt8]) {
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .match: result += match
            }
        }
    }
}
