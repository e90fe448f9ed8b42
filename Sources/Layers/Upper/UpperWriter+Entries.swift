package import Bytes
internal import Glibc
package import Linux
internal import OCI
internal import Synchronization
package import Trees

extension UpperWriter {
    /// Makes a directory or, where the tree has one, changes its attributes; what is in it stays unless `isOpaque`.
    ///
    /// Anything else at the path is replaced.
    ///
    /// `modified`: nil keeps the time it has below; a new directory gets now.
    package func directory(
        _ path: TreePath,
        _ attributes: Attributes,
        modified: FileTime? = nil,
        isOpaque: Bool = false
    ) throws {
        try state.withLock { state in
            guard let name = path.last else {
                return try set(state.root, attributes, modified, isOpaque: isOpaque, &state)
            }
            let parent = try folder(at: path.parent, &state)
            if case .folder(let existing) = parent.children[name] {
                return try set(existing, attributes, modified, isOpaque: isOpaque, &state)
            }
            let isFree = parent.children[name] == nil
            let found = isFree && !isOpaque ? try parent.below(name, from: below.source) : nil
            let folder: UpperFolder
            if case .directory(let hash) = found?.node {
                folder = try make(name, in: parent, .written, attributes, .stored(hash), &state)
            } else {
                folder = try make(name, in: parent, .written, attributes, .nothing, &state)
                state.generation += 1
            }
            folder.modified = modified
        }
    }

    private func set(
        _ folder: UpperFolder,
        _ attributes: Attributes,
        _ modified: FileTime?,
        isOpaque: Bool,
        _ state: inout State
    ) throws {
        if isOpaque { try hide(folder, &state) }
        folder.origin = .written
        folder.attributes = attributes
        folder.modified = modified ?? folder.modified
    }

    /// Makes a file with a copy of what `source` has from its offset on, hashed in the same pass.
    ///
    /// `modified`: nil is now.
    /// `takesXattrs`: whether the source's extended attributes are taken too, those that a tree covers.
    package func file(
        _ path: TreePath,
        _ attributes: Attributes,
        modified: FileTime?,
        from source: Linux.Descriptor,
        takesXattrs: Bool = false
    ) throws -> CopiedFile {
        if isOnPaper { throw NotOnPaper() }
        let place = try place(path)
        return try buffers.withBuffer { buffer in
            try copy(
                source,
                named: path.bytes,
                to: place,
                attributes,
                modified: modified,
                takesXattrs: takesXattrs,
                buffer: buffer
            )
        }
    }

    /// Makes a file with these bytes.
    package func file(_ path: TreePath, _ attributes: Attributes, modified: FileTime?, bytes: [UInt8]) throws {
        let place = try place(path)
        let node = TreeEntry.Node.file(ContentHash(of: bytes), size: UInt64(bytes.count))
        if isOnPaper { throw NotOnPaper() }
        let file = try create(place, mode: attributes.mode)
        try at(path) { () throws(SystemError) in try file.write(bytes) }
        try finish(place, node, attributes, modified: modified)
    }

    /// Makes a symbolic link with this text, whatever it is.
    package func symlink(_ path: TreePath, target: ByteString, _ attributes: Attributes, modified: FileTime?) throws {
        let place = try place(path)
        if isOnPaper {
            try note(place, .symlink(target), Attributes(linkOf: attributes), modified: modified)
        } else {
            try at(path) { () throws(SystemError) in try place.directory.makeSymlink(place.name, target: target) }
            try finish(place, .symlink(target), attributes, modified: modified)
        }
        state.withLock { $0.generation += 1 }
    }

    /// Makes a device or a fifo.
    ///
    /// The device 0:0 is refused, since overlay takes it for a whiteout.
    package func node(
        _ path: TreePath,
        _ node: TreeEntry.Node,
        _ attributes: Attributes,
        modified: FileTime?
    ) throws {
        let place = try place(path)
        let (kind, device): (FileKind, UInt64) =
            switch node {
            case .characterDevice(let number): (.characterDevice, number)
            case .blockDevice(let number): (.blockDevice, number)
            case .fifo: (.fifo, 0)
            case .file, .directory, .symlink, .socket:
                throw LayersError.refusedEntry(path.bytes, reason: "it is neither a device nor a fifo")
            }
        guard kind != .characterDevice || device != 0 else {
            throw LayersError.refusedEntry(path.bytes, reason: "the character device 0:0 marks deleted files")
        }
        if isOnPaper { return try self.note(place, node, attributes, modified: modified) }
        try at(path) { () throws(SystemError) in
            try place.directory.makeNode(place.name, kind: kind, mode: attributes.mode, device: device)
            // The kernel keeps fewer bits than the number has: what was made is compared with what was asked for.
            guard try place.directory.status(place.name).specialDevice == device else {
                throw SystemError(code: EINVAL, call: "mknod: device number out of range", path: place.name)
            }
        }
        try finish(place, node, attributes, modified: modified)
    }

    /// Gives a file one more name.
    ///
    /// `existing`: anything but a directory. What is only in the layers below is copied up first.
    package func hardLink(_ path: TreePath, to existing: TreePath) throws {
        guard path != existing else {
            throw LayersError.brokenLink(path, to: existing.bytes, reason: "it is the link itself")
        }
        if try writtenFile(at: existing) == nil { try copyUp(existing, for: path) }
        let place = try place(path)
        try state.withLock { state in
            let folder = try folder(at: existing.parent, &state)
            guard let name = existing.last, case .file(var file) = folder.children[name] else {
                throw LayersError.brokenLink(path, to: existing.bytes, reason: "it is not there")
            }
            let source = try open(folder, &state)
            if !isOnPaper {
                try at(path) { () throws(SystemError) in
                    try place.directory.makeLink(place.name, to: name, in: source)
                }
            }
            file.links = file.links ?? LinkGroup()
            folder.children[name] = .file(file)
            place.folder.children[place.name] = .file(file)
            if case .symlink = file.entry.node { state.generation += 1 }
        }
    }

    private func copyUp(_ path: TreePath, for link: TreePath) throws {
        if isOnPaper { throw NotOnPaper() }
        guard let entry = try self.entry(at: path) else {
            throw LayersError.brokenLink(link, to: path.bytes, reason: "it is not there")
        }
        state.withLock { $0.dependsOnBelow = true }
        let modified = below.modified(path)
        switch entry.node {
        case .directory: throw LayersError.brokenLink(link, to: path.bytes, reason: "it is a directory")
        case .file: _ = try file(path, entry.attributes, modified: modified, from: try below.open(path))
        case .symlink(let target): try symlink(path, target: target, entry.attributes, modified: modified)
        default: try node(path, entry.node, entry.attributes, modified: modified)
        }
    }

    /// Deletes what is at the path with all below it.
    ///
    /// Nothing there is no error.
    package func whiteout(_ path: TreePath) throws {
        guard let name = path.last else {
            throw LayersError.refusedEntry("/", reason: "the root cannot be deleted")
        }
        if isOnPaper { throw NotOnPaper() }
        try state.withLock { state in
            state.dependsOnBelow = true
            guard try mergedDirectory(at: path.parent, &state) != nil else { return }
            let parent = try folder(at: path.parent, &state)
            let directory = try open(parent, &state)
            try clear(name, in: parent, directory, &state)
            guard try parent.below(name, from: below.source) != nil else { return }
            try at(path) { () throws(SystemError) in
                try directory.makeNode(name, kind: .characterDevice, mode: 0, device: 0)
            }
            parent.children[name] = .whiteout
            state.generation += 1
        }
    }

    // MARK: One new file

    /// Where a new entry goes: nothing of this writer's is there any more.
    struct Place {
        let folder: UpperFolder
        let directory: Directory
        let name: ByteString

        var path: TreePath { folder.path.appending(name) }
    }

    func place(_ path: TreePath) throws -> Place {
        guard let name = path.last else { throw LayersError.refusedEntry("/", reason: "the root is a directory") }
        return try state.withLock { state in
            try place(name, in: try folder(at: path.parent, &state), &state)
        }
    }

    func place(_ name: ByteString, in folder: UpperFolder, _ state: inout State) throws -> Place {
        if folder.path.components.count >= TreePath.depthLimit {
            throw LayersError.tooDeep(folder.path.appending(name))
        }
        guard !OverlayMark.isReserved(name) else { throw LayersError.whiteoutName(folder.path.appending(name)) }
        let directory = try open(folder, &state)
        try clear(name, in: folder, directory, &state)
        return Place(folder: folder, directory: directory, name: name)
    }

    func create(_ place: Place, mode: UInt16) throws(LayersError) -> Linux.Descriptor {
        do throws(SystemError) {
            return try place.directory.open(place.name, flags: O_RDWR | O_CREAT | O_EXCL, mode: mode)
        } catch { throw .file(place.path, error) }
    }

    func copy(
        _ source: Linux.Descriptor,
        named sourceName: ByteString,
        to place: Place,
        _ attributes: Attributes,
        modified: FileTime?,
        takesXattrs: Bool,
        buffer: UnsafeMutableRawBufferPointer
    ) throws(LayersError) -> CopiedFile {
        let target = try create(place, mode: attributes.mode)
        let copied = try FileContent.copy(source, named: sourceName, to: target, buffer: buffer)
        var attributes = attributes
        if takesXattrs, source.hasXattrs {
            do throws(SystemError) {
                attributes.xattrs = try source.xattrs().filter { Attributes.covers($0.name) }
            } catch { throw .source(sourceName, error) }
        }
        try finish(place, .file(copied.hash, size: copied.size), attributes, modified: modified)
        return copied
    }

    func finish(
        _ place: Place,
        _ node: TreeEntry.Node,
        _ attributes: Attributes,
        modified: FileTime?
    ) throws(LayersError) {
        let modified = modified ?? FileTime.fileClock
        let isSymlink = if case .symlink = node { true } else { false }
        let attributes = try dress(
            place.name,
            in: place.directory,
            path: place.path,
            attributes,
            isSymlink: isSymlink,
            modified: modified
        )
        let file = WrittenFile(entry: TreeEntry(node, attributes), modified: modified)
        state.withLock { _ in place.folder.children[place.name] = .file(file) }
    }
}
