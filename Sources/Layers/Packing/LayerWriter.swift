internal import Bytes
internal import Glibc
package import Linux
internal import OCI
package import Trees

/// Writes a delta as a layer: a tar of the changes, packed, with both of its digests in one pass (OCI image-spec, Layer).
///
/// The bytes depend on the delta, the files' content and the compression alone. Times are whole seconds, as Docker's.
package struct LayerWriter: PlainProducer {
    private let delta: Delta
    private let compression: LayerCompression
    private let workers: Int
    private let files: FileOpener
    /// Seconds since 1970: what is newer gets this time (`SOURCE_DATE_EPOCH` with `rewrite-timestamp`).
    package var latestTime: Int64?
    /// Whether each file is compared with the hash that the delta says: for files that others may write to.
    package var verifiesContent = false

    private enum FileOpener {
        case upper(Directory)
        case closure((TreePath) throws -> Linux.Descriptor)
    }

    /// A layer of what an upper directory holds.
    ///
    /// `workers`: threads that compress.
    package init(
        upper: Directory,
        delta: Delta,
        compression: LayerCompression = .gzip,
        workers: Int = BlockingThreads.processorCount
    ) {
        self.delta = delta
        self.compression = compression
        self.workers = workers
        files = .upper(upper)
    }

    /// A layer whose files come from elsewhere: `open` gives a regular file of the delta, once, in the delta's order.
    package init(
        delta: Delta,
        compression: LayerCompression = .gzip,
        workers: Int = BlockingThreads.processorCount,
        open: @escaping (TreePath) throws -> Linux.Descriptor
    ) {
        self.delta = delta
        self.compression = compression
        self.workers = workers
        files = .closure(open)
    }

    /// Writes the layer.
    ///
    /// `sink`: gets the packed bytes in order, on this thread; they are valid during the call only.
    /// Throws `LayersError`, or what the sink throws.
    package func pack(into sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws -> PackedLayer {
        try pack(compression, workers: workers, into: sink)
    }

    func write(to output: some PlainSink) throws -> (ContentHash, Int64) {
        var tar = TarStream(output: output, latestTime: latestTime, verifiesContent: verifiesContent)
        switch files {
        case .closure(let open):
            for entry in delta.entries { try tar.append(entry) { try open($0) } }
        case .upper(let upper):
            var reader = try OrderedReader(root: upper)
            for entry in delta.entries { try tar.append(entry) { try reader.open($0) } }
        }
        return try tar.finish()
    }
}

/// Opens the files of a directory tree in the order of a delta: neighbours share their directory.
private struct OrderedReader: ~Copyable {
    private var stack: DirectoryStack
    private var path = TreePath.root

    init(root: Directory) throws(SystemError) { stack = try DirectoryStack(root: root) }

    mutating func open(_ file: TreePath) throws(LayersError) -> Linux.Descriptor {
        do throws(SystemError) {
            let parent = file.components.dropLast()
            var common = 0
            while common < min(parent.count, path.components.count), parent[common] == path.components[common] {
                common += 1
            }
            while path.components.count > common {
                try stack.ascend()
                path.components.removeLast()
            }
            for name in parent[common...] {
                try stack.descend(name, status: try stack.current.status(name))
                path.components.append(name)
            }
            return try stack.current.open(file.last ?? "", flags: O_RDONLY | O_NONBLOCK)
        } catch { throw .file(file, error) }
    }
}
