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
/// Unlike the kernel it goes on behind a missing component, as for a directory that is about to be made: a `..` takes
/// the missing component away again.
///
/// - Parameters:
///   - text: the path; absolute, or relative to `base`.
///   - base: where a relative path starts.
///   - followsLast: whether a link at the end is followed.
///   - lookUp: the entry at a path, no link followed on the way; nil if there is none.
/// - Returns: where the path leads.
/// - Throws: `ResolutionError`, or what `lookUp` throws.
package func resolve(
    _ text: ByteString,
    from base: TreePath = .root,
    followsLast: Bool = true,
    lookUp: (TreePath) throws -> TreeEntry?
) throws -> ResolvedPath {
    let root = try lookUp(.root) ?? Tree.empty.rootEntry
    return try follow(text, from: base, root: root, followsLast: followsLast) { _, path in try lookUp(path) }
}

extension TreeSource {
    /// Follows a path in a tree, as the function of the same name does.
    ///
    /// - Parameters:
    ///   - text: the path; absolute, or relative to `base`.
    ///   - tree: where to look.
    ///   - base: where a relative path starts.
    ///   - followsLast: whether a link at the end is followed.
    /// - Returns: where the path leads.
    /// - Throws: `ResolutionError`, or what reading a directory object throws.
    package func resolve(
        _ text: ByteString,
        in tree: Tree,
        from base: TreePath = .root,
        followsLast: Bool = true
    ) throws -> ResolvedPath {
        try follow(text, from: base, root: tree.rootEntry, followsLast: followsLast) { parent, path in
            guard case .directory(let hash) = parent.node, let name = path.last else { return nil }
            return try directoryObject(hash)[name]
        }
    }
}

/// What both forms have in common; `child` is asked for the entry at a path, given that of the directory it is in.
private func follow(
    _ text: ByteString,
    from base: TreePath,
    root: TreeEntry,
    followsLast: Bool,
    child: (TreeEntry, TreePath) throws -> TreeEntry?
) throws -> ResolvedPath {
    func parts(_ text: ByteString) -> [ByteString] { text.bytes.split(separator: 0x2F).map { ByteString(Array($0)) } }
    var pending = Array(parts(text).reversed())
    if text.bytes.first != 0x2F { pending += base.components.reversed() }
    var at = TreePath.root
    var entry = root
    // The directories on the way, so that `..` needs no look-up.
    var above: [TreeEntry] = []
    var missing: [ByteString] = []
    var linksLeft = 255
    while let name = pending.popLast() {
        if !missing.isEmpty {
            if name == ".." { missing.removeLast() } else if name != "." { missing.append(name) }
            continue
        }
        guard entry.isDirectory else { throw ResolutionError.notADirectory(at) }
        if name == "." { continue }
        if name == ".." {
            entry = above.popLast() ?? entry
            at = at.parent
            continue
        }
        guard let next = try child(entry, at.appending(name)) else {
            missing = [name]
            continue
        }
        if case .symlink(let target) = next.node, followsLast || !pending.isEmpty {
            guard linksLeft > 0 else { throw ResolutionError.tooManyLinks(text) }
            linksLeft -= 1
            if target.bytes.first == 0x2F {
                at = .root
                above = []
                entry = root
            }
            pending += parts(target).reversed()
            continue
        }
        above.append(entry)
        at = at.appending(name)
        entry = next
    }
    let path = at.appending(TreePath(missing))
    return ResolvedPath(path: path, entry: missing.isEmpty ? entry : nil, missing: missing)
}
