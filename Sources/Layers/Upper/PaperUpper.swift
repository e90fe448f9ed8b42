internal import Bytes
internal import Glibc
package import Linux
internal import OCI
internal import Synchronization
package import Trees

/// Thrown on paper by what needs a real upper directory: it has to be written then.
package struct NotOnPaper: Error {
    package init() {}
}

/// What an upper directory would be, with the places where its files' bytes are: a COPY that goes straight into its
/// packed form (`cache.md`, Words).
///
/// It comes of an ``UpperWriter`` that writes nothing. Deltas that hide something, write a text of the Dockerfile,
/// have extended attributes or links to what is below are not made so: ``NotOnPaper``.
package struct PaperUpper: Sendable {
    /// Where the bytes of a file are: its name in one of the folders of the source.
    struct Content: Sendable {
        let name: ByteString
        let folder: Int
    }

    package let listing: UpperListing
    /// Of the files that are not empty, in the order of the delta.
    private let contents: [Content]
    private let sources: [@Sendable () throws -> Directory]

    init(_ listing: UpperListing, _ contents: [Content], _ sources: [@Sendable () throws -> Directory]) {
        self.listing = listing
        self.contents = contents
        self.sources = sources
    }

    /// A writer of what the layers below would be changed by.
    package static func writer(over below: Below) throws(SystemError) -> UpperWriter {
        // A directory to be handed around: nothing is written to it.
        UpperWriter(try Directory.open(hostPath: "/"), below, isOnPaper: true)
    }

    /// Writes the layer; each file's content is compared with the hash that the delta says.
    ///
    /// - Throws: `LayersError.changedWhileRead` or `sizeChanged` for a file that is not what it was, or what the sink
    ///   throws.
    package func pack(
        _ delta: Delta,
        compression: LayerCompression,
        into sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> PackedLayer {
        var next = 0
        var opened: (folder: Int, directory: Directory)?
        var writer = LayerWriter(delta: delta, compression: compression) { path throws in
            guard next < contents.count else { throw LayersError.changedWhileRead(path.bytes) }
            defer { next += 1 }
            let content = contents[next]
            if opened?.folder != content.folder { opened = (content.folder, try sources[content.folder]()) }
            guard let directory = opened?.directory else { throw LayersError.changedWhileRead(path.bytes) }
            do throws(SystemError) {
                return try directory.open(content.name, flags: O_RDONLY | O_NONBLOCK)
            } catch { throw LayersError.source(content.name, error) }
        }
        writer.verifiesContent = true
        return try writer.pack(into: sink)
    }
}

extension UpperWriter {
    /// Notes the files that ``copy(_:workers:copied:isCancelled:)`` would copy.
    ///
    /// `expected`: what the source's tree says of each, by folder and file.
    package func note(_ folders: [FolderCopy], expected: [[TreeEntry]]) throws {
        for (copy, entries) in zip(folders, expected) {
            let number = state.withLock { state in
                state.sources.append(copy.from)
                return state.sources.count - 1
            }
            for (file, entry) in zip(copy.files, entries) {
                guard !file.takesXattrs else { throw NotOnPaper() }
                let place = try place(copy.to.appending(file.name))
                let content = PaperUpper.Content(name: file.source, folder: number)
                try note(place, entry.node, file.attributes, modified: file.modified, content: content)
            }
        }
    }

    /// Notes an entry that is no directory.
    func note(
        _ place: Place,
        _ node: TreeEntry.Node,
        _ attributes: Attributes,
        modified: FileTime?,
        content: PaperUpper.Content? = nil
    ) throws {
        guard attributes.xattrs.isEmpty else { throw NotOnPaper() }
        let entry = TreeEntry(node, attributes)
        let file = WrittenFile(entry: entry, modified: modified ?? FileTime.fileClock, content: content)
        state.withLock { _ in place.folder.children[place.name] = .file(file) }
    }

    /// Tells what would have been written; instead of ``finish()``, once.
    package func finishOnPaper() throws -> PaperUpper {
        try state.withLock { state in
            var entries: [Delta.Entry] = []
            var contents: [PaperUpper.Content] = []
            var firsts: [ObjectIdentifier: TreePath] = [:]
            let root = state.root
            settleTime(of: root)
            if root.origin == .written { entries.append(entry(for: root)) }
            var frames = [(folder: root, names: root.children.keys.sorted(), next: 0)]
            while let frame = frames.last {
                guard frame.next < frame.names.count else {
                    frames.removeLast()
                    continue
                }
                frames[frames.count - 1].next += 1
                switch frame.folder.children[frame.names[frame.next]] {
                case .folder(let folder):
                    guard !folder.isOpaque, folder.attributes.xattrs.isEmpty else { throw NotOnPaper() }
                    settleTime(of: folder)
                    if folder.origin == .written || !folder.children.isEmpty { entries.append(entry(for: folder)) }
                    frames.append((folder, folder.children.keys.sorted(), 0))
                case .file(let file):
                    let path = frame.folder.path.appending(frame.names[frame.next])
                    var linkedTo: TreePath?
                    if let links = file.links {
                        linkedTo = firsts[ObjectIdentifier(links)]
                        if linkedTo == nil { firsts[ObjectIdentifier(links)] = path }
                    }
                    let change = Delta.Change.write(file.entry, modified: file.modified, linkedTo: linkedTo)
                    entries.append(Delta.Entry(path: path, change: change))
                    if linkedTo == nil, case .file(_, let size) = file.entry.node, size > 0 {
                        guard let content = file.content else { throw NotOnPaper() }
                        contents.append(content)
                    }
                case .whiteout: throw NotOnPaper()
                case nil: break
                }
            }
            let listing = UpperListing(
                delta: Delta(entries: entries),
                rootAttributes: root.attributes,
                rootModified: root.modified ?? FileTime.fileClock
            )
            return PaperUpper(listing, contents, state.sources)
        }
    }
}

extension Attributes {
    /// Those of a symbolic link: it has no mode and no extended attributes of its own.
    init(linkOf attributes: Attributes) {
        self = attributes
        mode = 0o777
        xattrs = []
    }
}
