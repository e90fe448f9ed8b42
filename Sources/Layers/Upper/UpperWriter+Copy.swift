package import Bytes
internal import Glibc
package import Linux
internal import OCI
internal import Synchronization
package import Trees

/// Files of one directory that are copied into one directory.
package struct FolderCopy: Sendable {
    /// Opens the directory that the files are in; called by the thread that copies them, once for some hundred files.
    package var from: @Sendable () throws -> Directory
    /// A directory of the tree, or one that the writer has made.
    package var to: TreePath
    package var files: [FileCopy]

    package init(from: @escaping @Sendable () throws -> Directory, to: TreePath, files: [FileCopy]) {
        self.from = from
        self.to = to
        self.files = files
    }
}

/// A regular file that is copied.
package struct FileCopy: Sendable, Hashable {
    /// Its name where it is.
    package var source: ByteString
    /// Its name where it goes.
    package var name: ByteString
    package var attributes: Attributes
    /// Nil is now.
    package var modified: FileTime?
    /// Whether the source's extended attributes are taken in place of those in `attributes`.
    package var takesXattrs: Bool

    package init(
        source: ByteString,
        name: ByteString? = nil,
        attributes: Attributes,
        modified: FileTime?,
        takesXattrs: Bool = false
    ) {
        self.source = source
        self.name = name ?? source
        self.attributes = attributes
        self.modified = modified
        self.takesXattrs = takesXattrs
    }
}

extension UpperWriter {
    /// So many files are copied by one thread before it looks for more work.
    private static let share = 128

    /// Copies the files of many directories on several threads, each thread in a directory of its own as far as it goes.
    ///
    /// `copied`: told of each file by its place in `folders` and in the folder's `files`; called by any thread.
    /// `isCancelled`: asked before each file, by any thread; true ends the copying with `CancellationError`.
    /// Throws the first failure; what else was under way is finished.
    package func copy(
        _ folders: [FolderCopy],
        workers: Int = BlockingThreads.processorCount,
        copied: (@Sendable (Int, Int, CopiedFile) -> Void)? = nil,
        isCancelled: @Sendable () -> Bool = { false }
    ) throws {
        var shares: [(folder: Int, files: Range<Int>)] = []
        for (index, folder) in folders.enumerated() {
            for start in stride(from: 0, to: folder.files.count, by: UpperWriter.share) {
                shares.append((index, start..<min(start + UpperWriter.share, folder.files.count)))
            }
        }
        guard !shares.isEmpty else { return }
        let next = Atomic(0)
        let failure = Mutex<(any Error)?>(nil)
        WorkerThreads.run(max(1, min(workers, shares.count))) { [shares] _ in
            buffers.withBuffer { buffer in
                while true {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < shares.count, failure.withLock({ $0 == nil }) else { return }
                    let (folder, files) = shares[index]
                    do {
                        try copy(folders[folder], files, buffer: buffer, isCancelled: isCancelled) {
                            copied?(folder, $0, $1)
                        }
                    } catch { failure.withLock { $0 = $0 ?? error } }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func copy(
        _ copy: FolderCopy,
        _ files: Range<Int>,
        buffer: UnsafeMutableRawBufferPointer,
        isCancelled: () -> Bool,
        copied: (Int, CopiedFile) -> Void
    ) throws {
        let source = try copy.from()
        let folder = try state.withLock { try self.folder(at: copy.to, &$0) }
        for index in files {
            if isCancelled() { throw CancellationError() }
            let file = copy.files[index]
            let place = try state.withLock { try self.place(file.name, in: folder, &$0) }
            let descriptor: Linux.Descriptor
            do {
                // A fifo that has taken the file's place must not block.
                descriptor = try source.open(file.source, flags: O_RDONLY | O_NONBLOCK)
            } catch { throw LayersError.source(copy.to.appending(file.name).bytes, error) }
            let result = try self.copy(
                descriptor,
                named: file.source,
                to: place,
                file.attributes,
                modified: file.modified,
                takesXattrs: file.takesXattrs,
                buffer: buffer
            )
            copied(index, result)
        }
    }
}
