package import Bytes
internal import Glibc
package import Linux
package import Trees

/// A folder on this machine that a build reads files from: the build's own context, or one given by name.
package struct LocalContext: Sendable {
    /// The folder as the user named it, for messages.
    package let path: ByteString
    package let root: Directory
    package let rules: IgnoreRules
    /// Where stat indexes are kept (`contexts/` of the state root); nil to keep none.
    package let indexFolder: Directory?

    /// Opens the folder; links on the way to it are followed.
    ///
    /// - Throws: `missingContext`, `notADirectory` or `unreadable`.
    package init(path: ByteString, rules: IgnoreRules, indexFolder: Directory?) throws(ContextsError) {
        self.init(path: path, root: try LocalContext.open(path), rules: rules, indexFolder: indexFolder)
    }

    package init(path: ByteString, root: Directory, rules: IgnoreRules, indexFolder: Directory?) {
        self.path = path
        self.root = root
        self.rules = rules
        self.indexFolder = indexFolder
    }

    /// Opens a context's folder, as to look for its ignore file before the context is made.
    package static func open(_ path: ByteString) throws(ContextsError) -> Directory {
        do { return try Directory.open(hostPath: path) } catch {
            switch error.code {
            case ENOENT: throw .missingContext(path)
            case ENOTDIR: throw .notADirectory(path)
            default: throw .unreadable(path, error)
            }
        }
    }

    /// Walks the whole context and takes over the hashes of files that the stat index knows.
    ///
    /// No file is opened.
    ///
    /// - Throws: `unreadable` for a folder that cannot be listed, `changedWhileRead` for one that went away meanwhile,
    ///   `tooDeep`.
    package func scan() async throws(ContextsError) -> ContextListing {
        // The time is taken before anything is looked at: what changes from now on is younger.
        let margin: Int64 = root.remoteFileSystem == nil ? 10_000_000 : 2_000_000_000
        let cutoff = FileTime.fileClock.indexed - margin
        let status: FileStatus
        do { status = try root.status() } catch { throw .unreadable("", error) }
        let indexFile = indexFolder.map { (folder: $0, name: StatIndex.name(of: status, rules: rules)) }
        let index = indexFile.flatMap { StatIndex($0.name, in: $0.folder) }
        let scan = ContextScan(root: root, rules: rules, index: index, cutoff: cutoff)
        let (directories, counters) = try await scan.run()
        return ContextListing(
            root: root,
            rootRecord: FileRecord(status),
            directories: directories,
            counters: counters,
            cutoff: cutoff,
            indexFile: indexFile
        )
    }
}
