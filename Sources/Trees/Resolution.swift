package import Bytes
internal import OCI

/// Where a path leads in a tree once its links are followed, all of it beneath the root.
package struct ResolvedPath: Sendable, Hashable {
    /// The real path: no component but a missing one is a link (the last may be, if it was not to be followed).
    package var path: TreePath
    /// What is there; nil when `missing` is not empty.
    package var entry: TreeEntry?
    /// The components at the end of `path` that are not there.
    package var missing: [ByteString]
}

package enum ResolutionError: Error, Sendable, Hashable {
    /// More than 255 links on the way: a loop.
    case tooManyLinks(ByteString)
    /// A component that is neither directory nor link has something after it.
    case notADirectory(TreePath)

    package var message: String {
        switch self {
        case .tooManyLinks(let path): "\(path.escaped): too many levels of symbolic links"
        case .notADirectory(let path): "\(path) is not a directory"
        }
    }
}

extension TreeSource {
    /// Follows a path in a tree as a process in a chroot would: absolute links start at the tree's root, `..` stops there.
    ///
    /// - Parameter followsLast: whether a link at the end is followed.
    package func resolve(
        _ text: ByteString,
        in tree: Tree,
        from base: TreePath = .root,
        followsLast: Bool = true
    ) throws -> ResolvedPath {
        var pending = Array(text.bytes.split(separator: 0x2F).reversed().map { ByteString(Array($0)) })
        var at = text.bytes.first == 0x2F ? TreePath.root : base
        var linksLeft = 255
        var entry = try self.entry(at: at, in: tree)
        while let name = pending.popLast() {
            if name == "." { continue }
            if name == ".." {
                at = at.parent
                entry = try self.entry(at: at, in: tree)
                continue
            }
            guard let current = entry else { break }
            guard case .directory(let hash) = current.node else { throw ResolutionError.notADirectory(at) }
            guard let next = try directoryObject(hash)[name] else {
                return missing([name] + pending.reversed(), at: at)
            }
            if case .symlink(let target) = next.node, followsLast || pending.contains(where: { $0 != "." }) {
                linksLeft -= 1
                guard linksLeft > 0 else { throw ResolutionError.tooManyLinks(text) }
                if target.bytes.first == 0x2F {
                    at = .root
                    entry = tree.rootEntry
                }
                pending += target.bytes.split(separator: 0x2F).reversed().map { ByteString(Array($0)) }
                continue
            }
            at = at.appending(name)
            entry = next
        }
        return ResolvedPath(path: at, entry: entry, missing: [])
    }

    /// Components after a missing one are taken lexically, as for a directory that is about to be made.
    private func missing(_ names: [ByteString], at base: TreePath) -> ResolvedPath {
        var rest: [ByteString] = []
        var path = base
        for name in names where name != "." {
            if name == ".." {
                if rest.popLast() == nil { path = path.parent }
            } else {
                rest.append(name)
            }
        }
        return ResolvedPath(path: path.appending(TreePath(rest)), entry: nil, missing: rest)
    }
}
