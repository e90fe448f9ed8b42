package import Bytes
package import OCI

/// What one source word of COPY or ADD selects in a tree.
package struct Selection: Sendable, Hashable {
    package struct Item: Sendable, Hashable {
        /// The name that a file gets in a destination directory: the last component as the Dockerfile has it.
        package var name: ByteString
        /// Where it really is, links followed.
        package var path: TreePath
        package var entry: TreeEntry
    }

    /// In byte order of their paths where a wildcard selects several.
    ///
    /// Hard links among all that is selected are told by the sets of the directories themselves; of single files they are
    /// not told, since a copy of a single file is a file of its own.
    package private(set) var items: [Item]
    /// The real paths at and below which all files are selected: their contents are what the selection is made of.
    package private(set) var paths: [TreePath]
    /// Directory objects that are in no tree: what is left of directories from which something was taken out.
    package private(set) var pruned: [DirectoryObject] = []
    /// Whether a directory is selected itself, with its attributes, and not only what is in it.
    package let takesDirectories: Bool

    /// One entry with all below it, itself included: what a mount shows.
    init(entry item: Item?) {
        items = item.map { [$0] } ?? []
        paths = items.map(\.path)
        takesDirectories = true
    }

    /// Where the directory objects of the selection are found, given where those of the tree are.
    package func source(over source: any TreeSource) -> any TreeSource {
        guard !pruned.isEmpty else { return source }
        let result = MemoryTrees(over: source)
        for object in pruned { result.put(object) }
        return result
    }

    /// Resolves a source word: components with `*`, `?` or `[` match names, all others are followed as paths.
    ///
    /// - Throws: `SelectionError` when a word without wildcards names nothing.
    package init(of word: ByteString, in tree: Tree, from source: any TreeSource) throws {
        takesDirectories = false
        let parts = word.bytes.split(separator: 0x2F).map { ByteString(Array($0)) }.filter { $0 != "." }
        let cleaned = Selection.clean(parts)
        guard let firstPattern = cleaned.firstIndex(where: PathPattern.hasWildcard) else {
            let path = cleaned.joined(separator: "/")
            let found = try Selection.lookUp("/" + path, in: tree, from: source, word: word)
            guard let entry = found.entry else {
                throw SelectionError.notFound(word, nearest: try Selection.nearest(to: cleaned, in: tree, from: source))
            }
            items = [Item(name: cleaned.last ?? "", path: found.path, entry: entry)]
            paths = [found.path]
            return
        }
        let base = ByteString("/") + cleaned[..<firstPattern].joined(separator: "/")
        let start = try Selection.lookUp(base, in: tree, from: source, word: word)
        (items, paths) = ([], [])
        guard let entry = start.entry else { return }
        let patterns = try cleaned[firstPattern...].map { part in
            do { return try PathPattern(part) } catch { throw SelectionError.malformedPattern(word) }
        }
        try match(patterns[...], at: start.path, entry, in: tree, from: source)
        paths = items.map(\.path)
    }

    /// Takes out of the directories what the filter does not let through; what was named itself stays.
    mutating func filter(_ filter: SelectionFilter, from source: any TreeSource) throws {
        paths = []
        for index in items.indices {
            let item = items[index]
            guard case .directory(let hash) = item.entry.node else {
                paths.append(item.path)
                continue
            }
            let result = try filter.apply(to: Tree(rootAttributes: item.entry.attributes, rootObject: hash), source)
            items[index].entry = result.tree.rootEntry
            paths += result.kept.map { item.path.appending($0) }
            pruned += result.objects
        }
    }

    private mutating func match(
        _ patterns: ArraySlice<PathPattern>,
        at path: TreePath,
        _ entry: TreeEntry,
        in tree: Tree,
        from source: any TreeSource
    ) throws {
        guard let pattern = patterns.first else {
            // A link that a wildcard names is followed, as a plain word's is.
            let found = try Selection.lookUp(path.bytes, in: tree, from: source, word: "/" + path.bytes)
            guard let target = found.entry else { throw SelectionError.notFound("/" + path.bytes) }
            return items.append(Item(name: path.last ?? "", path: found.path, entry: target))
        }
        guard case .directory(let hash) = entry.node else { return }
        for child in try source.directoryObject(hash).children where pattern.matches(child.name) {
            try match(patterns.dropFirst(), at: path.appending(child.name), child.entry, in: tree, from: source)
        }
    }

    static func lookUp(
        _ path: ByteString,
        in tree: Tree,
        from source: any TreeSource,
        word: ByteString
    ) throws -> ResolvedPath {
        do { return try source.resolve(path, in: tree) } catch ResolutionError.tooManyLinks {
            throw SelectionError.tooManyLinks(word)
        } catch is ResolutionError {
            throw SelectionError.notFound(word)
        }
    }

    /// The path that differs by a few letters of one component from one that is not there.
    static func nearest(
        to parts: [ByteString],
        in tree: Tree,
        from source: any TreeSource
    ) throws -> ByteString? {
        for index in parts.indices {
            let known = parts[..<index].joined(separator: "/")
            guard let found = try? source.resolve("/" + known, in: tree), let entry = found.entry,
                case .directory(let hash) = entry.node
            else { return nil }
            let directory = try source.directoryObject(hash)
            if directory[parts[index]] != nil { continue }
            guard directory.children.count <= nameLimit,
                let name = parts[index].nearest(among: directory.children.lazy.map(\.name))
            else { return nil }
            let path = (parts[..<index] + [name] + parts[(index + 1)...]).joined(separator: "/")
            return (try? source.resolve("/" + path, in: tree))?.entry == nil ? nil : path
        }
        return nil
    }

    /// Among how many names one is looked for.
    private static let nameLimit = 10_000

    /// `..` is taken lexically and stops at the root, as BuildKit takes it.
    private static func clean(_ parts: [ByteString]) -> [ByteString] {
        var result: [ByteString] = []
        for part in parts {
            if part == ".." { _ = result.popLast() } else { result.append(part) }
        }
        return result
    }

    /// What the selection is, in one value: names and entries; a directory entry's hash tells all below it.
    package var digest: ContentHash {
        var encoder = CanonicalEncoder(domain: "selection.1")
        encoder.append(UInt64(items.count))
        for item in items {
            if takesDirectories {
                encoder.append("whole")
                item.entry.encode(into: &encoder)
            } else if case .directory(let hash) = item.entry.node {
                // A directory's contents are copied, not the directory: its name, mode and owner do not matter.
                encoder.append("contents")
                encoder.append(hash)
            } else {
                encoder.append("entry")
                encoder.append(item.name)
                item.entry.encode(into: &encoder)
            }
        }
        return encoder.hash
    }
}

package enum SelectionError: Error, Sendable, Hashable {
    /// The word as the Dockerfile has it, variables expanded.
    ///
    /// `nearest`: a path there that was probably meant.
    case notFound(ByteString, nearest: ByteString? = nil)
    case malformedPattern(ByteString)
    /// Links on the way lead round in a circle.
    case tooManyLinks(ByteString)

    package var message: String {
        switch self {
        case .notFound(let word, _):
            "\(word.hasPrefix("/") ? "" : "/")\(word.escaped): not found"
        case .malformedPattern(let word): "\(word.escaped): syntax error in pattern"
        case .tooManyLinks(let word): "\(word.escaped): too many levels of symbolic links"
        }
    }

    package var remedy: String? {
        switch self {
        case .notFound(_, let nearest?): "did you mean \(nearest.escaped)?"
        case .notFound:
            "check the path: it is relative to the root of the build context (or of the stage named by --from), "
                + "and .dockerignore may exclude it"
        case .malformedPattern: "close the bracket, or escape it as \\["
        case .tooManyLinks: "follow the links one by one: one of them leads back to another"
        }
    }
}
