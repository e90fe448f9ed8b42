internal import Bytes
internal import Glibc
internal import OCI
internal import Trees

/// One directory of a context: what is in it, sorted by name, sockets and ignored entries left out.
struct DirectoryListing: Sendable {
    /// A directory as the index has it: its object's hash, where that was stored, and how many children it had.
    struct Known: Sendable {
        var hash: ContentHash?
        var isComplete: Bool
        var count: Int
    }

    /// The number of the directory that holds this one; -1 for the root.
    ///
    /// It is always lower than this one's own number.
    var parent: Int
    var name: ByteString
    var records: [FileRecord] = []
    var names: [UInt8] = []
    /// As ``DirectoryObject/linkSets``.
    var linkSets: [[ByteString]] = []
    /// What the index says of the directory.
    var known: Known?
    /// The hash of the directory's object, once it was computed and while nothing at or below changes.
    var object: ContentHash?
    /// Whether the hash of every file at or below is that of its content.
    ///
    /// Of use only when `object` is not nil.
    var isComplete = false

    func name(of record: FileRecord) -> ByteString {
        let start = Int(record.nameOffset)
        return ByteString(names[start..<start + Int(record.nameLength)])
    }

    func target(of record: FileRecord) -> ByteString {
        let start = Int(record.nameOffset) + Int(record.nameLength)
        return ByteString(names[start..<start + Int(record.targetLength)])
    }

    mutating func append(_ record: FileRecord, name: ByteString, target: ByteString) {
        var record = record
        record.nameOffset = UInt32(truncatingIfNeeded: names.count)
        record.nameLength = UInt16(clamping: name.count)
        record.targetLength = UInt16(clamping: target.count)
        names += name.bytes
        names += target.bytes
        records.append(record)
    }

    /// Adds entries that all come after those that are here.
    mutating func append(_ other: DirectoryListing) {
        if records.isEmpty {
            (records, names) = (other.records, other.names)
            return
        }
        let start = UInt32(truncatingIfNeeded: names.count)
        names += other.names
        for var record in other.records {
            record.nameOffset += start
            records.append(record)
        }
    }

    /// The number of the record with that name.
    ///
    /// A binary search.
    func find(_ name: ByteString) -> Int? {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if self.name(of: records[middle]) < name { low = middle + 1 } else { high = middle }
        }
        return low < records.count && self.name(of: records[low]) == name ? low : nil
    }

    /// The directory's object, with a placeholder where a file's hash is not known.
    ///
    /// `childObject` gives the hash of the object of the directory with a number.
    func directoryObject(_ childObject: (Int) -> ContentHash) -> DirectoryObject {
        var children: [DirectoryObject.Child] = []
        children.reserveCapacity(records.count)
        for record in records {
            let node: TreeEntry.Node =
                switch record.kind {
                case .file: .file(record.contentHash ?? record.placeholder, size: record.size)
                case .directory: .directory(childObject(Int(record.first)))
                case .symlink: .symlink(target(of: record))
                case .characterDevice: .characterDevice(record.size)
                case .blockDevice: .blockDevice(record.size)
                case .fifo: .fifo
                case .socket: .socket
                }
            let mode = record.kind == .symlink ? 0o777 : record.mode
            children.append(.init(name: name(of: record), entry: TreeEntry(node, Attributes(mode: mode))))
        }
        return DirectoryObject(children: children, linkSets: linkSets.sorted { $0.lexicographicallyPrecedes($1) })
    }
}

extension FileRecord {
    /// What stands for the content's hash of a file that was not read: it says in which state the file is, and is the
    /// hash of no content.
    var placeholder: ContentHash {
        var encoder = CanonicalEncoder(domain: "context.unread.1")
        for value in [device, inode, size] { encoder.append(value) }
        for value in [modified, changed] { encoder.append(value) }
        return encoder.hash
    }
}
