package import Bytes

/// A pattern for one component of a path, with the meaning of Go's `path/filepath.Match`.
///
/// `*` is any run of characters, `?` one character, `[a-z]` and `[^a-z]` one of a set, `\` takes the special meaning off
/// the next character. A character is a UTF-8 scalar, or one byte that is not UTF-8. Matching takes at most the product of
/// the two lengths: nothing backtracks further than the last star. `**` is no more than `*` (``IgnoreRules`` knows it).
package struct PathPattern: Sendable, Hashable {
    let elements: [PatternElement]

    /// - Throws: when a set or an escape is not ended, or a range has no end.
    package init(_ pattern: ByteString) throws(MalformedPattern) {
        var parser = PatternParser(pattern)
        var elements: [PatternElement] = []
        while let element = try parser.next() {
            if case .star = element, case .star? = elements.last { continue }
            elements.append(element)
        }
        self.elements = elements
    }

    /// The one name that the pattern matches when it has no wildcard, its escapes taken off.
    package var literal: ByteString? {
        var characters: [UInt32] = []
        for element in elements {
            guard case .character(let character) = element else { return nil }
            characters.append(character)
        }
        return ByteString(PatternCharacters.encode(characters))
    }

    package func matches(_ name: ByteString) -> Bool {
        let characters = PatternCharacters.decode(name.bytes)
        var element = 0
        var position = 0
        // Where to go on when a match fails: after the last star, one character later than the last try.
        var retry: (element: Int, position: Int)?
        while position < characters.count {
            if element < elements.count {
                if case .star = elements[element] {
                    element += 1
                    retry = (element, position)
                    continue
                }
                if elements[element].matches(characters[position]) {
                    element += 1
                    position += 1
                    continue
                }
            }
            guard let last = retry else { return false }
            element = last.element
            position = last.position + 1
            retry = (element, position)
        }
        while element < elements.count, case .star = elements[element] { element += 1 }
        return element == elements.count
    }

    /// Whether a text has any of `*`, `?` and `[` that no backslash escapes.
    package static func hasWildcard(_ text: ByteString) -> Bool {
        var isEscaped = false
        for byte in text.bytes {
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5C {
                isEscaped = true
            } else if byte == 0x2A || byte == 0x3F || byte == 0x5B {
                return true
            }
        }
        return false
    }
}

/// A pattern that cannot be read.
package struct MalformedPattern: DescribedError, Sendable, Hashable {
    package let pattern: ByteString
    package let reason: String
    /// The line of the ignore file, from 1; nil when the pattern is not from a file.
    package var line: Int?

    package init(pattern: ByteString, reason: String, line: Int? = nil) {
        self.pattern = pattern
        self.reason = reason
        self.line = line
    }

    package var message: String {
        let place = line.map { "line \($0): " } ?? ""
        return "\(place)syntax error in pattern \"\(pattern.escaped)\": \(reason)"
    }

    package var remedy: String? { "write a backslash before a character that is meant as itself" }
}

/// One part of a pattern.
enum PatternElement: Sendable, Hashable {
    case character(UInt32)
    /// `?`: any character but a slash.
    case any
    /// `*`: any run of characters without a slash.
    case star
    case set(PatternSet)

    /// Whether the element takes this one character; a star takes runs and is handled by whoever matches.
    func matches(_ character: UInt32) -> Bool {
        switch self {
        case .character(let wanted): wanted == character
        case .any: character != 0x2F
        case .star: false
        case .set(let set): set.contains(character)
        }
    }
}

/// The characters between `[` and `]`.
struct PatternSet: Sendable, Hashable {
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false

    func contains(_ character: UInt32) -> Bool { ranges.contains { $0.contains(character) } != isNegated }
}

/// Reads the elements of a pattern one after another, with the syntax of Go's `filepath.Match`.
struct PatternParser {
    private let pattern: ByteString
    private let characters: [UInt32]
    private var position = 0

    init(_ pattern: ByteString) {
        self.pattern = pattern
        characters = PatternCharacters.decode(pattern.bytes)
    }

    /// The next element, or nil at the end.
    mutating func next() throws(MalformedPattern) -> PatternElement? {
        guard position < characters.count else { return nil }
        let character = characters[position]
        position += 1
        switch character {
        case 0x2A: return .star
        case 0x3F: return .any
        case 0x5B: return .set(try set())
        case 0x5C:
            guard position < characters.count else { throw malformed("a backslash at the end") }
            position += 1
            return .character(characters[position - 1])
        default: return .character(character)
        }
    }

    /// Steps over `character` if it comes next.
    mutating func skip(_ character: UInt32) -> Bool {
        guard position < characters.count, characters[position] == character else { return false }
        position += 1
        return true
    }

    var isAtEnd: Bool { position == characters.count }

    private mutating func set() throws(MalformedPattern) -> PatternSet {
        var set = PatternSet()
        set.isNegated = skip(0x5E)
        while set.ranges.isEmpty || !skip(0x5D) {
            let low = try bound()
            let high = skip(0x2D) ? try bound() : low
            // A range that ends before it starts holds nothing; an empty set is kept apart from one not yet begun.
            set.ranges.append(low <= high ? low...high : PatternSet.nothing)
        }
        return set
    }

    private mutating func bound() throws(MalformedPattern) -> UInt32 {
        guard position < characters.count else { throw malformed("a set that begins with [ has no ]") }
        var character = characters[position]
        if character == 0x2D || character == 0x5D {
            throw malformed("a set cannot be empty, and - or ] in it needs a backslash")
        }
        position += 1
        if character == 0x5C {
            guard position < characters.count else { throw malformed("a backslash at the end") }
            character = characters[position]
            position += 1
        }
        if character > 0x10_FFFF { throw malformed("a byte in a set that is not UTF-8") }
        guard position < characters.count else { throw malformed("a set that begins with [ has no ]") }
        return character
    }

    private func malformed(_ reason: String) -> MalformedPattern { MalformedPattern(pattern: pattern, reason: reason) }
}

extension PatternSet {
    /// A range that no character is in.
    static let nothing: ClosedRange<UInt32> = UInt32.max...UInt32.max
}

/// Bytes as the characters that patterns see: Unicode scalars, and 0x110000 + b for a byte b that is not UTF-8.
enum PatternCharacters {
    static func decode(_ bytes: [UInt8]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let length = UTF8Character.length(in: bytes, at: index)
            if length <= 1 {
                result.append(length == 1 ? UInt32(bytes[index]) : 0x11_0000 + UInt32(bytes[index]))
                index += 1
                continue
            }
            var scalar = UInt32(bytes[index]) & (0x7F >> UInt32(length))
            for byte in bytes[index + 1..<index + length] { scalar = scalar << 6 | UInt32(byte & 0x3F) }
            result.append(scalar)
            index += length
        }
        return result
    }

    static func encode(_ characters: [UInt32]) -> [UInt8] {
        var result: [UInt8] = []
        for character in characters {
            if let scalar = Unicode.Scalar(character) {
                result += Array(String(scalar).utf8)
            } else {
                result.append(UInt8(truncatingIfNeeded: character))
            }
        }
        return result
    }
}

/// A set of small numbers: one word for nearly every pattern, more for long ones.
struct Positions: Sendable {
    private var first: UInt64 = 0
    private var rest: [UInt64]

    init(count: Int) { rest = count <= 64 ? [] : [UInt64](repeating: 0, count: (count - 1) / 64) }

    var isEmpty: Bool { first == 0 && rest.allSatisfy { $0 == 0 } }

    func contains(_ value: Int) -> Bool { word(value / 64) >> UInt64(value % 64) & 1 == 1 }

    private func word(_ index: Int) -> UInt64 { index == 0 ? first : rest[index - 1] }

    mutating func insert(_ value: Int) {
        if value < 64 { first |= 1 << UInt64(value) } else { rest[value / 64 - 1] |= 1 << UInt64(value % 64) }
    }

    mutating func remove(_ value: Int) {
        if value < 64 { first &= ~(1 << UInt64(value)) } else { rest[value / 64 - 1] &= ~(1 << UInt64(value % 64)) }
    }

    mutating func formUnion(_ other: Positions) {
        first |= other.first
        for index in rest.indices { rest[index] |= other.rest[index] }
    }

    mutating func formIntersection(_ other: Positions) {
        first &= other.first
        for index in rest.indices { rest[index] &= other.rest[index] }
    }

    mutating func subtract(_ other: Positions) {
        first &= ~other.first
        for index in rest.indices { rest[index] &= ~other.rest[index] }
    }

    func forEach(_ body: (Int) -> Void) {
        for index in 0...rest.count {
            var bits = word(index)
            while bits != 0 {
                body(index * 64 + bits.trailingZeroBitCount)
                bits &= bits - 1
            }
        }
    }
}
