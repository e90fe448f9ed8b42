internal import Bytes
internal import Linux
internal import Trees

/// Makes of a checkout what does not depend on where it was made.
struct GitFiles {
    let keepsGitDirectory: Bool
    /// The time that all files get; nil leaves that of the checkout.
    let modified: FileTime?

    /// Sets modes, which depend on this process's umask, and times, and removes what leads to the repository.
    ///
    /// Nobody else writes here; links are not followed.
    func settle(_ directory: Directory) throws(SystemError) {
        for name in try directory.names() {
            let status = try directory.status(name)
            if name == ".git", !keepsGitDirectory {
                // Of a submodule: it names a folder that is going away.
                try directory.removeTree(name)
                continue
            }
            switch status.kind {
            case .directory: try settle(try directory.child(name))
            case .file:
                let mode: UInt16 = status.mode & 0o100 != 0 ? 0o755 : status.mode & 0o200 != 0 ? 0o644 : 0o444
                if status.mode != mode { try directory.setMode(name, mode: mode) }
            default: break
            }
            if let modified, status.kind != .directory { try directory.setModified(name, modified) }
        }
        try directory.setMode(mode: 0o755)
        if let modified { try directory.setModified("", modified) }
    }
}
