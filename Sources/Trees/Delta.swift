package import Bytes
package import OCI

/// What one step or base layer changed, relative to the tree it started from.
///
/// Entries are sorted by path, so a directory comes before what is in it. The same facts are held by an upper directory
/// and by a layer's tar; this is the form that trees are computed from.
package struct Delta: Sendable {
    package enum Change: Sendable, Hashable {
        /// Whatever was at the path is gone.
        case whiteout
        /// A directory: what is below stays, unless `isOpaque` or there was no directory.
        case directory(Attributes, modified: FileTime, isOpaque: Bool)
        /// Anything else, in place of what was there. `linkedTo` is the first path of this delta that is the same file.
        case write(TreeEntry, modified: FileTime, linkedTo: TreePath?)
    }

    package struct Entry: Sendable, Hashable {
        package var path: TreePath
        package var change: Change

        package init(path: TreePath, change: Change) {
            self.path = path
            self.change = change
        }
    }

    package var entries: [Entry]

    package init(entries: [Entry] = []) { self.entries = entries }

    package var isEmpty: Bool { entries.isEmpty }

    /// Bytes of the files and links that the delta writes, hard links counted once: what Docker calls a layer's size.
    package var plainSize: Int64 {
        entries.reduce(0) { sum, entry in
            guard case .write(let written, _, nil) = entry.change else { return sum }
            switch written.node {
            case .file(_, let size): return sum &+ Int64(clamping: size)
            case .symlink(let target): return sum &+ Int64(target.count)
            default: return sum
            }
        }
    }

    /// The value by which two deltas of one operation are told equal (`cache.md` rule 2): everything but the times, which
    /// enter as ``timesDigest(from:to:)`` sees them.
    package func digest(from start: FileTime, to end: FileTime) -> ContentHash {
        var encoder = CanonicalEncoder(domain: "delta.1")
        for entry in entries {
            encoder.append(entry.path.bytes)
            switch entry.change {
            case .whiteout: encoder.append(UInt8(0))
            case .directory(let attributes, _, let isOpaque):
                encoder.append(UInt8(1))
                attributes.encode(into: &encoder)
                encoder.append(isOpaque)
            case .write(let written, _, let linkedTo):
                encoder.append(UInt8(2))
                written.encode(into: &encoder)
                encoder.append(linkedTo?.bytes)
            }
        }
        encoder.append(timesDigest(from: start, to: end))
        return encoder.hash
    }

    /// The times that the step set on purpose (`cache.md` rule 3): a modification time within the step's own start and end
    /// counts as "now", any other as its value; directories do not count.
    package func timesDigest(from start: FileTime, to end: FileTime) -> ContentHash {
        var encoder = CanonicalEncoder(domain: "times.1")
        for entry in entries {
            guard case .write(_, let modified, _) = entry.change else { continue }
            encoder.append(entry.path.bytes)
            let isNow = start <= modified && modified <= end
            encoder.append(isNow)
            if !isNow {
                encoder.append(modified.seconds)
                encoder.append(UInt64(modified.nanoseconds))
            }
        }
        return encoder.hash
    }
}
