import Bytes

extension WordExpander {
    /// Expands `$name` or `${name…}` at the position.
    mutating func expandDollar() throws(DockerfileError) -> [UInt8] {
        position += 1
        guard next == Byte.openBrace else {
            let name = readName()
            if name.isEmpty { return [Byte.dollar] }
            if let value = try value(of: name) { return value.bytes }
            return expansion.options.contains(.keepsUnset) ? [Byte.dollar] + name.bytes : []
        }
        position += 1
        switch next {
        case nil: throw DockerfileError(.unexpectedEnd(missing: "}"))
        case Byte.openBrace, Byte.closeBrace, Byte.colon: throw DockerfileError(.badSubstitution)
        default: break
        }
        let name = readName()
        guard let modifier = next else { throw DockerfileError(.unexpectedEnd(missing: "}")) }
        position += 1
        switch modifier {
        case Byte.closeBrace:
            if let value = try value(of: name) { return value.bytes }
            return expansion.options.contains(.keepsUnset) ? written(name, "", []) : []
        case Byte.colon:
            guard let second = next else { throw DockerfileError(.unexpectedEnd(missing: "}")) }
            switch second {
            case Byte.plus, Byte.minus, Byte.question:
                position += 1
                return try expandConditional(name, second, emptyIsUnset: true)
            default:
                throw DockerfileError(.unsupportedModifier(ByteString([modifier, second])))
            }
        case Byte.plus, Byte.minus, Byte.question:
            return try expandConditional(name, modifier, emptyIsUnset: false)
        case Byte.hash, Byte.percent:
            return try expandTrim(name, modifier)
        case Byte.slash:
            return try expandReplace(name)
        default:
            let width = Scalars.decode(input, at: position - 1).width
            let scalar = input[(position - 1)..<(position - 1 + width)]
            throw DockerfileError(.unsupportedModifier(ByteString(Array(scalar))))
        }
    }

    /// Reads a name: letters, digits and `_`; or digits only; or one special character such as `$` or `?`.
    private mutating func readName() -> ByteString {
        let start = position
        guard let first = next else { return ByteString() }
        if Scalars.isDigit(Scalars.decode(input, at: position).value) {
            skip(while: Scalars.isDigit)
        } else {
            switch first {
            case UInt8(ascii: "@"), Byte.star, Byte.hash, Byte.question, Byte.minus, Byte.dollar, UInt8(ascii: "!"):
                position += 1
            default:
                skip { Scalars.isLetter($0) || Scalars.isDigit($0) || $0 == UInt32(Byte.underscore) }
            }
        }
        return ByteString(Array(input[start..<position]))
    }

    private mutating func skip(while condition: (UInt32) -> Bool) {
        while position < input.count {
            let (value, width) = Scalars.decode(input, at: position)
            guard condition(value) else { return }
            position += width
        }
    }

    /// `-`, `+` and `?`, with or without a colon before.
    private mutating func expandConditional(
        _ name: ByteString,
        _ modifier: UInt8,
        emptyIsUnset: Bool
    ) throws(DockerfileError) -> [UInt8] {
        let word = try operand(until: Byte.closeBrace, keepingEscapes: false)
        let value = try value(of: name)
        if value == nil, expansion.options.contains(.keepsUnset) {
            let sign = String(decoding: [modifier], as: UTF8.self)
            return written(name, emptyIsUnset ? ":" + sign : sign, word)
        }
        let present: ByteString? = emptyIsUnset && value?.isEmpty == true ? nil : value
        switch modifier {
        case Byte.minus: return present?.bytes ?? word
        case Byte.plus: return present == nil ? [] : word
        default:
            if let present { return present.bytes }
            throw DockerfileError(
                .requiredVariable(name, isEmpty: value != nil, message: word.isEmpty ? nil : ByteString(word))
            )
        }
    }

    /// `#`, `##`, `%` and `%%`.
    private mutating func expandTrim(_ name: ByteString, _ modifier: UInt8) throws(DockerfileError) -> [UInt8] {
        var word = try operand(until: Byte.closeBrace, keepingEscapes: true)
        let value = try value(of: name)
        if value == nil, expansion.options.contains(.keepsUnset) {
            return written(name, String(decoding: [modifier], as: UTF8.self), word)
        }
        var isGreedy = false
        if word.first == modifier {
            isGreedy = true
            word.removeFirst()
        }
        let pattern = try WildcardPattern(word, isReversed: modifier == Byte.percent)
        return try pattern.trim(value?.bytes ?? [], isGreedy: isGreedy)
    }

    /// `/` and `//`.
    private mutating func expandReplace(_ name: ByteString) throws(DockerfileError) -> [UInt8] {
        let replacesAll = next == Byte.slash
        if replacesAll { position += 1 }
        let written = try operand(until: Byte.slash, keepingEscapes: true)
        let replacement = try operand(until: Byte.closeBrace, keepingEscapes: true)
        let value = try value(of: name)
        if value == nil, expansion.options.contains(.keepsUnset) {
            return self.written(name, "/", written + [Byte.slash] + replacement)
        }
        let pattern = try WildcardPattern(written, isReversed: false)
        let replaced = try pattern.replace(
            in: value?.bytes ?? [],
            with: replacement,
            all: replacesAll,
            limit: remaining
        )
        try count(replaced.count)
        return replaced
    }

    /// The part of a substitution up to `stop`.
    private mutating func operand(until stop: UInt8, keepingEscapes: Bool) throws(DockerfileError) -> [UInt8] {
        try expandLevel(until: stop, keepingEscapes: keepingEscapes).text
    }

    /// A substitution as it was written, but for its operand.
    private func written(_ name: ByteString, _ modifier: String, _ rest: [UInt8]) -> [UInt8] {
        [Byte.dollar, Byte.openBrace] + name.bytes + Array(modifier.utf8) + rest + [Byte.closeBrace]
    }
}
