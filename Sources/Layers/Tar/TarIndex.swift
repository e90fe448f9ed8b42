package import Bytes
internal import Linux

/// Where the files of a plain tar are in it, by their names: nothing is unpacked to find or to read one.
///
/// Only names are looked up, so none leads anywhere but into the archive. Links lead to other entries of it. A name that
/// two files have is refused when it is looked up: readers do not agree on which one counts.
package struct TarIndex: Sendable {
    /// Entries of an archive.
    package static let entryLimit = 1 << 17
    /// Bytes of all names together.
    private static let nameLimit = 32 << 20
    /// Bytes of the records before one entry.
    private static let recordLimit = 1 << 20
    /// Links on the way to one file.
    private static let linkLimit = 16

    private enum Kind {
        case file
        case directory
        case symlink(ByteString)
        case hardLink(ByteString)
        case other
        /// Several that are no directories.
        case repeated
    }

    private struct Entry {
        var kind: Kind
        var offset: Int64 = 0
        var size: Int64 = 0
    }

    private let tar: BlobRange
    private var entries: [ByteString: Entry] = [:]
    private var nameBytes = 0

    /// Reads all headers.
    ///
    /// - Throws: `LayersError`: `malformedArchive`, `refusedEntry` for a name with `..`, a sparse file or content beyond
    ///   the end, a limit, or `source`; `CancellationError` when the task that calls is cancelled.
    package init(_ tar: BlobRange, limits: ArchiveLimits = ArchiveLimits()) throws {
        self.tar = tar
        var position: Int64 = 0
        var records = PaxRecords()
        // What GNU tar writes before an entry is stronger than the records, whichever comes first.
        var longName: ByteString?
        var longLink: ByteString?
        while position < tar.size {
            try Task.checkCancellation()
            let block = try read(at: position, TarBlock.size)
            if block.allSatisfy({ $0 == 0 }) { break }
            let header = try TarBlock(block[...])
            position += Int64(TarBlock.size)
            let size = try header.contentSize
            switch header.type {
            case UInt8(ascii: "x"): records = try PaxRecords(try record(at: position, size))
            case UInt8(ascii: "g"): break
            case UInt8(ascii: "L"): longName = ByteString(try record(at: position, size).prefix { $0 != 0 })
            case UInt8(ascii: "K"): longLink = ByteString(try record(at: position, size).prefix { $0 != 0 })
            default:
                let name = longName ?? records.path ?? header.name
                let link = longLink ?? records.linkPath ?? header.linkName
                let entry = Entry(
                    kind: TarIndex.kind(header.type, name, link),
                    offset: position,
                    size: TarIndex.hasContent(header.type) ? records.size ?? size : 0
                )
                if records.isSparse || header.type == UInt8(ascii: "S") {
                    throw LayersError.refusedEntry(TarIndex.short(name), reason: "sparse files are not supported here")
                }
                try add(name, entry, limits)
                (records, longName, longLink) = (PaxRecords(), nil, nil)
                position = try TarIndex.next(after: position, entry.size)
                continue
            }
            position = try TarIndex.next(after: position, size)
        }
    }

    /// Finds a file, links followed.
    ///
    /// - Returns: nil where there is none of that name, or where a link leads to none.
    /// - Throws: `LayersError.refusedEntry` for what is no file, a name that several files have, a path out of the
    ///   archive or links without end.
    package func find(_ name: ByteString) throws(LayersError) -> BlobRange? {
        guard var path = TarIndex.key(name) else { throw .refusedEntry(TarIndex.short(name), reason: Self.leadsOut) }
        for _ in 0...TarIndex.linkLimit {
            guard let entry = entries[path] else { return nil }
            switch entry.kind {
            case .file: return BlobRange(tar.file, offset: tar.offset + entry.offset, size: entry.size)
            case .hardLink(let target):
                guard let key = TarIndex.key(target) else { throw .refusedEntry(path, reason: Self.leadsOut) }
                path = key
            case .symlink(let target):
                let folder = target.hasPrefix("/") ? ByteString() : path.parentPath
                guard let key = TarIndex.key(folder + "/" + target, allowsParents: true) else {
                    throw .refusedEntry(path, reason: Self.leadsOut)
                }
                path = key
            case .directory, .other: throw .refusedEntry(path, reason: "it is no file")
            case .repeated:
                throw .refusedEntry(path, reason: "it is there twice, and readers do not agree on which one counts")
            }
        }
        throw .refusedEntry(TarIndex.short(name), reason: "too many links lead to each other")
    }

    private static let leadsOut = "its path leads out of the archive"

    // MARK: Reading headers

    private func read(at position: Int64, _ count: Int) throws(LayersError) -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try tar.bytes(from: position, limit: count) } catch { throw .source("archive", error) }
        guard bytes.count == count else { throw .malformedArchive("it is cut short") }
        return bytes
    }

    private func record(at position: Int64, _ size: Int64) throws(LayersError) -> [UInt8] {
        guard size <= Int64(TarIndex.recordLimit) else {
            throw .malformedArchive("the records before an entry have more than \(TarIndex.recordLimit) bytes")
        }
        return try read(at: position, Int(size))
    }

    private static func next(after position: Int64, _ size: Int64) throws(LayersError) -> Int64 {
        let (end, overflows) = position.addingReportingOverflow(size)
        guard !overflows, end <= .max - 512 else { throw .malformedArchive("an entry's size is beyond all files") }
        return (end + 511) & ~511
    }

    private mutating func add(_ name: ByteString, _ entry: Entry, _ limits: ArchiveLimits) throws(LayersError) {
        guard name.count <= limits.pathLength else {
            throw .limitExceeded(.pathLength(limits.pathLength), entry: TarIndex.short(name))
        }
        guard !name.bytes.contains(0) else { throw .refusedEntry(TarIndex.short(name), reason: "a NUL is in its name") }
        guard let key = TarIndex.key(name) else { throw .refusedEntry(TarIndex.short(name), reason: Self.leadsOut) }
        guard entry.size <= tar.size - min(tar.size, entry.offset) else {
            throw .refusedEntry(TarIndex.short(name), reason: "its content goes on beyond the archive's end")
        }
        guard let known = entries[key] else {
            nameBytes += key.count
            guard entries.count < TarIndex.entryLimit, nameBytes <= TarIndex.nameLimit else {
                throw .malformedArchive("it has more entries than images have")
            }
            entries[key] = entry
            return
        }
        if case .directory = entry.kind, case .directory = known.kind { return }
        entries[key] = Entry(kind: .repeated)
    }

    private static func kind(_ type: UInt8, _ name: ByteString, _ link: ByteString) -> Kind {
        switch type {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): name.hasSuffix("/") ? .directory : .file
        case UInt8(ascii: "1"): .hardLink(link)
        case UInt8(ascii: "2"): .symlink(link)
        case UInt8(ascii: "5"): .directory
        default: .other
        }
    }

    /// Links, devices, directories and fifos have none, whatever their size says, as GNU tar and Go's reader have it.
    private static func hasContent(_ type: UInt8) -> Bool {
        !(UInt8(ascii: "1")...UInt8(ascii: "6")).contains(type)
    }

    // MARK: Names

    /// The one form of a path; nil for one that leads out.
    private static func key(_ name: ByteString, allowsParents: Bool = false) -> ByteString? {
        var parts: [ByteString] = []
        for part in name.split(separator: 0x2F) where !part.isEmpty && part != "." {
            if part != ".." {
                parts.append(part)
            } else if !allowsParents || parts.popLast() == nil {
                return nil
            }
        }
        return parts.joined(separator: "/")
    }

    private static func short(_ name: ByteString) -> ByteString { ByteString(name.bytes.prefix(64)) }
}

extension ByteString {
    /// What is before the last slash.
    fileprivate var parentPath: ByteString {
        ByteString(bytes.lastIndex(of: 0x2F).map { Array(bytes[..<$0]) } ?? [])
    }
}
