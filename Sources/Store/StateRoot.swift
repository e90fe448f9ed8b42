package import Bytes
internal import Glibc
package import Linux

/// The one folder that holds everything between builds (design.md §4), open for this process.
///
/// Any number of processes may have it open at once. All calls block: make them off the cooperative pool. All parts may
/// be used from any thread. While it lives, no garbage collection starts (`locks/gc` is held shared).
package final class StateRoot: Sendable {
    package let path: ByteString
    package let directory: Directory
    package let content: ContentStore
    package let snapshots: SnapshotStore
    package let trees: TreeStore
    package let results: ResultIndex
    package let images: ImageStore
    package let downloads: DownloadTable
    /// One file for a context root: the stat index (`Contexts`).
    package let contexts: Directory
    /// Where files without a name are made for what has to be unpacked before it can be read.
    package var spool: Directory { content.folder }
    /// What the user should be told of, such as an index that was put aside; sentences without a full stop.
    package let notes: [String]

    let index: IndexDatabase
    let locks: Directory
    let trash: Trash
    let writes: BufferedWrites
    let boot: BootID
    private let lease: BuildLease

    /// What a caller may choose; the defaults are right outside tests.
    package struct Options: Sendable {
        /// False for a connection of its own to the index, as another process would have.
        package var sharesConnection = true
        /// Another start of the machine than this one.
        package var boot: BootID?

        package init() {}
    }

    /// Opens the state root, made first where it is missing.
    ///
    /// - Throws: `StoreError` for a folder that is of another user or of others' files, on a network file system, not
    ///   writable, of a newer format, or on a full disk. A damaged index is no error: it is put aside (``notes``).
    package convenience init(path: ByteString, options: Options = Options()) throws(StoreError) {
        let directory = try StateRoot.openFolder(path)
        let folders: Folders
        let lease: BuildLease
        do throws(SystemError) {
            folders = try Folders(in: directory)
            lease = try BuildLease(in: folders.locks)
        } catch { throw StateRoot.opening(error, path, directory) }
        let opener = IndexOpener(
            root: path,
            directory: directory,
            locks: folders.locks,
            sharesConnection: options.sharesConnection
        )
        let (index, notes) = try opener.open()
        self.init(path, directory, folders, index, notes, lease, options.boot ?? BootID.current())
    }

    private init(
        _ path: ByteString,
        _ directory: Directory,
        _ folders: Folders,
        _ index: IndexDatabase,
        _ notes: [String],
        _ lease: BuildLease,
        _ boot: BootID
    ) {
        self.path = path
        self.directory = directory
        self.index = index
        self.notes = notes
        self.lease = lease
        self.boot = boot
        locks = folders.locks
        contexts = folders.contexts
        trash = Trash(folder: folders.trash, locks: folders.locks)
        content = ContentStore(
            root: path,
            folder: folders.content,
            blobs: folders.blobs,
            trash: trash,
            index: index,
            boot: boot
        )
        snapshots = SnapshotStore(root: path, folder: folders.snapshots, trash: trash, index: index)
        trees = TreeStore(index: index)
        writes = BufferedWrites(index: index, trees: trees, content: content)
        results = ResultIndex(index: index, writes: writes, content: content, snapshots: snapshots, boot: boot)
        images = ImageStore(index: index, writes: writes, content: content, lease: lease)
        downloads = DownloadTable(index: index, writes: writes)
    }
}
