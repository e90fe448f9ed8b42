internal import Bytes
internal import CArchive
internal import Linux

/// One entry of a tar as it stands there: nothing in it has been judged.
struct ArchiveEntry {
    enum Kind: Equatable {
        case file
        case directory
        case symlink(ByteString)
        case hardLink(ByteString)
        case characterDevice(DeviceNumber)
        case blockDevice(DeviceNumber)
        case fifo
        case other
    }

    var name: ByteString
    var kind: Kind
    var mode: UInt16
    var uid: Int64
    var gid: Int64
    var size: Int64
    var modified: FileTime
    var xattrs: [Xattr]
}

/// Reads the entries of a plain tar, in order.
struct TarReader: ~Copyable {
    private let handle: ArchiveHandle
    private let xattrLimit: Int
    private var entry: OpaquePointer?
    private var isOpen = false

    init(_ source: any ByteSource, limits: ArchiveLimits) throws(LayersError) {
        handle = try ArchiveHandle(.tar, source: source)
        xattrLimit = limits.xattrs
    }

    /// The next entry; nil at the end.
    mutating func next() throws -> ArchiveEntry? {
        if !isOpen {
            isOpen = true
            try handle.open()
        }
        var found: OpaquePointer?
        let raw = handle.raw
        let code = ArchiveHandle.inLocaleC { archive_read_next_header(raw, &found) }
        try handle.check(code)
        guard code != ARCHIVE_EOF, let found else { return nil }
        entry = found
        return try ArchiveHandle.inLocaleC { Result { () throws(LayersError) in try read(found) } }.get()
    }

    /// Gives the content of the entry piece by piece with each piece's offset; what lies between pieces is zeros.
    mutating func content(_ body: (UnsafeRawBufferPointer, UInt64) throws -> Void) throws {
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = archive_read_data_block(handle.raw, &start, &count, &offset)
            try handle.check(code)
            if code == ARCHIVE_EOF { return }
            guard offset >= 0 else { throw LayersError.malformedArchive("a part of a sparse file has no place") }
            if count > 0 { try body(UnsafeRawBufferPointer(start: start, count: count), UInt64(offset)) }
        }
    }

    private func read(_ entry: OpaquePointer) throws(LayersError) -> ArchiveEntry {
        guard let name = archive_entry_pathname(entry) else { throw .malformedArchive("an entry has no name") }
        let path = TarReader.bytes(name)
        return ArchiveEntry(
            name: path,
            kind: kind(of: entry),
            mode: UInt16(truncatingIfNeeded: archive_entry_perm(entry)) & 0o7777,
            uid: archive_entry_uid(entry),
            gid: archive_entry_gid(entry),
            size: archive_entry_size(entry),
            modified: FileTime(
                seconds: Int64(archive_entry_mtime(entry)),
                nanoseconds: UInt32(clamping: min(max(archive_entry_mtime_nsec(entry), 0), 999_999_999))
            ),
            xattrs: try xattrs(of: entry, path)
        )
    }

    private func kind(of entry: OpaquePointer) -> ArchiveEntry.Kind {
        if let target = archive_entry_hardlink(entry) { return .hardLink(TarReader.bytes(target)) }
        let device = DeviceNumber(
            major: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
            minor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry))
        )
        // The library's own numbers for kinds (AE_IFMT).
        return switch archive_entry_filetype(entry) & 0o170000 {
        case 0o100000: .file
        case 0o040000: .directory
        case 0o120000: .symlink(archive_entry_symlink(entry).map(TarReader.bytes) ?? "")
        case 0o020000: .characterDevice(device)
        case 0o060000: .blockDevice(device)
        case 0o010000: .fifo
        default: .other
        }
    }

    private func xattrs(of entry: OpaquePointer, _ path: ByteString) throws(LayersError) -> [Xattr] {
        guard archive_entry_xattr_reset(entry) > 0 else { return [] }
        var result: [ByteString: ByteString] = [:]
        var total = 0
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        while archive_entry_xattr_next(entry, &name, &value, &count) == ARCHIVE_OK {
            guard let name else { continue }
            let key = TarReader.bytes(name)
            total += key.count + count
            guard total <= xattrLimit else { throw .limitExceeded(.xattrs(xattrLimit), entry: path) }
            result[key] = ByteString(Array(UnsafeRawBufferPointer(start: value, count: count)))
        }
        return result.map { Xattr(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> ByteString {
        var result: [UInt8] = []
        var next = text
        while next.pointee != 0 {
            result.append(UInt8(bitPattern: next.pointee))
            next += 1
        }
        return ByteString(result)
    }
}
