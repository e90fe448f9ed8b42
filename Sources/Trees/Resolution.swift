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

/// Follows a path as a process in a chroot would: absolute links start at the tree's root, `..` stops there.
///
/// - Parameters:
///   - base: where a relative path starts.
///   - followsLast: whether a link at the end is followed.
///   - lookUp: the entry at a path, no link followed on the way; nil if there is none.
/// - Returns: where the path leads; components after a missing one are taken lexically.
/// - Throws: `ResolutionError`, or what `lookUp` throws.
package func resolve(
    _ text: ByteString,
    from base: TreePath = .root,
    followsLast: Bool = true,
    lookUp: (TreePath) throws -> TreeEntry?
) throws -> ResolvedPath {
    var pending = Array(text.bytes.split(separator: 0x2F).reversed().map { ByteString(Array($0)) })
    var at = text.bytes.first == 0x2F ? TreePath.root : base
    var linksLeft = 255
    var entry = try lookUp(at)
    while let name = pending.popLast() {
        if name == "." { continue }
        if name == ".." {
            at = at.parent
            entry = try lookUp(at)
            continue
        }
        guard let current = entry else { break }
        guard current.isDirectory else { throw ResolutionError.notADirectory(at) }
        let path = at.appending(name)
        guard let next = try lookUp(path) else { return missing([name] + pending.reversed(), at: at) }
        if case .symlink(let target) = next.node, followsLast || pending.contains(where: { $0 != "." }) {
            linksLeft -= 1
            guard linksLeft > 0 else { throw ResolutionError.tooManyLinks(text) }
            if target.bytes.first == 0x2F {
                at = .root
                entry = try lookUp(at)
            }
            pending += target.bytes.split(separator: 0x2F).reversed().map { ByteString(Array($0)) }
            continue
        }
        at = path
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

extension TreeSource {
    /// Follows a path in a tree as a process in a chroot would: absolute links start at the tree's root, `..` stops there.
    ///
    /// Unlike the kernel it goes on behind a missing component, as for a directory that is about to be made: a `..` takes
    /// the missing component away again.
    ///
    /// - Parameters:
    ///   - base: where a relative path starts.
    ///   - followsLast: whether a link at the end is followed.
    package func resolve(
        _ text: ByteString,
        in tree: Tree,
        from base: TreePath = .root,
        followsLast: Bool = true
    ) throws -> ResolvedPath {
        var pending = Array(parts(of: text).reversed())
        if text.bytes.first != 0x2F { pending += base.components.reversed() }
        var at = TreePath.root
        // The directories on the way, so that `..` needs no look-up.
        var above: [TreeEntry] = []
        var entry = tree.rootEntry
        var missing: [ByteString] = []
        var linksLeft = 255
        while let name = pending.popLast() {
            if !missing.isEmpty {
                if name == ".." { missing.removeLast() } else if name != "." { missing.append(name) }
                continue
            }
            guard case .directory(let hash) = entry.node else { throw ResolutionError.notADirectory(at) }
            if name == "." { continue }
            if name == ".." {
                entry = above.popLast() ?? entry
                at = at.parent
                continue
            }
            guard let next = try directoryObject(hash)[name] else {
                missing = [name]
                continue
            }
            if case .symlink(let target) = next.node, followsLast || !pending.isEmpty {
                guard linksLeft > 0 else { throw ResolutionError.tooManyLinks(text) }
                linksLeft -= 1
                if target.bytes.first == 0x2F {
                    at = .root
                    above = []
                    entry = tree.rootEntry
                }
                pending += parts(of: target).reversed()
                continue
            }
            above.append(entry)
            at = at.appending(name)
            entry = next
        }
        let path = at.appending(TreePath(missing))
        return ResolvedPath(path: path, entry: missing.isEmpty ? entry : nil, missing: missing)
    }

    private func parts(of text: ByteString) -> [ByteString] {
        text.bytes.split(separator: 0x2F).map { ByteString(Array($0)) }
    }
}
