internal import Bytes
internal import Trees

extension ArchiveLimits {
    /// The path that an entry's name is, taken apart; empty for the archive's own root.
    ///
    /// - Throws: a limit, or `refusedEntry` for a name with `..` or one that no file system takes.
    func components(of name: ByteString) throws(LayersError) -> [ByteString] {
        guard name.count <= pathLength else {
            throw .limitExceeded(.pathLength(pathLength), entry: ByteString(name.bytes.prefix(64)))
        }
        let components = TreePath(splitting: name).components
        guard components.count <= depth else {
            throw .limitExceeded(.depth(depth), entry: ByteString(name.bytes.prefix(64)))
        }
        guard !components.contains("..") else { throw .refusedEntry(name, reason: "its path has `..`") }
        if let long = components.first(where: { $0.count > 255 }) {
            throw .refusedEntry(
                ByteString(name.bytes.prefix(64)),
                reason: "a name has \(long.count) bytes, more than 255"
            )
        }
        return components
    }
}

/// What an entry with a reserved name says of what is below its layer (OCI image-spec, Layer, "Whiteouts").
enum LayerMark {
    /// Everything in the entry's directory is hidden.
    case opaque
    /// The name is hidden.
    case whiteout(ByteString)
    /// What an aufs left behind.
    case ignored

    /// - Throws: `LayersError.refusedEntry` for the whiteout of nothing in its directory.
    init(_ name: ByteString, of entry: ArchiveEntry) throws(LayersError) {
        if name == ".wh..wh..opq" {
            self = .opaque
        } else if name.hasPrefix(".wh..wh.") {
            self = .ignored
        } else {
            let hidden = ByteString(name.bytes.dropFirst(4))
            guard !hidden.isEmpty, hidden != ".", hidden != ".." else {
                throw .refusedEntry(entry.name, reason: "a whiteout of nothing in its directory")
            }
            self = .whiteout(hidden)
        }
    }
}
