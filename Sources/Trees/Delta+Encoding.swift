internal import Bytes
internal import OCI

// The form in which a delta is kept beside its snapshot, times and all. Version 1; every field has a length or a fixed size.
extension Delta {
    private static let domain = "delta.entries.1"

    private enum Kind: UInt8 { case whiteout, directory, opaqueDirectory, write, linkedWrite }

    /// The delta as bytes, for ``init(encoded:)``.
    package var encoded: [UInt8] {
        var encoder = CanonicalEncoder(domain: Delta.domain)
        encoder.append(UInt64(entries.count))
        for entry in entries {
            encoder.append(entry.path.components)
            switch entry.change {
            case .whiteout: encoder.append(Kind.whiteout.rawValue)
            case .directory(let attributes, let modified, let isOpaque):
                encoder.append((isOpaque ? Kind.opaqueDirectory : .directory).rawValue)
                attributes.encode(into: &encoder)
                modified.encode(into: &encoder)
            case .write(let written, let modified, let linkedTo):
                encoder.append((linkedTo == nil ? Kind.write : .linkedWrite).rawValue)
                written.encode(into: &encoder)
                modified.encode(into: &encoder)
                if let linkedTo { encoder.append(linkedTo.components) }
            }
        }
        return encoder.bytes
    }

    /// Reads what ``encoded`` wrote.
    package init(encoded bytes: [UInt8]) throws(MalformedDirectoryObject) {
        var decoder = CanonicalDecoder(bytes)
        guard try decoder.text() == ByteString(Delta.domain) else {
            throw MalformedDirectoryObject(reason: "not a delta of version 1")
        }
        entries = []
        let count = try decoder.count(atLeast: 9)
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let path = TreePath(try decoder.texts())
            guard let kind = Kind(rawValue: try decoder.byte()) else {
                throw MalformedDirectoryObject(reason: "unknown kind of change")
            }
            entries.append(Entry(path: path, change: try Delta.change(kind, from: &decoder)))
        }
        guard decoder.isAtEnd else { throw MalformedDirectoryObject(reason: "bytes after the end") }
    }

    private static func change(
        _ kind: Kind,
        from decoder: inout CanonicalDecoder
    ) throws(MalformedDirectoryObject) -> Change {
        switch kind {
        case .whiteout: return .whiteout
        case .directory, .opaqueDirectory:
            let attributes = try Attributes(from: &decoder)
            let modified = try FileTime(from: &decoder)
            return .directory(attributes, modified: modified, isOpaque: kind == .opaqueDirectory)
        case .write, .linkedWrite:
            let entry = try TreeEntry(from: &decoder)
            let modified = try FileTime(from: &decoder)
            let linkedTo = kind == .linkedWrite ? TreePath(try decoder.texts()) : nil
            return .write(entry, modified: modified, linkedTo: linkedTo)
        }
    }
}

extension FileTime {
    func encode(into encoder: inout CanonicalEncoder) {
        encoder.append(seconds)
        encoder.append(UInt64(nanoseconds))
    }

    init(from decoder: inout CanonicalDecoder) throws(MalformedDirectoryObject) {
        let seconds = Int64(bitPattern: try decoder.number())
        let nanoseconds = try decoder.number()
        guard nanoseconds < 1_000_000_000 else { throw MalformedDirectoryObject(reason: "a time out of range") }
        self.init(seconds: seconds, nanoseconds: UInt32(nanoseconds))
    }
}
