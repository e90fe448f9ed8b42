package import Bytes

/// What a step reads of the tree of one of its inputs.
package enum TreeRead: Sendable, Hashable {
    /// What a source word of COPY selects, without what `--exclude` names.
    case word(ByteString, excluding: [ByteString] = [])
    /// What a source word of COPY with `--parents` selects: a directory, of which only what matches is left.
    ///
    /// The directory is what stands before `/./`, or the root; what stands behind is a pattern with `**`.
    case parents(ByteString, excluding: [ByteString] = [])
    /// One entry with its attributes and all below it, links followed: what a mount shows.
    case entry(ByteString)
    /// The same, or nothing where there is no such entry.
    case entryIfPresent(ByteString)

    /// What is read, found in the tree.
    ///
    /// - Throws: `SelectionError`, or what reading a directory object throws.
    package func selection(in tree: Tree, from source: any TreeSource) throws -> Selection {
        switch self {
        case .word(let word, let excludes):
            var selection = try Selection(of: word, in: tree, from: source)
            if !excludes.isEmpty { try selection.filter(try filter(excluding: excludes, of: word), from: source) }
            return selection
        case .parents(let word, let excludes):
            let (pivot, pattern) = TreeRead.cut(word)
            var selection = try Selection(of: pivot, in: tree, from: source)
            try selection.filter(try filter(including: pattern, excluding: excludes, of: word), from: source)
            if !PathPattern.hasWildcard(pivot), !PathPattern.hasWildcard(pattern) {
                // Where no pattern is, what the word names must be there.
                _ = try Selection(of: pivot + "/" + pattern, in: tree, from: source)
            }
            return selection
        case .entry(let path):
            let item = try TreeRead.item(at: path, in: tree, from: source)
            guard let item else {
                let path = TreePath(parsing: path)
                let nearest = try Selection.nearest(to: path.components, in: tree, from: source)
                throw SelectionError.notFound("/" + path.bytes, nearest: nearest.map { "/" + $0 })
            }
            return Selection(entry: item)
        case .entryIfPresent(let path):
            do { return Selection(entry: try TreeRead.item(at: path, in: tree, from: source)) } catch is SelectionError
            {
                return Selection(entry: nil)
            }
        }
    }

    /// What is named without a pattern and is not there; nil if it is there or has to be looked for to be known.
    ///
    /// Costs no more than looking up one path.
    package func missing(in tree: Tree, from source: any TreeSource) throws -> SelectionError? {
        do {
            switch self {
            case .word(let word, _) where PathPattern.hasWildcard(word): break
            case .word(let word, _): _ = try Selection(of: word, in: tree, from: source)
            case .entry: _ = try selection(in: tree, from: source)
            case .parents, .entryIfPresent: break
            }
            return nil
        } catch let error as SelectionError { return error }
    }

    /// The directory that a word of `--parents` starts from, and the pattern, clean and relative to it.
    package static func cut(_ word: ByteString) -> (pivot: ByteString, pattern: ByteString) {
        let mark: [UInt8] = [0x2F, 0x2E, 0x2F]
        let place = word.bytes.indices.first { word.bytes[$0...].starts(with: mark) }
        let pivot = place.map { ByteString(Array(word.bytes[..<$0])) } ?? "/"
        let rest = place.map { ByteString(Array(word.bytes[($0 + mark.count)...])) } ?? word
        let pattern = ("/" + rest).cleanedPath
        return (pivot, ByteString(Array(pattern.bytes.dropFirst())))
    }

    private func filter(
        including pattern: ByteString? = nil,
        excluding excludes: [ByteString],
        of word: ByteString
    ) throws -> SelectionFilter {
        do throws(MalformedPattern) { return try SelectionFilter(including: pattern, excluding: excludes) } catch {
            throw SelectionError.malformedPattern(excludes.contains(error.pattern) ? error.pattern : word)
        }
    }

    private static func item(
        at path: ByteString,
        in tree: Tree,
        from source: any TreeSource
    ) throws -> Selection.Item? {
        let path = TreePath(parsing: path)
        let word = "/" + path.bytes
        let found = try Selection.lookUp(word, in: tree, from: source, word: word)
        return found.entry.map { Selection.Item(name: path.last ?? "", path: found.path, entry: $0) }
    }
}
