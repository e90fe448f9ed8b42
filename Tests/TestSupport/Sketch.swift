package import Bytes
package import Trees
internal import OCI

/// One line of a tree that a test writes down: see ``tree(_:)``.
package struct SketchEntry: Sendable {
    let add: @Sendable (inout FileModel) -> Void
}

/// A tree as a test writes it down.
///
/// ```swift
/// let model = tree {
///     file("bin/tool", "text", mode: 0o755)
///     link("tool", to: "bin/tool")
/// }
/// ```
///
/// Missing parents are 0755 of root.
package func tree(@SketchBuilder _ entries: () -> [SketchEntry]) -> FileModel {
    var model = FileModel()
    for entry in entries() { entry.add(&model) }
    return model
}

@resultBuilder
package enum SketchBuilder {
    package static func buildExpression(_ entry: SketchEntry) -> [SketchEntry] { [entry] }
    package static func buildBlock(_ entries: [SketchEntry]...) -> [SketchEntry] { entries.flatMap(\.self) }
    package static func buildOptional(_ entries: [SketchEntry]?) -> [SketchEntry] { entries ?? [] }
    package static func buildArray(_ entries: [[SketchEntry]]) -> [SketchEntry] { entries.flatMap(\.self) }
    package static func buildEither(first entries: [SketchEntry]) -> [SketchEntry] { entries }
    package static func buildEither(second entries: [SketchEntry]) -> [SketchEntry] { entries }
}

extension TreeEntry {
    /// A regular file with that content.
    package static func file(
        _ text: ByteString,
        mode: UInt16 = 0o644,
        uid: UInt32 = 0,
        gid: UInt32 = 0,
        xattrs: [Xattr] = []
    ) -> TreeEntry {
        TreeEntry(
            .file(ContentHash(of: text.bytes), size: UInt64(text.count)),
            Attributes(mode: mode, uid: uid, gid: gid, xattrs: xattrs)
        )
    }

    package static func symlink(_ target: ByteString) -> TreeEntry {
        TreeEntry(.symlink(target), Attributes(mode: 0o777))
    }
}

package func file(_ path: ByteString, _ text: ByteString = "", mode: UInt16 = 0o644) -> SketchEntry {
    SketchEntry { $0.write(TreePath(parsing: path), .file(text, mode: mode)) }
}

package func entry(_ path: ByteString, _ entry: TreeEntry) -> SketchEntry {
    SketchEntry { $0.write(TreePath(parsing: path), entry) }
}

package func directory(_ path: ByteString, mode: UInt16 = 0o755, uid: UInt32 = 0, gid: UInt32 = 0) -> SketchEntry {
    SketchEntry { $0.makeDirectory(TreePath(parsing: path), Attributes(mode: mode, uid: uid, gid: gid)) }
}

/// A symbolic link with that text.
package func link(_ path: ByteString, to target: ByteString) -> SketchEntry {
    SketchEntry { $0.write(TreePath(parsing: path), .symlink(target)) }
}

/// One more name of a file that a line above makes.
package func hardLink(_ path: ByteString, to existing: ByteString) -> SketchEntry {
    SketchEntry { $0.link(TreePath(parsing: path), to: TreePath(parsing: existing)) }
}
