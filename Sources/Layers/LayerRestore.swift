internal import Bytes
package import Linux
internal import OCI
package import Trees

/// Makes an upper directory again of a delta's tar and its listing: what it was, or would have been, when the step that
/// made it was done.
package struct LayerRestore {
    private let upper: Directory
    private let listing: UpperListing

    ///
    /// `upper`: an empty directory.
    package init(upper: Directory, listing: UpperListing) {
        self.upper = upper
        self.listing = listing
    }

    /// Unpacks the tar, compares it with the listing, and sets times and the root's attributes as that says.
    ///
    /// - Throws: `LayersError`; throw the upper away then.
    package func run(_ blob: Linux.Descriptor, expecting expected: ExpectedLayer) throws {
        // Our own layer, packed on this machine: what it unpacks to is known.
        var limits = ArchiveLimits()
        limits.ratio = .max
        limits.plainSize = .max
        let applied = try LayerApply(upper: upper, below: .nothing, limits: limits).apply(blob, expecting: expected)
        let (found, wanted) = (applied.delta.entries, listing.delta.entries.filter { !$0.path.isRoot })
        let isSame = found.filter { !$0.path.isRoot }.elementsEqual(wanted) { $0.isSame(as: $1) }
        guard isSame else { throw LayersError.malformedArchive("it is not what its listing says") }
        try setTimes()
        try at(.root) { () throws(SystemError) in
            try upper.setOwner(uid: listing.rootAttributes.uid, gid: listing.rootAttributes.gid)
            try upper.setMode(mode: listing.rootAttributes.mode)
            for xattr in listing.rootAttributes.xattrs { try upper.setXattr("", xattr) }
            try upper.setModified("", listing.rootModified)
        }
    }

    /// From below, so that no directory changes after its time was set.
    private func setTimes() throws {
        var opened: (path: TreePath, directory: Directory)?
        for entry in listing.delta.entries.reversed() where !entry.path.isRoot {
            let modified: FileTime
            switch entry.change {
            case .directory(_, let time, _), .write(_, let time, _): modified = time
            case .whiteout: continue
            }
            let parent = entry.path.parent
            try at(entry.path) { () throws(SystemError) in
                if opened?.path != parent { opened = (parent, try upper.directory(at: parent)) }
                try opened?.directory.setModified(entry.path.last ?? "", modified)
            }
        }
    }
}

extension Delta.Entry {
    /// Whether two entries differ in their times at most.
    fileprivate func isSame(as other: Delta.Entry) -> Bool {
        guard path == other.path else { return false }
        switch (change, other.change) {
        case (.whiteout, .whiteout): return true
        case (.directory(let one, _, let isOpaque), .directory(let two, _, let isOtherOpaque)):
            return one == two && isOpaque == isOtherOpaque
        case (.write(let one, _, let link), .write(let two, _, let otherLink)): return one == two && link == otherLink
        default: return false
        }
    }
}
