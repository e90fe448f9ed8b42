package import Bytes
internal import Glibc
package import Linux

/// Files that the user asked for, outside the store: each appears whole, or what was there stays.
package enum HostFile {
    /// Writes a file under a temporary name beside `path`, and gives it that name when `body` is done.
    ///
    /// - Throws: `ExportError.cannotWrite`, or what `body` throws; nothing is left then.
    package static func replace(_ path: ByteString, _ body: (Descriptor) throws -> Void) throws {
        let (folder, name) = split(path)
        do {
            try replace(name, in: try Directory.open(hostPath: folder), body)
        } catch let error as SystemError {
            throw ExportError.cannotWrite(path, error)
        }
    }

    /// The same for a name in an open folder.
    package static func replace(_ name: ByteString, in folder: Directory, _ body: (Descriptor) throws -> Void) throws {
        try checkReplaceable(name, in: folder)
        let temporary = ByteString(".swift-build-image-\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp")
        // A file without a name leaves nothing behind if this process is killed; not every file system has them.
        if let file = try? folder.openNameless(mode: 0o644) {
            try body(file)
            guard try folder.give(file, name: temporary) else { throw SystemError(code: EEXIST, call: "link", path: temporary) }
        } else {
            let file = try folder.open(temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            do { try body(file) } catch {
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
    package static func makeFolder(_ path: ByteString) throws -> Directory {
        let (parent, name) = split(path)
        do {
            if name == "." || name == ".." { return try Directory.open(hostPath: path) }
            do { return try Directory.open(hostPath: path) } catch {
                guard error.code == ENOENT else { throw error }
            }
            return try Directory.open(hostPath: parent).makeOrOpenDirectory(name, mode: 0o755)
        } catch let error as SystemError {
            throw ExportError.cannotWrite(path, error)
        }
    }

    private static func split(_ path: ByteString) -> (folder: ByteString, name: ByteString) {
        var bytes = path.bytes
        while bytes.count > 1, bytes.last == 0x2F { bytes.removeLast() }
        guard let slash = bytes.lastIndex(of: 0x2F) else { return (".", ByteString(bytes)) }
        let folder = slash == 0 ? ByteString("/") : ByteString(Array(bytes[..<slash]))
        return (folder, ByteString(Array(bytes[(slash + 1)...])))
    }
}
