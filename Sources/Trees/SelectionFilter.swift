internal import Bytes
internal import OCI

/// What `--exclude` leaves of a selected directory, and what `--parents` takes of it.
///
/// Patterns are those of an ignore file, and see paths from the selected directory on. A directory that is not let
/// through itself is there all the same, with its attributes, if something in it is.
struct SelectionFilter {
    /// A directory without what was taken out.
    struct Result {
        var tree: Tree
        /// Paths in the tree at and below which everything was let through.
        var kept: [TreePath]
        /// New directory objects of the tree.
        var objects: [DirectoryObject]
    }

    /// Matches what is taken; nil takes all.
    private let includes: IgnoreRules?
    private let excludes: IgnoreRules

    init(including pattern: ByteString? = nil, excluding patterns: [ByteString]) throws(MalformedPattern) {
        includes = if let pattern { try IgnoreRules(patterns: [pattern]) } else { nil }
        excludes = try IgnoreRules(patterns: patterns)
    }

    func apply(to tree: Tree, _ source: any TreeSource) throws -> Result {
        var walk = Walk(source: source, includes: includes, excludes: excludes)
        let place = Walk.Place(includes: includes?.top, excludes: excludes.top)
        if !walk.isWhole(place) { _ = try walk.enter(tree.rootObject, at: .root, place) }
        guard !walk.removed.isEmpty else { return Result(tree: tree, kept: [.root], objects: []) }
        let editor = try TreeEditor(tree, source: source)
        for path in walk.removed { try editor.remove(path) }
        let objects = NewObjects()
        return Result(tree: try editor.commit(into: objects), kept: walk.kept, objects: objects.list)
    }

    private final class NewObjects: TreeSink {
        var list: [DirectoryObject] = []

        func put(_ object: DirectoryObject) -> ContentHash {
            list.append(object)
            return object.hash
        }
    }

    /// A walk over the tree that notes what has to go.
    private struct Walk {
        /// What the patterns have seen of the path to a directory.
        struct Place {
            /// Nil where all below is taken.
            var includes: IgnoreRules.Level?
            var excludes: IgnoreRules.Level
        }

        let source: any TreeSource
        let includes: IgnoreRules?
        let excludes: IgnoreRules
        var removed: [TreePath] = []
        var kept: [TreePath] = []

        func isWhole(_ place: Place) -> Bool { place.includes == nil && excludes.isEmpty }

        /// - Returns: whether anything in the directory is let through, and whether all is.
        mutating func enter(
            _ hash: ContentHash,
            at path: TreePath,
            _ place: Place
        ) throws -> (keepsAny: Bool, isWhole: Bool) {
            var result = (keepsAny: false, isWhole: true)
            for child in try source.directoryObject(hash).children {
                let childPath = path.appending(child.name)
                let before = kept.count
                let inner = try judge(child, at: childPath, place)
                result.keepsAny = result.keepsAny || inner.keepsAny
                result.isWhole = result.isWhole && inner.isWhole
                if !inner.keepsAny { removed.append(childPath) }
                guard inner.isWhole else { continue }
                kept.removeSubrange(before...)
                kept.append(childPath)
            }
            return result
        }

        private mutating func judge(
            _ child: DirectoryObject.Child,
            at path: TreePath,
            _ place: Place
        ) throws -> (keepsAny: Bool, isWhole: Bool) {
            let taken = place.includes.flatMap { level in includes?.verdict(on: child.name, in: level) }
            let refused = excludes.verdict(on: child.name, in: place.excludes)
            let isKept = taken?.isIgnored ?? true && !refused.isIgnored
            guard case .directory(let hash) = child.entry.node else { return (isKept, isKept) }
            guard let below = excludes.descend(into: child.name, refused, from: place.excludes) else {
                return (false, false)
            }
            var next = Place(includes: nil, excludes: below)
            if let taken, let level = place.includes {
                // Where the rules say that nothing below needs a look, all of it matches.
                next.includes = includes?.descend(into: child.name, taken, from: level)
            }
            if isKept, isWhole(next) { return (true, true) }
            let inner = try enter(hash, at: path, next)
            let keepsAny = isKept || inner.keepsAny
            return (keepsAny, keepsAny && inner.isWhole)
        }
    }
}
