internal import Bytes
internal import Glibc
internal import Linux

extension StateRoot {
    /// The fixed folders of a state root, made where they are missing.
    struct Folders {
        let content: Directory
        let blobs: Directory
        let snapshots: Directory
        let contexts: Directory
        let locks: Directory
        let trash: Directory

        static let names: [ByteString] = ["content", "snapshots", "cache-mounts", "contexts", "locks", "trash"]

        init(in root: Directory) throws(SystemError) {
            locks = try Folders.folder("locks", in: root)
            content = try Folders.folder("content", in: root)
            blobs = try Folders.folder("sha256", in: content)
            snapshots = try Folders.folder("snapshots", in: root)
            contexts = try Folders.folder("contexts", in: root)
            trash = try Folders.folder("trash", in: root)
        }

        static func folder(_ name: ByteString, in parent: Directory) throws(SystemError) -> Directory {
            do throws(SystemError) { return try parent.child(name) } catch {
                guard error.code == ENOENT else { throw error }
                return try parent.makeOrOpenDirectory(name, mode: 0o700)
            }
        }
    }

    /// Opens the folder itself and checks that it may be a state root of this user.
    static func openFolder(_ path: ByteString) throws(StoreError) -> Directory {
        let directory: Directory
        let status: FileStatus
        do throws(SystemError) {
            directory = try openOrMake(path)
            status = try directory.status()
        } catch { throw .cannotOpenRoot(path, error) }
        guard status.uid == geteuid() else { throw .otherOwner(path, owner: status.uid, user: geteuid()) }
        if let kind = directory.remoteFileSystem { throw .remoteFileSystem(path, kind: kind) }
        do {
            let isNew = try directory.statusIfPresent(IndexSchema.fileName) == nil
            if isNew, !mayBecomeRoot(try directory.names()) { throw StoreError.notAStateRoot(path) }
            // Programs of images lie in it, some of them setuid: no other user may reach them.
            if status.mode & 0o7777 != 0o700 { try directory.setMode(mode: 0o700) }
        } catch let error as SystemError { throw opening(error, path, directory) } catch {
            throw StoreError(indexError: error, doing: "opening the state root", root: path, directory: directory)
        }
        return directory
    }

    private static func mayBecomeRoot(_ names: [ByteString]) -> Bool {
        let others = names.filter { $0 != "lost+found" }
        return others.isEmpty || others.contains(where: Folders.names.contains)
    }

    private static func openOrMake(_ path: ByteString) throws(SystemError) -> Directory {
        do throws(SystemError) { return try Directory.open(hostPath: path) } catch {
            guard error.code == ENOENT else { throw error }
        }
        var prefix: [UInt8] = []
        let parts = path.split(separator: UInt8(ascii: "/"))
        for (index, part) in parts.enumerated() {
            prefix += part.bytes
            if !part.isEmpty {
                let mode: mode_t = index == parts.count - 1 ? 0o700 : 0o755
                let code = try ByteString(prefix).withCPath { mkdir($0, mode) }
                guard code == 0 || errno == EEXIST else { throw SystemError.last("mkdir", ByteString(prefix)) }
            }
            prefix.append(UInt8(ascii: "/"))
        }
        return try Directory.open(hostPath: path)
    }

    /// What a failed call means while the root is opened.
    static func opening(_ error: SystemError, _ path: ByteString, _ directory: Directory) -> StoreError {
        switch error.code {
        case ENOSPC, EDQUOT: .full(path, doing: "opening the state root", in: directory)
        case EROFS, EACCES, EPERM: .notWritable(path, error)
        default: .cannotOpenRoot(path, error)
        }
    }
}
