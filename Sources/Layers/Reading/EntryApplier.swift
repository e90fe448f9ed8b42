internal import Bytes
internal import Linux
internal import OCI
internal import Trees

/// Puts the entries of an archive into an upper directory, beneath a path of the tree.
///
/// Names are taken apart, never joined and cleaned; the parent of each entry is resolved anew in the tree as it is then,
/// absolute links from its root, and the last component is never followed. What a link's text says is not judged.
struct EntryApplier {
    let writer: UpperWriter
    /// The directory that names are relative to.
    let base: TreePath
    /// What replaces the owners in the archive.
    let owner: (uid: UInt32, gid: UInt32)?
    let limits: ArchiveLimits
    /// Whether `.wh.` names mean deleted files, and the archive's own root counts.
    let isLayer: Bool

    private var lastParent: (text: ByteString, generation: Int, path: TreePath)?
    private var nextSpaceCheck: UInt64 = 0
    private var written: UInt64 = 0

    init(
        writer: UpperWriter,
        base: TreePath,
        owner: (uid: UInt32, gid: UInt32)?,
        limits: ArchiveLimits,
        isLayer: Bool
    ) {
        self.writer = writer
        self.base = base
        self.owner = owner
        self.limits = limits
        self.isLayer = isLayer
    }

    /// Puts one entry, whose content is the reader's.
    mutating func apply(_ entry: ArchiveEntry, from reader: inout TarReader) throws {
        let components = try limits.components(of: entry.name)
        guard let name = components.last else {
            if isLayer, entry.kind == .directory {
                try writer.directory(base, attributes(of: entry, base), modified: time(of: entry))
            }
            return
        }
        let parent = try parent(Array(components.dropLast()))
        if isLayer && OverlayMark.isReserved(name) { return try applyMark(name, in: parent, entry) }
        let path = parent.appending(name)
        let attributes = attributes(of: entry, path)
        let modified = time(of: entry)
        switch entry.kind {
        case .directory: try writer.directory(path, attributes, modified: modified)
        case .file: try file(path, attributes, modified, entry, from: &reader)
        case .symlink(let target):
            guard !target.isEmpty else { throw LayersError.refusedEntry(entry.name, reason: "a link without a target") }
            try writer.symlink(path, target: target, attributes, modified: modified)
        case .hardLink(let target): try link(path, to: target)
        case .characterDevice(let number):
            try writer.node(path, .characterDevice(try device(number, entry)), attributes, modified: modified)
        case .blockDevice(let number):
            try writer.node(path, .blockDevice(try device(number, entry)), attributes, modified: modified)
        case .fifo: try writer.node(path, .fifo, attributes, modified: modified)
        case .other: throw LayersError.refusedEntry(entry.name, reason: "its kind is not known")
        }
    }

    // MARK: Names

    private mutating func parent(_ components: [ByteString]) throws -> TreePath {
        let text = components.joined(separator: "/")
        let generation = writer.generation
        if let lastParent, lastParent.text == text, lastParent.generation == generation { return lastParent.path }
        let path = try writer.resolve(text, from: base, followsLast: true)
        lastParent = (text, generation, path)
        return path
    }

    // MARK: Kinds

    /// A whiteout or an opaque mark; both hide what is below and nothing of this layer, before or after them.
    private func applyMark(_ name: ByteString, in parent: TreePath, _ entry: ArchiveEntry) throws {
        switch try LayerMark(name, of: entry) {
        case .opaque: try writer.hideContents(of: parent)
        case .whiteout(let hidden): try writer.hideBelow(parent.appending(hidden))
        case .ignored: break
        }
    }

    private func link(_ path: TreePath, to target: ByteString) throws {
        let components = TreePath(splitting: target).components
        guard let name = components.last, !components.contains("..") else {
            throw LayersError.brokenLink(path, to: target, reason: "it is not a path in the archive")
        }
        let text = components.dropLast().joined(separator: "/")
        try writer.hardLink(path, to: try writer.resolve(text, from: base, followsLast: true).appending(name))
    }

    private mutating func file(
        _ path: TreePath,
        _ attributes: Attributes,
        _ modified: FileTime,
        _ entry: ArchiveEntry,
        from reader: inout TarReader
    ) throws {
        guard entry.size >= 0 else { throw LayersError.refusedEntry(entry.name, reason: "its size is negative") }
        let size = UInt64(entry.size)
        if size > limits.plainSize { throw LayersError.limitExceeded(.plainSize(limits.plainSize), entry: entry.name) }
        try checkSpace(for: size, entry.name)
        try writer.file(path, attributes, modified: modified, size: size) { sink in
            try reader.content { bytes, offset in
                try Task.checkCancellation()
                try sink.write(bytes, at: offset)
            }
        }
        written += size
    }

    /// Asks the file system before a large file, and once for every so many bytes.
    private mutating func checkSpace(for size: UInt64, _ name: ByteString) throws {
        guard size >= limits.spaceCheck || written >= nextSpaceCheck else { return }
        nextSpaceCheck = written + (256 << 20)
        let space = try writer.upper.space()
        let reserve = limits.reserve(of: space.total)
        let free = space.free > reserve ? space.free - reserve : 0
        // A sparse file may be larger than the disk; holes need no room, but nothing here says where they are.
        if size > free { throw LayersError.limitExceeded(.freeSpace(free), entry: name) }
    }

    private func device(_ number: DeviceNumber, _ entry: ArchiveEntry) throws(LayersError) -> UInt64 {
        guard number.major < 1 << 12, number.minor < 1 << 20 else {
            throw .refusedEntry(entry.name, reason: "its device number is out of range")
        }
        return number.value
    }

    // MARK: Attributes

    private func attributes(of entry: ArchiveEntry, _ path: TreePath) -> Attributes {
        Attributes(
            mode: entry.mode,
            uid: owner?.uid ?? identity(entry.uid, entry),
            gid: owner?.gid ?? identity(entry.gid, entry),
            xattrs: entry.xattrs.filter { Attributes.covers($0.name) }
        )
    }

    private func identity(_ value: Int64, _ entry: ArchiveEntry) -> UInt32 {
        // The largest 32-bit number means "leave it" to chown(2).
        if (0..<Int64(UInt32.max)).contains(value) { return UInt32(value) }
        writer.notice(.clampedOwner(entry.name))
        return UInt32.max - 1
    }

    private func time(of entry: ArchiveEntry) -> FileTime {
        // What ext4 and xfs can hold.
        let range: ClosedRange<Int64> = -0x8000_0000...0x3_7FFF_FFFF
        if range.contains(entry.modified.seconds) { return entry.modified }
        writer.notice(.clampedTime(entry.name))
        return FileTime(seconds: min(max(entry.modified.seconds, range.lowerBound), range.upperBound))
    }
}
