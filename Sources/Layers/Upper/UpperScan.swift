package import Bytes
package import Linux
package import Trees

/// Finds out what a step has changed, from the upper directory that it left, without mounting anything.
///
/// The walk goes over the upper only; what was there before, the tree below answers. What is no change is taken out of
/// the upper too: whiteouts with nothing below, files that overlay copied up and nobody changed (cache.md rule 12), sockets.
/// Marks that hide nothing are taken off.
/// Only for an upper that is still pending: it is changed on the disk, so one that was committed, which other processes
/// may have mounted, must never be scanned. Nothing may write to the upper meanwhile.
package struct UpperScan {
    package struct Result: Sendable {
        package var delta: Delta
        package var notices: [LayersNotice]
    }

    let upper: Directory
    let below: Below
    let lowerModified: (TreePath) throws -> FileTime?
    let namespace: ByteString

    /// A scan of what a step left over `below`.
    ///
    /// `lowerModified`: the modification time of an entry of the tree below; from the lower directories if not given.
    /// `overlayNamespace`: the prefix of overlay's extended attributes, `user.overlay.` for mounts without root.
    package init(
        upper: Directory,
        below: Below,
        lowerModified: ((TreePath) throws -> FileTime?)? = nil,
        overlayNamespace: ByteString = "trusted.overlay."
    ) {
        self.upper = upper
        self.below = below
        self.lowerModified = lowerModified ?? { below.modified($0) }
        namespace = overlayNamespace
    }

    /// Walks the upper directory, hashes what is new in it on all processors, and cleans it.
    ///
    /// - Throws: `LayersError.whiteoutName` for a file that a layer cannot hold, `overlayMark`, `tooDeep`, `file`.
    package func run() throws -> Result {
        var walk = try UpperWalk(scan: self)
        try walk.walk()
        return Result(delta: walk.delta, notices: walk.notices.notices)
    }

    /// The value of an overlay attribute among those of an entry.
    func mark(_ name: ByteString, in xattrs: [Xattr]) -> ByteString? {
        xattrs.first { $0.name == namespace + name }?.value
    }

    /// The attributes that a tree holds of an entry.
    func attributes(_ status: FileStatus, _ xattrs: [Xattr], at path: TreePath) throws(LayersError) -> Attributes {
        for refused in OverlayMark.refused where mark(refused, in: xattrs) != nil {
            throw .overlayMark(path, attribute: namespace + refused)
        }
        return Attributes(
            mode: status.mode,
            uid: status.uid,
            gid: status.gid,
            xattrs: xattrs.filter { Attributes.covers($0.name) }
        )
    }
}
