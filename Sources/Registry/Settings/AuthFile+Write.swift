internal import Bytes
internal import Glibc
internal import Linux

extension AuthFile {
    /// Links that lead on to others before the file is reached, at most.
    private static let linkLimit = 40

    /// Puts the document in the file's place, whole or not at all, readable by its owner only.
    ///
    /// Folders that are missing are made with mode 0700. A file of another owner stays his, as far as we may.
    func write() throws(SettingsError) {
        do throws(SystemError) {
            let target = try AuthFile.resolved(path)
            let folder = try AuthFile.makeFolder(target.folder)
            try AuthFile.replace(target.name, in: folder, by: JSONValue.object(document).indented)
        } catch {
            throw .notWritten(path, error)
        }
    }

    private static func replace(_ name: ByteString, in folder: Directory, by bytes: [UInt8]) throws(SystemError) {
        let old = try folder.statusIfPresent(name)
        let random = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        let temporary = ByteString(".\(random).tmp")
        do throws(SystemError) {
            let file = try folder.open(temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try file.write(bytes)
            if let old, old.uid != geteuid() { try? folder.setOwner(temporary, uid: old.uid, gid: old.gid) }
            try retrying("fsync") { fsync(file.number) }
            try folder.rename(temporary, to: name, in: folder)
        } catch {
            try? folder.removeFile(temporary)
            throw error
        }
        try retrying("fsync") { fsync(folder.number) }
    }

    /// The folder and the name of the file that the path leads to, its last component's links followed.
    private static func resolved(_ path: ByteString) throws(SystemError) -> (folder: ByteString, name: ByteString) {
        var current = path
        for _ in 0..<linkLimit {
            let (folder, name) = split(current)
            guard let directory = try? Directory.open(hostPath: folder),
                let status = try directory.statusIfPresent(name),
                status.kind == .symlink
            else { return (folder, name) }
            let target = try directory.linkTarget(name)
            current = target.hasPrefix("/") ? target : folder + "/" + target
        }
        throw SystemError(code: ELOOP, call: "open", path: path)
    }

    private static func split(_ path: ByteString) -> (folder: ByteString, name: ByteString) {
        guard let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let folder = ByteString(Array(path.bytes[..<slash]))
        return (folder.isEmpty ? "/" : folder, ByteString(Array(path.bytes[(slash + 1)...])))
    }

    private static func makeFolder(_ path: ByteString) throws(SystemError) -> Directory {
        do throws(SystemError) { return try Directory.open(hostPath: path) } catch {
            guard error.code == ENOENT, path != "/", path != "." else { throw error }
        }
        let (parent, name) = split(path)
        if name.isEmpty { return try makeFolder(parent) }
        return try makeFolder(parent).makeOrOpenDirectory(name, mode: 0o700)
    }
}
