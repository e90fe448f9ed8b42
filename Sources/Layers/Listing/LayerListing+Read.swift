internal import Bytes
internal import OCI
internal import Trees

extension LayerListing {
    /// Reads a layer's blob to its end: a plain tar or one packed with gzip, zstd, xz or bzip2.
    ///
    /// Contents are passed over, or hashed where that is asked for; the memory it takes is that of the names.
    ///
    /// - Throws: `LayersError`: `wrongDigest`, `wrongSize`, `wrongDiffID`, `refusedEntry`, `malformedArchive`, a limit;
    ///   `CancellationError` when the task that calls is cancelled.
    package init(
        _ blob: BlobRange,
        expecting expected: ExpectedLayer,
        hashesContent: Bool,
        limits: ArchiveLimits = ArchiveLimits()
    ) throws {
        if let size = expected.size, size != blob.size {
            throw LayersError.wrongSize(expected: size, actual: blob.size)
        }
        let packed = FileSource(blob, digest: expected.digest?.algorithm)
        let plain = try PlainSource(packed, limits: limits)
        let ahead = ReadAhead(plain)
        var reader = try TarReader(ahead, limits: limits)
        var changes: [LayerChange] = []
        while let entry = try reader.next() {
            try Task.checkCancellation()
            guard changes.count < LayerStack.entryLimit else {
                throw LayersError.limitExceeded(.entries(LayerStack.entryLimit), entry: nil)
            }
            if let change = try LayerListing.change(entry, &reader, hashesContent, limits) { changes.append(change) }
        }
        try ahead.drain()
        let diffID = Digest(try plain.finish())
        let digest = try packed.finish()
        if let wanted = expected.digest, let digest, wanted != digest {
            throw LayersError.wrongDigest(expected: wanted, actual: digest)
        }
        if let wanted = expected.diffID, wanted != diffID {
            throw LayersError.wrongDiffID(expected: wanted, actual: diffID)
        }
        self.init(changes: changes, plainSize: Int64(plain.size))
    }

    private static func change(
        _ entry: ArchiveEntry,
        _ reader: inout TarReader,
        _ hashesContent: Bool,
        _ limits: ArchiveLimits
    ) throws -> LayerChange? {
        var components = try limits.components(of: entry.name)
        if let name = components.last, OverlayMark.isReserved(name) {
            components.removeLast()
            switch try LayerMark(name, of: entry) {
            case .opaque: return .opaque(components.joined(separator: "/"))
            case .whiteout(let hidden): return .whiteout((components + [hidden]).joined(separator: "/"))
            case .ignored: return nil
            }
        }
        let kind: LayerEntry.Kind
        switch entry.kind {
        case .file:
            guard entry.size >= 0 else { throw LayersError.refusedEntry(entry.name, reason: "its size is negative") }
            let size = UInt64(entry.size)
            kind = .file(size: size, hashesContent ? try hash(&reader, size: size) : nil)
        case .directory: kind = .directory
        case .symlink(let target): kind = .symlink(target)
        case .hardLink(let target): kind = .hardLink(try limits.components(of: target).joined(separator: "/"))
        case .characterDevice(let number): kind = .characterDevice(number.value)
        case .blockDevice(let number): kind = .blockDevice(number.value)
        case .fifo: kind = .fifo
        case .other: throw LayersError.refusedEntry(entry.name, reason: "its kind is not known")
        }
        let attributes = Attributes(
            mode: entry.mode,
            uid: UInt32(clamping: entry.uid),
            gid: UInt32(clamping: entry.gid),
            xattrs: entry.xattrs.filter { Attributes.covers($0.name) }
        )
        return .entry(LayerEntry(path: components.joined(separator: "/"), kind: kind, attributes: attributes))
    }

    /// The hash of an entry's content; what a sparse one leaves out is zeros.
    private static func hash(_ reader: inout TarReader, size: UInt64) throws -> ContentHash {
        var hasher = ContentHasher()
        var position: UInt64 = 0
        func skip(to offset: UInt64) throws {
            guard offset <= size else { throw LayersError.malformedArchive("a part of a file lies outside of it") }
            while position < offset {
                let count = min(offset - position, UInt64(zeros.count))
                hasher.update(count == zeros.count ? zeros : Array(zeros[..<Int(count)]))
                position += count
            }
        }
        try reader.content { bytes, offset in
            try Task.checkCancellation()
            guard offset >= position else { throw LayersError.malformedArchive("a part of a file lies over another") }
            try skip(to: offset)
            hasher.update(bytes)
            position += UInt64(bytes.count)
        }
        try skip(to: size)
        return hasher.finalize()
    }

    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)
}
