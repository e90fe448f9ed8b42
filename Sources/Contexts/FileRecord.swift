internal import Bytes
internal import Linux
internal import OCI

/// What is known of one entry of a local context, in the form in which the stat index keeps it on disk: fixed size, no
/// references, so that a million files cost a million times 104 bytes.
struct FileRecord: BitwiseCopyable, Sendable {
    struct Flags: OptionSet, BitwiseCopyable, Sendable {
        let rawValue: UInt8
        /// `hash` is that of the file's content, or of the directory's object.
        ///
        /// Of a link: its target was settled when it was stored.
        static let hashed = Flags(rawValue: 1)
        /// Some file at or below has a placeholder for its content's hash (a directory's `hash` is of such an object).
        static let incomplete = Flags(rawValue: 2)
        /// The file has other names, here or elsewhere.
        static let linked = Flags(rawValue: 4)
        /// In memory only: the index says the same of the entry.
        static let known = Flags(rawValue: 8)
        /// In memory only: an ignored directory that stays only for what is taken in again below it.
        static let onlyForChildren = Flags(rawValue: 16)
    }

    var inode: UInt64
    /// Bytes of a file; the device number of a device.
    var size: UInt64
    /// Modification and change time in nanoseconds since 1970; `Int64.max` where that is too far away.
    var modified: Int64
    var changed: Int64
    var device: UInt64
    var hash: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    var uid: UInt32
    var gid: UInt32
    /// Where the name begins among the names; a link's target follows it.
    var nameOffset: UInt32 = 0
    /// In the index: the first child's record.
    ///
    /// In memory: the directory's number.
    var first: UInt32 = 0
    /// In the index: how many children.
    var count: UInt32 = 0
    var mode: UInt16
    var nameLength: UInt16 = 0
    var targetLength: UInt16 = 0
    private var kindValue: UInt8
    var flags: Flags = []

    var kind: FileKind { FileKind(rawValue: kindValue) ?? .socket }

    init(_ status: FileStatus) {
        inode = status.inode
        size = status.kind == .characterDevice || status.kind == .blockDevice ? status.specialDevice : status.size
        modified = status.modified.indexed
        changed = status.changed.indexed
        device = status.device
        uid = status.uid
        gid = status.gid
        mode = status.mode
        kindValue = status.kind.rawValue
        if status.links > 1 && status.kind != .directory { flags = .linked }
    }

    var contentHash: ContentHash? {
        get { flags.contains(.hashed) ? ContentHash(words: hash) : nil }
        set {
            hash = newValue?.words ?? (0, 0, 0, 0)
            if newValue == nil { flags.remove(.hashed) } else { flags.insert(.hashed) }
        }
    }

    /// Whether both are of one file that nothing was done to, as far as `statx(2)` can tell.
    func isSameState(as other: FileRecord) -> Bool {
        inode == other.inode && size == other.size && modified == other.modified && changed == other.changed
            && device == other.device && uid == other.uid && gid == other.gid && mode == other.mode
            && kindValue == other.kindValue
    }

    /// Whether the file was last changed before `cutoff`, so that a later change must show in its times.
    ///
    /// A change time of whole seconds is what a file system gives that keeps no more: then two changes may have one time
    /// for as long as a second.
    func isOlder(than cutoff: Int64) -> Bool {
        let limit = changed % 1_000_000_000 == 0 ? cutoff - FileRecord.coarseMargin : cutoff
        return changed < limit && modified < limit
    }

    /// Nanoseconds.
    private static let coarseMargin: Int64 = 2_000_000_000
}

extension FileTime {
    /// Nanoseconds since 1970, or `Int64.max`, which no time is older than.
    var indexed: Int64 {
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflows { return .max }
        let (sum, overflowsToo) = product.addingReportingOverflow(Int64(nanoseconds))
        return overflowsToo ? .max : sum
    }
}
