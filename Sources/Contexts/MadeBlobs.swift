internal import Bytes
internal import Layers
internal import Linux
internal import OCI

/// Blobs that are no files of their own digests: parts of a docker archive, and documents that were made for it.
struct MadeBlobs: ImageBlobs {
    let path: ByteString
    /// Where the file is made that holds the documents; it has no name.
    private let folder: Directory
    private var documents: Linux.Descriptor?
    private var written: Int64 = 0
    private var ranges: [Digest: BlobRange] = [:]

    init(path: ByteString, folder: Directory) {
        self.path = path
        self.folder = folder
    }

    mutating func add(_ digest: Digest, _ range: BlobRange) {
        if ranges[digest] == nil { ranges[digest] = range }
    }

    /// Keeps a document that is in no file.
    mutating func add(_ document: Document<some DocumentContent>) throws(ContextsError) {
        guard ranges[document.digest] == nil else { return }
        do throws(SystemError) {
            let file: Linux.Descriptor
            if let documents { file = documents } else { file = try folder.openNameless(mode: 0o600) }
            documents = file
            try file.write(document.bytes)
            let size = Int64(document.bytes.count)
            ranges[document.digest] = BlobRange(file, offset: written, size: size)
            written += size
        } catch { throw .malformedArchive(path, .source("a file for its manifests", error)) }
    }

    func blob(_ digest: Digest) throws(ContextsError) -> BlobRange {
        guard let range = ranges[digest] else { throw .missingBlob(digest, layout: path) }
        return range
    }
}
