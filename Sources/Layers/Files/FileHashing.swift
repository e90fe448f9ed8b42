internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Synchronization
internal import Trees

/// Hashes many files on all processors.
///
/// Files are added as a walk finds them; a batch is hashed when it is full.
struct FileHashing: ~Copyable {
    /// What was found out about one file by opening it.
    struct Found: Sendable {
        var hash: ContentHash
        var size: UInt64
        /// All its extended attributes, those that no tree covers too.
        var xattrs: [Xattr]
        var clearedFlags: Bool
    }

    struct Job: Sendable {
        /// What the caller knows the file by.
        var index: Int
        var directory: Directory
        var name: ByteString
        var path: TreePath
    }

    /// A batch is hashed at so many files, or in so many directories (each holds a descriptor), or bytes.
    private static let batchFiles = 512
    private static let batchBytes: UInt64 = 64 << 20

    private let pool = BufferPool()
    private let clearsFlags: Bool
    private var jobs: [Job] = []
    private var directories = 0
    private var bytes: UInt64 = 0

    /// - Parameter clearsFlags: whether chattr(1) flags are taken off the files.
    init(clearsFlags: Bool) { self.clearsFlags = clearsFlags }

    /// Adds a file; true says that ``flush(_:)`` should be called.
    mutating func add(_ job: Job, size: UInt64) -> Bool {
        if jobs.last?.directory !== job.directory { directories += 1 }
        jobs.append(job)
        bytes += size
        return jobs.count >= FileHashing.batchFiles || directories >= 128 || bytes >= FileHashing.batchBytes
    }

    /// Hashes what was added and gives each file to `body`, in the order in which they were added.
    mutating func flush(_ body: (Job, Found) throws -> Void) throws {
        let batch = jobs
        let size = bytes
        jobs.removeAll(keepingCapacity: true)
        directories = 0
        bytes = 0
        guard !batch.isEmpty else { return }
        let isSmall = batch.count < 16 && size < 1 << 20
        let (pool, clearsFlags) = (pool, clearsFlags)
        let next = Atomic(0)
        let results = Mutex<[Result<Found, LayersError>?]>(Array(repeating: nil, count: batch.count))
        WorkerThreads.run(isSmall ? 1 : min(BlockingThreads.processorCount, batch.count)) { _ in
            pool.withBuffer { buffer in
                while true {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < batch.count else { return }
                    let result = Result { () throws(LayersError) in
                        try FileHashing.look(at: batch[index], clearsFlags: clearsFlags, buffer: buffer)
                    }
                    results.withLock { $0[index] = result }
                }
            }
        }
        for (job, result) in zip(batch, results.withLock { $0 }) {
            if let result { try body(job, try result.get()) }
        }
    }

    private static func look(
        at job: Job,
        clearsFlags: Bool,
        buffer: UnsafeMutableRawBufferPointer
    ) throws(LayersError) -> Found {
        try at(job.path) { () throws(SystemError) in
            let file = try job.directory.open(job.name, flags: O_RDONLY | O_NONBLOCK)
            let isCleared = clearsFlags && file.clearImmutable()
            let (hash, size) = try FileContent.hash(file, buffer: buffer)
            return Found(hash: hash, size: size, xattrs: try file.xattrs(), clearedFlags: isCleared)
        }
    }
}
