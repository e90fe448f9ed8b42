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
        if let found = try folder.statusIfPresent(name), found.kind == .directory {
            throw SystemError(code: EISDIR, call: "write", path: name)
        }
        let temporary = ByteString(".\(name.text).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp")
        let file = try folder.open(temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        do {
            try body(file)
            try folder.rename(temporary, to: name, in: folder)
        } catch {
            try? folder.removeFile(temporary)
            throw error
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
