internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Synchronization
package import Trees

extension ContextListing {
    /// Reads and hashes the files at and below some paths whose hash is not known. Blocks no thread of the caller's.
    ///
    /// Paths are real ones, as a look-up in ``tree()`` gives them; one that is not there is skipped.
    /// - Throws: `unreadable`, or `changedWhileRead` when a file was changed each of the three times that it was read.
    package func hash(_ paths: [TreePath] = [.root]) async throws(ContextsError) {
        let batches = state.withLock { state in paths.flatMap { state.batches(at: $0) } }
        if batches.isEmpty { return }
        let run = HashRun(batches: batches, root: root)
        await withTaskExecutorPreference(BlockingThreads.shared) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<min(BlockingThreads.processorCount, 16, batches.count) { group.addTask { run.work() } }
            }
        }
        let (results, failure) = run.results()
        state.withLock { state in
            for result in results {
                state.counters.filesOpened += result.opened
                state.counters.bytesHashed += result.bytesRead
                state.set(result.record, hash: result.hash, directory: result.directory, index: result.index)
            }
        }
        if let failure { throw failure }
    }
}

/// Files of one directory that one worker reads.
private struct HashBatch: Sendable {
    var path: [ByteString]
    var directory: Int
    var files: [(index: Int, name: ByteString, record: FileRecord)]
}

private struct HashResult: Sendable {
    var directory: Int
    var index: Int
    var record: FileRecord
    var hash: ContentHash
    var opened: Int
    var bytesRead: UInt64
}

extension ContextListing.State {
    fileprivate func batches(at path: TreePath) -> [HashBatch] {
        switch find(path) {
        case nil: return []
        case .entry(let number, let index):
            let record = directories[number].records[index]
            guard record.kind == .file, !record.flags.contains(.hashed) else { return [] }
            return [batch(of: [index], in: number)]
        case .directory(let number):
            var result: [HashBatch] = []
            for (directory, indices) in unhashed(below: number) {
                // Some 4 MiB or 64 files are one batch, so that workers end at about the same time.
                var part: [Int] = []
                var size: UInt64 = 0
                for index in indices {
                    part.append(index)
                    size += directories[directory].records[index].size
                    if part.count == 64 || size > 4 << 20 {
                        result.append(batch(of: part, in: directory))
                        (part, size) = ([], 0)
                    }
                }
                if !part.isEmpty { result.append(batch(of: part, in: directory)) }
            }
            return result
        }
    }

    private func batch(of indices: [Int], in number: Int) -> HashBatch {
        var path: [ByteString] = []
        var above = number
        while directories[above].parent >= 0 {
            path.append(directories[above].name)
            above = directories[above].parent
        }
        let listing = directories[number]
        let files = indices.map { (index: $0, name: listing.name(of: listing.records[$0]), record: listing.records[$0]) }
        return HashBatch(path: path.reversed(), directory: number, files: files)
    }
}

/// Batches of files on their way through a few workers.
private final class HashRun: Sendable {
    private struct State {
        var next = 0
        var results: [HashResult] = []
        var failure: ContextsError?
    }

    private let batches: [HashBatch]
    private let root: Directory
    private let state = Mutex(State())

    init(batches: [HashBatch], root: Directory) {
        self.batches = batches
        self.root = root
    }

    func results() -> ([HashResult], ContextsError?) { state.withLock { ($0.results, $0.failure) } }

    func work() {
        var way = Way(root: root)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let batch = state.withLock { state -> HashBatch? in
                guard state.failure == nil, state.next < batches.count else { return nil }
                state.next += 1
                return batches[state.next - 1]
            }
            guard let batch else { return }
            var results: [HashResult] = []
            do throws(ContextsError) {
                for file in batch.files { results.append(try hash(file, of: batch, by: &way, &buffer)) }
            } catch { state.withLock { if $0.failure == nil { $0.failure = error } } }
            state.withLock { $0.results += results }
        }
    }

    private func hash(
        _ file: (index: Int, name: ByteString, record: FileRecord),
        of batch: HashBatch,
        by way: inout Way,
        _ buffer: inout [UInt8]
    ) throws(ContextsError) -> HashResult {
        var bytesRead: UInt64 = 0
        for opened in 1...3 {
            do throws(SystemError) {
                let directory = try way.go(to: batch.path)
                let descriptor = try directory.open(file.name, flags: O_RDONLY | O_NONBLOCK)
                let before = try descriptor.status()
                guard before.kind == .file else { throw SystemError(code: ENOENT, call: "open") }
                let (hash, size) = try contentHash(of: descriptor, &buffer)
                bytesRead += size
                let record = FileRecord(try descriptor.status())
                guard record.isSameState(as: FileRecord(before)), size == record.size else { continue }
                return HashResult(
                    directory: batch.directory, index: file.index, record: record, hash: hash, opened: opened,
                    bytesRead: bytesRead
                )
            } catch {
                let path = (batch.path + [file.name]).joined(separator: "/")
                throw error.isNotFound || error.code == ELOOP || error.code == ENXIO
                    ? .changedWhileRead(path) : .unreadable(path, error)
            }
        }
        throw .changedWhileRead((batch.path + [file.name]).joined(separator: "/"))
    }

    private func contentHash(
        of file: Linux.Descriptor,
        _ buffer: inout [UInt8]
    ) throws(SystemError) -> (hash: ContentHash, size: UInt64) {
        var hasher = ContentHasher()
        var size: UInt64 = 0
        var failure: SystemError?
        buffer.withUnsafeMutableBytes { raw in
            do throws(SystemError) {
                while true {
                    let count = try file.read(into: raw)
                    if count == 0 { break }
                    hasher.update(UnsafeRawBufferPointer(rebasing: raw[..<count]))
                    size += UInt64(count)
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return (hasher.finalize(), size)
    }
}

/// The directories that a worker has open, from the root down: it goes from one to another through the nearest common
/// one, by descriptors and names only.
private struct Way {
    private let root: Directory
    private var open: [(name: ByteString, directory: Directory)] = []

    init(root: Directory) { self.root = root }

    mutating func go(to path: [ByteString]) throws(SystemError) -> Directory {
        var common = 0
        while common < min(open.count, path.count), open[common].name == path[common] { common += 1 }
        open.removeSubrange(common...)
        for name in path[common...] {
            let directory = try (open.last?.directory ?? root).child(name)
            open.append((name, directory))
        }
        return open.last?.directory ?? root
    }
}
