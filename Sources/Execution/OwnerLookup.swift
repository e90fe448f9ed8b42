internal import Bytes
internal import Glibc
internal import Layers
internal import Linux
internal import Sandbox
internal import Trees

/// Who `--chown` and the USER of a WORKDIR mean, by the passwd and group files of the tree that is changed.
struct OwnerLookup {
    private let below: Below

    init(below: Below) { self.below = below }

    /// `USER`, `USER:GROUP`, `:GROUP`, as names or numbers.
    ///
    /// A number alone is the group too; a name's group is that of its passwd entry.
    func owner(_ text: ByteString) throws -> (uid: UInt32, gid: UInt32) {
        let parts = text.bytes.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let user = ByteString(Array(parts[0]))
        let group = parts.count > 1 && !parts[1].isEmpty ? ByteString(Array(parts[1])) : nil
        do {
            if let uid = UInt32(user.text), uid <= Int32.max {
                if let gid = group.flatMap({ UInt32($0.text) }), gid <= Int32.max { return (uid, gid) }
                guard let group else { return (uid, uid) }
                return (uid, try names().gid(of: group, in: text))
            }
            if user.isEmpty {
                guard let group else { return (0, 0) }
                return (0, try names().gid(of: group, in: text))
            }
            let identity = try names().identity(for: text)
            return (identity.uid, identity.gid)
        } catch let error as SandboxError {
            throw ExecutionError.unknownOwner(text: text, reason: error.message)
        }
    }

    private func names() throws -> UserLookup {
        try UserLookup(passwd: try read("/etc/passwd"), group: try read("/etc/group"))
    }

    /// The bytes of a file of the tree, links followed inside it; none for what is no regular file.
    private func read(_ path: ByteString) throws -> [UInt8] {
        let found = try below.source.resolve(path, in: below.tree)
        guard case .file = found.entry?.node else { return [] }
        return try below.open(found.path).readAll(limit: UserLookup.maximumFileSize)
    }
}
