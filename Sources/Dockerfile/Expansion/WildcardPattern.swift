import Bytes

/// A pattern of `${name#pattern}`, `%` or `/`: `*` and `?` are wild, `\` escapes them and itself.
///
/// `?` and `*` do not match a line feed. Matching is a simulation of all ways at once in the order in which a
/// backtracking matcher would try them, so its time is bounded by text times pattern, and by a limit on that.
struct WildcardPattern {
    /// An element of the pattern.
    private enum Token {
        case scalar(UInt32)
        case anyOne
        case anyRun
    }

    /// How many element comparisons one match may take.
    static let stepLimit = 1 << 24

    private static let lineFeed = UInt32(Byte.lineFeed)

    private let tokens: [Token]
    /// Whether pattern and text are read from the end, which makes trimming a suffix like trimming a prefix.
    private let isReversed: Bool

    /// Reads a pattern.
    ///
    /// - Throws: `invalidPattern` for a `\` before anything but `*`, `?`, `\`, `}` and `/`, or at the end.
    init(_ pattern: [UInt8], isReversed: Bool) throws(DockerfileError) {
        self.isReversed = isReversed
        let scalars = isReversed ? Self.reversed(Scalars.decode(pattern)) : Scalars.decode(pattern)
        var tokens: [Token] = []
        tokens.reserveCapacity(scalars.count)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case UInt32(Byte.star): tokens.append(.anyRun)
            case UInt32(Byte.question): tokens.append(.anyOne)
            case UInt32(Byte.backslash):
                let escaped = index < scalars.count ? scalars[index] : nil
                switch escaped {
                case UInt32(Byte.closeBrace), UInt32(Byte.slash): continue
                case UInt32(Byte.star), UInt32(Byte.question), UInt32(Byte.backslash):
                    tokens.append(.scalar(escaped ?? 0))
                    index += 1
                default: throw DockerfileError(.invalidPattern(ByteString(pattern)))
                }
            default: tokens.append(.scalar(scalar))
            }
        }
        self.tokens = tokens
    }

    /// The pattern backwards, with escapes before what they escape.
    private static func reversed(_ scalars: [UInt32]) -> [UInt32] {
        var pieces: [ArraySlice<UInt32>] = []
        var index = 0
        while index < scalars.count {
            let isEscape = scalars[index] == UInt32(Byte.backslash) && index + 1 < scalars.count
            pieces.append(scalars[index..<(index + (isEscape ? 2 : 1))])
            index += isEscape ? 2 : 1
        }
        return pieces.reversed().flatMap { $0 }
    }

    /// The text without the shortest (or, if greedy, longest) match at its beginning, or at its end if reversed.
    func trim(_ text: [UInt8], isGreedy: Bool) throws(DockerfileError) -> [UInt8] {
        var scalars = Scalars.decode(text)
        if isReversed { scalars.reverse() }
        var search = Search(tokens: tokens, isGreedy: isGreedy)
        guard let match = try search.first(in: scalars, from: 0, isAnchored: true) else { return text }
        let rest = scalars[match.upperBound...]
        return Self.encode(isReversed ? Array(rest.reversed()) : Array(rest))
    }

    /// The text with the first longest match, or all of them, replaced.
    ///
    /// When all are replaced, `$0` in the replacement is the match and other `$name`s are empty, as in Go's
    /// regular expressions, which BuildKit uses there.
    ///
    /// - Throws: `expansionTooLarge` when the result comes to more than `limit` bytes.
    func replace(
        in text: [UInt8],
        with replacement: [UInt8],
        all: Bool,
        limit: Int
    ) throws(DockerfileError) -> [UInt8] {
        let scalars = Scalars.decode(text)
        var search = Search(tokens: tokens, isGreedy: true)
        guard all else {
            guard let match = try search.first(in: scalars, from: 0, isAnchored: false) else { return text }
            let before = Self.encode(Array(scalars[..<match.lowerBound]))
            return before + replacement + Self.encode(Array(scalars[match.upperBound...]))
        }
        let template = ReplacementTemplate(replacement)
        var result: [UInt8] = []
        var (lastEnd, from) = (0, 0)
        while from <= scalars.count, let match = try search.first(in: scalars, from: from, isAnchored: false) {
            result += Self.encode(Array(scalars[lastEnd..<match.lowerBound]))
            if match.upperBound > lastEnd || match.lowerBound == 0 {
                template.append(to: &result, match: Self.encode(Array(scalars[match])))
            }
            guard result.count <= limit else { throw DockerfileError(.expansionTooLarge(limit: limit)) }
            lastEnd = match.upperBound
            from = max(from + 1, match.upperBound)
        }
        return result + Self.encode(Array(scalars[lastEnd...]))
    }

    private static func encode(_ scalars: [UInt32]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(scalars.count)
        for scalar in scalars { Scalars.append(scalar, to: &bytes) }
        return bytes
    }

    /// The simulation: a list of threads in order of preference, each at an element of the pattern.
    private struct Search {
        let tokens: [Token]
        let isGreedy: Bool
        var steps = 0
        /// The position at which an element was last entered, so that each is once in the list.
        var entered: [Int]
        var threads: [(element: Int, start: Int)] = []
        private var current: [(element: Int, start: Int)] = []

        init(tokens: [Token], isGreedy: Bool) {
            self.tokens = tokens
            self.isGreedy = isGreedy
            self.entered = Array(repeating: -1, count: tokens.count + 1)
        }

        /// The leftmost match, and of those there the one a backtracking matcher prefers.
        mutating func first(
            in text: [UInt32],
            from: Int,
            isAnchored: Bool
        ) throws(DockerfileError) -> Range<Int>? {
            for index in entered.indices { entered[index] = -1 }
            steps += entered.count
            threads.removeAll(keepingCapacity: true)
            var match: Range<Int>?
            var position = from
            enter(0, start: from, at: position)
            while true {
                swap(&current, &threads)
                threads.removeAll(keepingCapacity: true)
                steps += current.count + 1
                guard steps <= WildcardPattern.stepLimit else { throw DockerfileError(.patternTooCostly) }
                let scalar = position < text.count ? text[position] : nil
                for thread in current {
                    if thread.element == tokens.count {
                        match = thread.start..<position
                        break
                    }
                    guard let scalar else { continue }
                    switch tokens[thread.element] {
                    case .scalar(let wanted):
                        if scalar == wanted { enter(thread.element + 1, start: thread.start, at: position + 1) }
                    case .anyOne:
                        if scalar != WildcardPattern.lineFeed {
                            enter(thread.element + 1, start: thread.start, at: position + 1)
                        }
                    case .anyRun:
                        if scalar != WildcardPattern.lineFeed {
                            enter(thread.element, start: thread.start, at: position + 1)
                        }
                    }
                }
                position += 1
                guard position <= text.count else { return match }
                if match == nil, !isAnchored { enter(0, start: position, at: position) }
                if threads.isEmpty { return match }
            }
        }

        /// Adds the element, and those that can be reached from it without reading anything.
        private mutating func enter(_ element: Int, start: Int, at position: Int) {
            var end = element
            while end < tokens.count, case .anyRun = tokens[end] { end += 1 }
            let reached = element...end
            if isGreedy {
                for index in reached { add(index, start: start, at: position) }
            } else {
                for index in reached.reversed() { add(index, start: start, at: position) }
            }
        }

        private mutating func add(_ element: Int, start: Int, at position: Int) {
            guard entered[element] != position else { return }
            entered[element] = position
            threads.append((element, start))
        }
    }
}
