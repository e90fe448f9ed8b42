package import Bytes
internal import Glibc
package import Linux

/// Files that the user asked for, outside the store: each appears whole, or what was there stays.
package enum HostFile {
    /// Writes a file under a temporary name beside `path`, and gives it that name when `body` is done.
    ///
    /// What is there and no regular file, such as `/dev/stdout`, a pipe or a link, is written to as it is.
    ///
    /// - Throws: `ExportError.cannotWrite`, or what `body` throws; nothing is left then.
    package static func replace(_ path: ByteString, _ body: (Descriptor) throws -> Void) throws {
        let (folder, name) = split(path)
        do {
            let opened = try Directory.open(hostPath: folder)
            try checkReplaceable(name, in: opened)
            if let found = try opened.statusIfPresent(name), found.kind != .file {
                try body(try openAsItIs(path))
            } else {
                try replace(name, in: opened, body)
            }
        } catch let error as SystemError {
            throw ExportError.cannotWrite(path, error)
        }
    }

    private static func openAsItIs(_ path: ByteString) throws(SystemError) -> Descriptor {
        let number = try path.withCPath { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0o644) }
        guard number >= 0 else { throw SystemError.last("open", path) }
        return Descriptor(owning: number)
    }

    /// The same for a name in an open folder.
    package static func replace(_ name: ByteString, in folder: Directory, _ body: (Descriptor) throws -> Void) throws {
        try checkReplaceable(name, in: folder)
        let temporary = ByteString(".swift-build-image-\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp")
        // A file without a name leaves nothing behind if this process is killed; not every file system has them.
        if let file = try? folder.openNameless(mode: 0o644) {
            try body(file)
            // What was interrupted is not published, however near to its end it was.
            try Task.checkCancellation()
            guard try folder.give(file, name: temporary) else {
                throw SystemError(code: EEXIST, call: "link", path: temporary)
            }
        } else {
            let file = try folder.open(temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            do {
                try body(file)
                try Task.checkCancellation()
            } catch {
                try? folder.removeFile(temporary)
                throw error
            }
        }
        do { try folder.rename(temporary, to: name, in: folder) } catch {
            try? folder.removeFile(temporary)
            throw error
        }
    }

    /// Whether a file could be put at `path`: told before the work is done whose result would have no place.
    ///
    /// - Throws: `ExportError.cannotWrite` for a folder that is missing or may not be written, or a folder at `path`.
    package static func check(_ path: ByteString) throws {
        let (folder, name) = split(path)
        do {
            let opened = try Directory.open(hostPath: folder)
            try checkReplaceable(name, in: opened)
            // What is written to as it is needs no new name in the folder: /dev/stdout of any user.
            if let found = try opened.statusIfPresent(name), found.kind != .file { return }
            guard opened.isWritable else { throw SystemError(code: EACCES, call: "write", path: folder) }
        } catch let error as SystemError {
            throw ExportError.cannotWrite(path, error)
        }
    }

    private static func checkReplaceable(_ name: ByteString, in folder: Directory) throws(SystemError) {
        if try folder.statusIfPresent(name)?.kind == .directory {
            throw SystemError(code: EISDIR, call: "write", path: name)
        }
    }

    /// Opens a folder, made first if its parent is there.
    ///
    /// `isNew`: whether this call has made it.
    package static func makeFolder(_ path: ByteString) throws -> (directory: Directory, isNew: Bool) {
        let (parent, name) = split(path)
        do {
            do { return (try Directory.open(hostPath: path), false) } catch {
                guard error.code == ENOENT else { throw error }
            }
            let folder = try Directory.open(hostPath: parent)
            var isNew = true
            do { try folder.makeDirectory(name, mode: 0o755) } catch {
                guard error.code == EEXIST else { throw error }
                isNew = false
            }
            return (try folder.child(name), isNew)
        } catch let error as SystemError {
            throw ExportError.cannotWrite(path, error)
        }
    }

    /// Opens a folder, made first with all that is missing above it.
    package static func makeFolders(_ path: ByteString) throws -> Directory {
        do { return try makeFolder(path).directory } catch let error as ExportError {
            let parent = split(path).folder
            guard case .cannotWrite(_, let cause) = error, cause.code == ENOENT, parent != path else { throw error }
            _ = try makeFolders(parent)
            return try makeFolder(path).directory
        }
    }

    /// Whether a folder could be made at `path`, or files in the one that is there.
    ///
    /// `makesParents`: whether folders that are missing above it would be made too.
    /// Throws `ExportError.cannotWrite`, also for something else at `path`.
    package static func checkFolder(_ path: ByteString, makesParents: Bool = false) throws {
        do {
            do {
                guard try Directory.open(hostPath: path).isWritable else {
                    throw SystemError(code: EACCES, call: "write", path: path)
                }
            } catch let error as SystemError {
                guard error.code == ENOENT else { throw error }
                let parent = split(path).folder
                if makesParents, parent != path {
                    try checkFolder(parent, makesParents: true)
                } else {
                    try check(path)
                }
            }
        } catch let error as SystemError {
            throw ExportError.cannotWrite(path, error)
        }
    }

    /// Removes a folder that ``makeFolder(_:)`` has made, with what is in it, as far as that can be done.
    static func removeFolder(_ path: ByteString) {
        let (parent, name) = split(path)
        try? Directory.open(hostPath: parent).removeTree(name)
    }

    private static func split(_ path: ByteString) -> (folder: ByteString, name: ByteString) {
        var bytes = path.bytes
        while bytes.count > 1, bytes.last == 0x2F { bytes.removeLast() }
        guard let slash = bytes.lastIndex(of: 0x2F) else { return (".", ByteString(bytes)) }
        let folder = slash == 0 ? ByteString("/") : ByteString(Array(bytes[..<slash]))
        return (folder, ByteString(Array(bytes[(slash + 1)...])))
    }
}
