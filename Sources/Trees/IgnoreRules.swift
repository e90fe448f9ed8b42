package import Bytes

/// The rules of a `.dockerignore` file, or of `--exclude`: which paths of a tree are left out.
///
/// A rule that matches a path or one of its parents decides about it; of several the last one does. A rule with `!` takes
/// in again. `**` stands for any number of directories; everything else is as in ``PathPattern``.
///
/// A walk goes down with one ``Level`` a directory: each name is then judged in time that does not depend on how deep it
/// is, and a directory below which no rule can take anything in again is not entered (``Verdict/prunes``). Plain paths
/// and `**/name` are looked up, other patterns run as automata of which a level keeps only those that can still match.
package struct IgnoreRules: Sendable {
    package struct Rule: Sendable, Hashable {
        /// The rule as cleaned: without `!`, `./` and double slashes.
        package let pattern: ByteString
        package let isNegated: Bool
        /// The line in the file, from 1; nil for a rule that is not from a file.
        package let line: Int?
    }

    /// What the rules say about one path.
    package struct Verdict: Sendable, Hashable {
        package let isIgnored: Bool
        /// The index in ``rules`` of the one that decided; nil if none matched.
        package let rule: Int?
    }

    package private(set) var rules: [Rule] = []
    private var exact = ExactPaths()
    /// The last rule of each `**/name`.
    private var anywhere: [ByteString: Int] = [:]
    private var lastNegatedAnywhere = -1
    /// The other rules, last first.
    private var automata: [(rule: Int, automaton: PathAutomaton)] = []

    /// No path can be longer in a system call (PATH_MAX), so a pattern that asks for more matches nothing.
    private static let longestPath = 4096
    /// As long as a line that moby reads.
    private static let longestPattern = 1 << 16

    /// - Parameters:
    ///   - patterns: as BuildKit's matcher takes them: trimmed and cleaned here, a leading slash kept (it matches nothing).
    ///   - lines: the line of each pattern, where there is a file.
    /// - Throws: for a pattern that cannot be read and for a lone `!`.
    package init(patterns: [ByteString] = [], lines: [Int]? = nil) throws(MalformedPattern) {
        for (index, given) in patterns.enumerated() {
            var pattern = given.trimmed
            if pattern.isEmpty { continue }
            pattern = pattern.cleanedPath
            let line = lines?[index]
            let isNegated = pattern.bytes.first == 0x21
            if isNegated {
                pattern = ByteString(pattern.bytes.dropFirst())
                guard !pattern.isEmpty else {
                    throw MalformedPattern(pattern: "!", reason: "nothing after the !", line: line)
                }
            }
            do throws(MalformedPattern) { try add(Rule(pattern: pattern, isNegated: isNegated, line: line)) } catch {
                throw MalformedPattern(pattern: error.pattern, reason: error.reason, line: line)
            }
        }
        automata.reverse()
    }

    /// Reads an ignore file: a `#` in the first column begins a comment, lines are trimmed, a leading slash is dropped
    /// (also after `!`), a byte order mark is skipped, lines may end in CR LF.
    package init(file: [UInt8]) throws(MalformedPattern) {
        var patterns: [ByteString] = []
        var lines: [Int] = []
        let text = file.starts(with: [0xEF, 0xBB, 0xBF]) ? file[3...] : file[...]
        for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if line.first == 0x23 { continue }
            var pattern = ByteString(Array(line)).trimmed
            if pattern.isEmpty { continue }
            let isNegated = pattern.bytes.first == 0x21
            if isNegated { pattern = ByteString(Array(pattern.bytes.dropFirst())).trimmed }
            if !pattern.isEmpty {
                pattern = pattern.cleanedPath
                if pattern.count > 1, pattern.bytes.first == 0x2F { pattern.bytes.removeFirst() }
            }
            patterns.append(isNegated ? "!" + pattern : pattern)
            lines.append(index + 1)
        }
        try self.init(patterns: patterns, lines: lines)
    }

    package var isEmpty: Bool { rules.isEmpty }

    private mutating func add(_ rule: Rule) throws(MalformedPattern) {
        let index = rules.count
        guard rule.pattern.count < IgnoreRules.longestPattern else {
            throw MalformedPattern(
                pattern: ByteString(rule.pattern.bytes.prefix(40)) + "…",
                reason: "longer than 64 KiB"
            )
        }
        let automaton = try PathAutomaton(rule.pattern, longest: IgnoreRules.longestPath)
        rules.append(rule)
        guard automaton.shortest <= IgnoreRules.longestPath else { return }
        if let path = automaton.literal {
            exact.add(path, rule: index, isNegated: rule.isNegated)
        } else if let name = automaton.nameAnywhere {
            anywhere[name] = index
            if rule.isNegated { lastNegatedAnywhere = index }
        } else {
            automata.append((index, automaton))
        }
    }
}

extension IgnoreRules {
    /// Where a walk stands: what the rules have seen of the path to one directory.
    package struct Level: Sendable {
        /// The rule that decided about the directory; -1 for none.
        fileprivate var decided = -1
        fileprivate var exactNode: Int? = 0
        /// Indices of automata that can still match something below and are later than `decided`, with their states.
        fileprivate var live: [(index: Int, positions: Positions)] = []
    }

    /// The level of the root, which no rule is about.
    package var top: Level {
        Level(live: automata.indices.map { ($0, automata[$0].automaton.start) })
    }

    /// What the rules say about `name` in the directory of `level`.
    package func verdict(on name: ByteString, in level: Level) -> Verdict {
        if rules.isEmpty { return verdict(of: -1) }
        var last = level.decided
        if let node = level.exactNode, let found = exact.child(name, of: node) {
            last = max(last, exact.nodes[found].rule)
        }
        if let found = anywhere[name] { last = max(last, found) }
        if !level.live.isEmpty {
            let characters = PatternCharacters.decode(name.bytes)
            for (index, positions) in level.live {
                let (rule, automaton) = automata[index]
                if rule <= last { break }
                if automaton.accepts(automaton.advance(positions, over: characters)) {
                    last = rule
                    break
                }
            }
        }
        return verdict(of: last)
    }

    /// Goes down into a directory about which `verdict` was given.
    ///
    /// - Returns: nil if everything below is ignored, so that a walk need not enter.
    package func descend(into name: ByteString, _ verdict: Verdict, from level: Level) -> Level? {
        if rules.isEmpty { return level }
        var next = Level(decided: verdict.rule ?? -1, exactNode: nil)
        if let node = level.exactNode { next.exactNode = exact.child(name, of: node) }
        let characters = level.live.isEmpty ? [] : PatternCharacters.decode(name.bytes)
        for (index, positions) in level.live {
            let (rule, automaton) = automata[index]
            if rule <= next.decided { break }
            let inside = automaton.enter(automaton.advance(positions, over: characters))
            if !inside.isEmpty { next.live.append((index, inside)) }
        }
        if !verdict.isIgnored { return next }
        let takesIn =
            lastNegatedAnywhere > next.decided
            || next.exactNode.map { exact.nodes[$0].lastNegatedBelow > next.decided } ?? false
            || next.live.contains { rules[automata[$0.index].rule].isNegated }
        return takesIn ? next : nil
    }

    /// What the rules say about a path, its parents counted.
    package func verdict(on path: TreePath) -> Verdict {
        var level = top
        var verdict = verdict(of: -1)
        for (index, name) in path.components.enumerated() {
            verdict = self.verdict(on: name, in: level)
            if index == path.components.count - 1 { break }
            guard let next = descend(into: name, verdict, from: level) else { break }
            level = next
        }
        return verdict
    }

    private func verdict(of rule: Int) -> Verdict {
        rule < 0 ? Verdict(isIgnored: false, rule: nil) : Verdict(isIgnored: !rules[rule].isNegated, rule: rule)
    }
}

/// The rules that are plain paths, as a tree by component.
private struct ExactPaths: Sendable {
    struct Node: Sendable {
        /// The last rule for exactly this path; -1 for none.
        var rule = -1
        /// The last rule with `!` for a path below.
        var lastNegatedBelow = -1
    }

    private struct Key: Hashable {
        var parent: Int
        var name: ByteString
    }

    var nodes = [Node()]
    private var children: [Key: Int] = [:]

    func child(_ name: ByteString, of node: Int) -> Int? { children[Key(parent: node, name: name)] }

    mutating func add(_ path: ByteString, rule: Int, isNegated: Bool) {
        var node = 0
        for name in path.split(separator: 0x2F) {
            if isNegated { nodes[node].lastNegatedBelow = rule }
            let key = Key(parent: node, name: name)
            if let next = children[key] {
                node = next
            } else {
                nodes.append(Node())
                node = nodes.count - 1
                children[key] = node
            }
        }
        nodes[node].rule = rule
    }
}

/// A pattern with `**` as an automaton over the characters of a path: all ways to match are followed at once, so time is
/// in proportion to pattern and path.
private struct PathAutomaton: Sendable {
    private enum Step: Sendable {
        case one(PatternElement)
        /// `*`.
        case star
        /// `**` inside a pattern, in two steps: to enter, and to be among the directories that it stands for.
        case directories, insideDirectories
        /// `**` at the end, and at the start of a pattern that is plain otherwise: any characters, slashes too.
        case anything
    }

    private var steps: [Step] = []
    /// The steps `insideDirectories`.
    private var waits = Positions(count: 0)
    /// How many characters a path that matches has at least.
    private(set) var shortest = 0

    /// `**` ends in any run where only plain characters come before or after it, as in moby's matcher: `**d` takes every
    /// path that ends in d, `**d?` only names that begin with it.
    init(_ pattern: ByteString, longest: Int) throws(MalformedPattern) {
        let isPlainAfterStars =
            pattern.hasPrefix("**")
            && !pattern.bytes.dropFirst(2).contains { [0x2A, 0x3F, 0x5B, 0x5C, 0x5D].contains($0) }
        var parser = PatternParser(pattern)
        while let element = try parser.next() {
            // What is longer than any path is read for its syntax only.
            if shortest > longest { continue }
            guard case .star = element else {
                steps.append(.one(element))
                shortest += 1
                continue
            }
            if !parser.skip(0x2A) {
                if case .star? = steps.last { continue }
                steps.append(.star)
            } else if parser.skip(0x2F) || !isPlainAfterStars || !steps.isEmpty {
                if parser.isAtEnd {
                    steps.append(.anything)
                } else if case .insideDirectories? = steps.last {
                    continue
                } else {
                    steps += [.directories, .insideDirectories]
                }
            } else {
                steps.append(.anything)
            }
        }
        waits = Positions(count: steps.count + 1)
        for (index, step) in steps.enumerated() { if case .insideDirectories = step { waits.insert(index) } }
    }

    /// The path, if the pattern is a plain one.
    var literal: ByteString? { PathAutomaton.characters(steps[...]) }

    /// The name, if the pattern is `**/name` of a plain name.
    var nameAnywhere: ByteString? {
        guard steps.count > 2, case .directories = steps[0] else { return nil }
        let name = PathAutomaton.characters(steps[2...])
        return name?.bytes.contains(0x2F) == true ? nil : name
    }

    private static func characters(_ steps: ArraySlice<Step>) -> ByteString? {
        var result: [UInt32] = []
        for step in steps {
            guard case .one(.character(let character)) = step else { return nil }
            result.append(character)
        }
        return ByteString(PatternCharacters.encode(result))
    }

    /// Before the first character.
    var start: Positions {
        var positions = Positions(count: steps.count + 1)
        insert(0, into: &positions)
        return positions
    }

    func accepts(_ positions: Positions) -> Bool { positions.contains(steps.count) }

    func advance(_ positions: Positions, over name: [UInt32]) -> Positions {
        var positions = positions
        // Within a name nothing comes of a `**/` that waits for a slash: it is set aside, which ends most tries at once.
        var waiting = takeWaiting(&positions)
        for character in name {
            if positions.isEmpty { break }
            positions = step(positions, character)
            waiting.formUnion(takeWaiting(&positions))
        }
        positions.formUnion(waiting)
        return positions
    }

    /// After the slash that follows a directory's name.
    func enter(_ positions: Positions) -> Positions {
        var next = step(positions, 0x2F)
        next.remove(steps.count)
        return next
    }

    private func takeWaiting(_ positions: inout Positions) -> Positions {
        var waiting = positions
        waiting.formIntersection(waits)
        positions.subtract(waits)
        return waiting
    }

    private func step(_ positions: Positions, _ character: UInt32) -> Positions {
        var next = Positions(count: steps.count + 1)
        positions.forEach { position in
            guard position < steps.count else { return }
            switch steps[position] {
            case .one(let element): if element.matches(character) { insert(position + 1, into: &next) }
            case .star: if character != 0x2F { insert(position, into: &next) }
            case .directories: break
            case .insideDirectories:
                next.insert(position)
                if character == 0x2F { insert(position + 1, into: &next) }
            case .anything: insert(position, into: &next)
            }
        }
        return next
    }

    /// Adds a position and those that are reached from it without a character.
    private func insert(_ position: Int, into positions: inout Positions) {
        var position = position
        while true {
            positions.insert(position)
            guard position < steps.count else { return }
            switch steps[position] {
            case .one, .insideDirectories: return
            case .star, .anything: position += 1
            case .directories:
                positions.insert(position + 1)
                position += 2
            }
        }
    }
}

extension ByteString {
    /// Without white space at either end, that of Unicode included.
    fileprivate var trimmed: ByteString {
        var rest = bytes[...]
        while let length = ByteString.spaces.first(where: { rest.starts(with: $0) })?.count {
            rest = rest.dropFirst(length)
        }
        while let length = ByteString.spaces.first(where: { rest.suffix($0.count) == $0[...] })?.count {
            rest = rest.dropLast(length)
        }
        return ByteString(Array(rest))
    }

    private static let spaces: [[UInt8]] =
        [
            [0x20], [0x09], [0x0A], [0x0B], [0x0C], [0x0D], [0xC2, 0x85], [0xC2, 0xA0], [0xE1, 0x9A, 0x80],
            [0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xA9], [0xE2, 0x80, 0xAF], [0xE2, 0x81, 0x9F], [0xE3, 0x80, 0x80],
        ] + (0x80...0x8A).map { [0xE2, 0x80, $0] }
}
