internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Trees

// The stat index remembers, for one context root and one set of ignore rules, the state in which each file was last
// seen and what its content's hash was then. It is a cache: whatever is wrong with a file of it, it is ignored and made
// anew, and of two builds that write at once the last one stays.
//
//     contexts/<hex>          hash of the root's device and inode and of the ignore rules
//
//     64 bytes of stamp and checksum: the form of records and directory objects, then the SHA-256 of all that follows
//     8 + 8 bytes: how many records, how many bytes of names
//     records of 104 bytes: the root first, then level by level, children of one directory side by side, sorted by name
//     names, with the targets of links
//
// A hash is believed if the file is in the same state by device, inode, size, modification and change time, mode and
// owner, and if the last change is older than the scan by more than the clock of file times may be wrong: a change that
// came later must show then. Younger files are stored without a hash and read again in the next build. What `statx(2)`
// cannot tell is a change through a writable mapping that is not written back yet.

/// A stat index that was read: records in one piece of memory that is mapped from the file.
final class StatIndex: Sendable {
    private let mapping: Mapping
    let recordCount: Int
    private let namesStart: Int
    private let namesCount: Int

    /// The index of that name, or nil where there is none that can be used.
    init?(_ name: ByteString, in folder: Directory) {
        guard let file = try? folder.open(name, flags: O_RDONLY | O_NONBLOCK), let status = try? file.status(),
            status.kind == .file, let size = Int(exactly: status.size), size > StatIndex.headerSize,
            let mapping = Mapping(file, size: size)
        else { return nil }
        self.mapping = mapping
        recordCount = Int(clamping: mapping.bytes.loadUnaligned(fromByteOffset: 64, as: UInt64.self))
        namesCount = Int(clamping: mapping.bytes.loadUnaligned(fromByteOffset: 72, as: UInt64.self))
        let (recordsSize, overflows) = recordCount.multipliedReportingOverflow(by: MemoryLayout<FileRecord>.stride)
        namesStart = overflows || recordsSize > size ? size : StatIndex.headerSize + recordsSize
        guard recordCount > 0, namesCount == size - namesStart,
            mapping.bytes[..<32].elementsEqual(StatIndex.stamp.bytes),
            mapping.bytes[32..<64].elementsEqual(
                StatIndex.checksum(UnsafeRawBufferPointer(rebasing: mapping.bytes[64...])).bytes
            )
        else { return nil }
    }

    func record(_ number: Int) -> FileRecord {
        let offset = StatIndex.headerSize + number * MemoryLayout<FileRecord>.stride
        return mapping.bytes.loadUnaligned(fromByteOffset: offset, as: FileRecord.self)
    }

    /// The numbers of a directory's children.
    func children(of record: FileRecord) -> Range<Int> {
        let end = Int(record.first) + Int(record.count)
        return end <= recordCount ? Int(record.first)..<end : 0..<0
    }

    func name(of record: FileRecord) -> UnsafeRawBufferPointer {
        names(from: Int(record.nameOffset), count: Int(record.nameLength))
    }

    func target(of record: FileRecord) -> ByteString {
        ByteString(names(from: Int(record.nameOffset) + Int(record.nameLength), count: Int(record.targetLength)))
    }

    private func names(from offset: Int, count: Int) -> UnsafeRawBufferPointer {
        guard offset + count <= namesCount else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let start = namesStart + offset
        return UnsafeRawBufferPointer(rebasing: mapping.bytes[start..<start + count])
    }
}

extension StatIndex {
    static let headerSize = 80

    /// The form of a file: it changes with the layout of records and with the encoding of directory objects, whose hashes
    /// the records of directories hold.
    static let stamp: ContentHash = {
        let attributes = Attributes(mode: 0o644, uid: 1, gid: 2, xattrs: [Xattr(name: "user.n", value: "v")])
        let nodes: [TreeEntry.Node] = [
            .file(ContentHash(of: []), size: 0), .directory(DirectoryObject.empty.hash), .symlink("t"),
            .characterDevice(1),
            .blockDevice(2), .fifo,
        ]
        let children = nodes.enumerated().map { index, node in
            DirectoryObject.Child(name: ByteString("n\(index)"), entry: TreeEntry(node, attributes))
        }
        var encoder = CanonicalEncoder(domain: "context.index.1")
        encoder.append(DirectoryObject(children: children, linkSets: [["n0", "n1/x"]]).hash)
        encoder.append(UInt64(MemoryLayout<FileRecord>.stride))
        encoder.append(UInt64(MemoryLayout<FileRecord>.offset(of: \.flags) ?? 0))
        return encoder.hash
    }()

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> ContentHash {
        var hasher = ContentHasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The file's name in the folder of indexes.
    static func name(of root: FileStatus, rules: IgnoreRules) -> ByteString {
        var encoder = CanonicalEncoder(domain: "context.root.1")
        encoder.append(root.device)
        encoder.append(root.inode)
        for rule in rules.rules {
            encoder.append(rule.isNegated)
            encoder.append(rule.pattern)
        }
        return ByteString(encoder.hash.hex)
    }

    /// Writes a file of records and names under another name and puts it in place.
    static func write(
        _ records: [FileRecord],
        names: [UInt8],
        as name: ByteString,
        in folder: Directory
    ) throws(SystemError) {
        var body: [UInt8] = []
        let size = 16 + records.count * MemoryLayout<FileRecord>.stride + names.count
        body.reserveCapacity(size)
        withUnsafeBytes(of: UInt64(records.count)) { body += $0 }
        withUnsafeBytes(of: UInt64(names.count)) { body += $0 }
        records.withUnsafeBytes { body += $0 }
        body += names
        let sum = body.withUnsafeBytes { checksum($0) }
        let temporary = name + ByteString(".\(getpid()).\(UInt32.random(in: 0...UInt32.max))")
        let file = try folder.open(temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        do throws(SystemError) {
            try file.write(stamp.bytes + sum.bytes)
            try file.write(body)
            try folder.rename(temporary, to: name, in: folder)
        } catch {
            try? folder.removeFile(temporary)
            throw error
        }
    }

    /// A file's bytes in memory, read-only.
    ///
    /// Nobody shortens an index file, so reading cannot fail.
    private final class Mapping: @unchecked Sendable {
        // Unchecked: the memory is mapped read-only and stays where it is until the object goes.
        let bytes: UnsafeRawBufferPointer

        init?(_ file: Linux.Descriptor, size: Int) {
            let address = mmap(nil, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.number, 0)
            guard let address, address != MAP_FAILED else { return nil }
            bytes = UnsafeRawBufferPointer(start: address, count: size)
        }

        deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
    }
}

/// Goes through the children of one directory in the index while names come in the same order.
struct StatIndexCursor {
    private let index: StatIndex
    private var rest: Range<Int>

    init?(_ index: StatIndex?, directory: Int?) {
        guard let index, let directory else { return nil }
        self.index = index
        rest = index.children(of: index.record(directory))
    }

    /// The number and record of that name; each name must come after the one before.
    ///
    /// A search starts only where names are missing on one side.
    mutating func find(_ name: ByteString) -> (number: Int, record: FileRecord)? {
        var low = rest.lowerBound
        var high = rest.upperBound
        var next = low
        while low < high {
            let record = index.record(next)
            let order = compare(index.name(of: record), name)
            if order == 0 {
                rest = next + 1..<rest.upperBound
                return (next, record)
            }
            if order < 0 { low = next + 1 } else { high = next }
            next = (low + high) / 2
        }
        rest = low..<rest.upperBound
        return nil
    }

    private func compare(_ left: UnsafeRawBufferPointer, _ right: ByteString) -> Int {
        let common = min(left.count, right.count)
        let order = right.bytes.withUnsafeBytes { right -> Int in
            guard common > 0, let left = left.baseAddress, let right = right.baseAddress else { return 0 }
            return Int(memcmp(left, right, common))
        }
        return order != 0 ? order : left.count - right.count
    }
}
