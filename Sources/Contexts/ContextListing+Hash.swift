internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Synchronization
package import Trees

extension ContextListing {
    /// Reads and hashes the files at and below some paths whose hash is not known.
    ///
    /// Blocks no thread of the caller's.
    ///
    /// When the task is cancelled it returns soon, with files left unhashed: whoever needs the hashes looks at that first.
    ///
    /// Paths are real ones, as a look-up in ``tree()`` gives them; one that is not there is skipped.
    /// - Throws: `unreadable`, or `changedWhileRead` when a file was changed each of the three times that it was read.
    package func hash(_ paths: [TreePath] = [.root]) async throws(ContextsError) {
        let batches = state.withLock { state in paths.flatMap { state.batches(at: $0) } }
        if batches.isEmpty { return }
        let run = HashRun(of: batches, in: self)
        await withTaskExecutorPreference(BlockingThreads.shared) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<min(BlockingThreads.processorCount, 16, batches.count) { group.addTask { run.work() } }
            }
        }
        if let failure = run.failure { throw failure }
    }
}

/// Files of one directory that one worker reads, by their records.
private struct HashBatch: Sendable {
    var directory: Int
    var indices: ArraySlice<Int>
}

extension ContextListing.State {
    fileprivate func batches(at path: TreePath) -> [HashBatch] {
        switch find(path) {
        case nil: return []
        case .entry(let number, let index):
            let record = directories[number].records[index]
            guard record.kind == .file, !record.flags.contains(.hashed) else { return [] }
            return [HashBatch(directory: number, indices: [index])]
        case .directory(let number):
            var result: [HashBatch] = []
            for (directory, indices) in unhashed(below: number) {
                // Some 4 MiB or 64 files are one batch, so that workers end at about the same time.
                var start = 0
                var size: UInt64 = 0
                for (position, index) in indices.enumerated() {
                    size += directories[directory].records[index].size
                    let isLast = position == indices.count - 1
                    if position - start < 63 && size < 4 << 20 && !isLast { continue }
                    result.append(HashBatch(directory: directory, indices: indices[start...position]))
                    (start, size) = (position + 1, 0)
                }
            }
            return result
        }
    }

    fileprivate func path(of number: Int) -> [ByteString] {
        var path: [ByteString] = []
        var above = number
        while directories[above].parent >= 0 {
            path.append(directories[above].name)
            above = directories[above].parent
        }
        return path.reversed()
    }

    fileprivate func names(in batch: HashBatch) -> [ByteString] {
        let listing = directories[batch.directory]
        return batch.indices.map { listing.name(of: listing.records[$0]) }
    }
}

/// Batches of files on their way through a few workers; each batch's hashes go into the listing when it is done.
private final class HashRun: Sendable {
    private struct State {
        var next = 0
        var failure: ContextsError?
    }

    /// What reading one file gave.
    private struct Read {
        var record: FileRecord
        var hash: ContentHash
        var opened: Int
        var bytes: UInt64
    }

    private let batches: [HashBatch]
    private let listing: ContextListing
    private let state = Mutex(State())

    init(of batches: [HashBatch], in listing: ContextListing) {
        self.batches = batches
        self.listing = listing
    }

    var failure: ContextsError? { state.withLock { $0.failure } }

    func work() {
        var way = Way(root: listing.root)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while !Task.isCancelled, let batch = next() {
            let (path, names) = listing.state.withLock { ($0.path(of: batch.directory), $0.names(in: batch)) }
            var reads: [Read] = []
            do throws(ContextsError) {
                for name in names where !Task.isCancelled { reads.append(try read(name, at: path, by: &way, &buffer)) }
            } catch { state.withLock { if $0.failure == nil { $0.failure = error } } }
            listing.state.withLock { state in
                for (read, index) in zip(reads, batch.indices) {
                    state.counters.filesOpened += read.opened
                    state.counters.bytesHashed += read.bytes
                    state.set(read.record, hash: read.hash, directory: batch.directory, index: index)
                }
            }
        }
    }

    private func next() -> HashBatch? {
        state.withLock { state -> HashBatch? in
            guard state.failure == nil, state.next < batches.count else { return nil }
            state.next += 1
            return batches[state.next - 1]
        }
    }

    private func read(
        _ name: ByteString,
        at path: [ByteString],
        by way: inout Way,
        _ buffer: inout [UInt8]
    ) throws(ContextsError) -> Read {
        var bytes: UInt64 = 0
        for opened in 1...3 {
            do throws(SystemError) {
                let directory = try way.go(to: path)
                let file = try directory.open(name, flags: O_RDONLY | O_NONBLOCK)
                let before = try file.status()
                guard before.kind == .file else { throw SystemError(code: ENOENT, call: "open") }
                let (hash, size) = try contentHash(of: file, &buffer)
                bytes += size
                let record = FileRecord(try file.status())
                guard record.isSameState(as: FileRecord(before)), size == record.size else { continue }
                return Read(record: record, hash: hash, opened: opened, bytes: bytes)
            } catch {
                let path = (path + [name]).joined(separator: "/")
                throw error.isNotFound || error.code == ELOOP || error.code == ENXIO
                    ? .changedWhileRead(path) : .unreadable(path, error)
            }
        }
        throw .changedWhileRead((path + [name]).joined(separator: "/"))
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

    /// Directories deeper than this are not kept open, so that no depth uses up the descriptors.
    private static let depthKept = 100

    init(root: Directory) { self.root = root }

    mutating func go(to path: [ByteString]) throws(SystemError) -> Directory {
        var common = 0
        while common < min(open.count, path.count), open[common].name == path[common] { common += 1 }
        open.removeSubrange(common...)
        var directory = open.last?.directory ?? root
        for (depth, name) in path.enumerated().dropFirst(common) {
            directory = try directory.child(name)
            if depth < Way.depthKept { open.append((name, directory)) }
        }
        return directory
    }
}
