internal import Bytes
internal import Layers
internal import Linux
internal import OCI

/// The files of an archive by their names, for those who know what the names mean.
struct ArchiveReader: Sendable {
    /// The archive as the user named it.
    let path: ByteString
    let tar: TarIndex
    let limits: ArchiveLimits
    /// Where files without a name may be made.
    let spool: Directory

    /// A small file's bytes; nil where there is none.
    ///
    /// - Throws: `malformedArchive`, or `malformedDocument` for more than `limit` bytes.
    func bytes(of name: ByteString, limit: Int = DocumentLimits.bytes) throws(ContextsError) -> [UInt8]? {
        guard let range = try find(name) else { return nil }
        guard range.size <= Int64(limit) else {
            let error = OCIError.documentTooLarge(size: Int(clamping: range.size), limit: limit)
            throw .malformedDocument(name.escaped, layout: path, error)
        }
        do { return try range.bytes(limit: limit) } catch {
            throw .malformedArchive(path, .source(name, error))
        }
    }

    /// A file that another one names.
    ///
    /// - Throws: `missingFile`, `malformedArchive`.
    func file(_ name: ByteString) throws(ContextsError) -> BlobRange {
        guard let range = try find(name) else { throw .missingFile(name, archive: path) }
        return range
    }

    /// A small file that another one names.
    func document(_ name: ByteString) throws(ContextsError) -> [UInt8] {
        guard let bytes = try bytes(of: name) else { throw .missingFile(name, archive: path) }
        return bytes
    }

    /// The value of a document that is not of OCI.
    func json(_ bytes: [UInt8], _ name: ByteString) throws(ContextsError) -> JSONValue {
        do throws(JSONError) { return try JSONValue(parsing: bytes, maximumDepth: DocumentLimits.depth) } catch {
            throw .malformedDocument(name.escaped, layout: path, .malformedJSON(error))
        }
    }

    private func find(_ name: ByteString) throws(ContextsError) -> BlobRange? {
        do throws(LayersError) { return try tar.find(name) } catch { throw .malformedArchive(path, error) }
    }
}
