package import Bytes
internal import Glibc
package import Linux

/// Finds who a USER text means in the bytes of an image's /etc/passwd and /etc/group.
///
/// Pure; reads nothing of the host. The reading is BuildKit's and runc's: `name`, `uid`, `name:group`, `uid:gid`. A
/// number needs no entry: without one the group is 0. A name needs one. With a group given there are no supplementary
/// groups; else they are those groups that list the user's name as a member.
package struct UserLookup: Sendable {
    /// More than this is refused, in bytes of one file.
    package static let maximumFileSize = 10 << 20
    private static let maximumGroups = 65_536

    private let passwd: [UInt8]
    private let group: [UInt8]

    /// - Parameters: what the two files hold; empty where the image has none.
    package init(passwd: [UInt8], group: [UInt8]) throws(SandboxError) {
        for (file, bytes) in [("passwd", passwd), ("group", group)] where bytes.count > UserLookup.maximumFileSize {
            throw .noSuchUser(
                "/etc/\(file) of the image has \(bytes.count) bytes, more than \(UserLookup.maximumFileSize)"
            )
        }
        self.passwd = passwd
        self.group = group
    }

    /// Reads both files of a root file system, links followed inside it.
    ///
    /// A missing file is an empty one; anything but
    /// a regular file is refused, and never waited for.
    package init(root: Directory) throws(SandboxError) {
        try self.init(
            passwd: try UserLookup.read("/etc/passwd", in: root),
            group: try UserLookup.read("/etc/group", in: root)
        )
    }

    private static func read(_ path: ByteString, in root: Directory) throws(SandboxError) -> [UInt8] {
        let opened = try doing("reading \(path.text) of the image") { () throws(SystemError) -> Descriptor? in
            do throws(SystemError) {
                return try root.openBeneath(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
            } catch {
                if error.isNotFound { return nil }
                throw error
            }
        }
        guard let opened else { return [] }
        return try doing("reading \(path.text) of the image") { () throws(SystemError) in
            guard try opened.status().kind == .file else {
                throw SystemError(code: EINVAL, call: "not a regular file", path: path)
            }
            return try opened.readAll(limit: maximumFileSize)
        }
    }

    /// Who `user` is; an empty text is user 0.
    package func identity(for user: ByteString) throws(SandboxError) -> UserIdentity {
        let text: ByteString = user.isEmpty ? "0" : user
        let parts = text.bytes.split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
        let userPart: ByteString = parts[0].isEmpty ? "0" : ByteString(parts[0])
        let groupPart: ByteString? = parts.count > 1 && !parts[1].isEmpty ? ByteString(parts[1]) : nil
        let number = try UserLookup.number(userPart, in: text)
        let account = account(number: number, name: userPart)
        guard let uid = account?.uid ?? number else {
            throw .noSuchUser("unable to find user \(userPart.escaped): no matching entries in passwd file")
        }
        var identity = UserIdentity(uid: uid, gid: account?.gid ?? 0, home: home(of: uid))
        if let groupPart {
            identity.gid = try gid(of: groupPart, in: text)
        } else if let name = account?.name {
            identity.supplementaryGroups = groups(listing: name)
        }
        return identity
    }

    /// The number of a group's name or a number in text form; for `--chown` too.
    package func gid(of group: ByteString, in text: ByteString) throws(SandboxError) -> UInt32 {
        let number = try UserLookup.number(group, in: text)
        if let number { return number }
        for fields in lines(of: self.group) where fields.count >= 3 && fields[0].elementsEqual(group.bytes) {
            if let gid = UserLookup.decimal(fields[2]) { return gid }
        }
        throw .noSuchUser("unable to find group \(group.escaped): no matching entries in group file")
    }

    private struct Account {
        var name: ByteString
        var uid: UInt32
        var gid: UInt32
    }

    private func account(number: UInt32?, name: ByteString) -> Account? {
        for fields in lines(of: passwd) where fields.count >= 4 {
            guard let uid = UserLookup.decimal(fields[2]) else { continue }
            guard number.map({ $0 == uid }) ?? fields[0].elementsEqual(name.bytes) else { continue }
            return Account(name: ByteString(fields[0]), uid: uid, gid: UserLookup.decimal(fields[3]) ?? 0)
        }
        return nil
    }

    private func home(of uid: UInt32) -> ByteString {
        for fields in lines(of: passwd) where fields.count >= 6 && UserLookup.decimal(fields[2]) == uid {
            return fields[5].isEmpty ? "/" : ByteString(fields[5])
        }
        return "/"
    }

    private func groups(listing name: ByteString) -> [UInt32] {
        var result: [UInt32] = []
        for fields in lines(of: group) where fields.count >= 4 {
            guard let gid = UserLookup.decimal(fields[2]) else { continue }
            let members = fields[3].split(separator: 0x2C)
            if members.contains(where: { $0.elementsEqual(name.bytes) }) { result.append(gid) }
            if result.count == UserLookup.maximumGroups { break }
        }
        return result
    }

    /// The fields of each line, one after the other, without copying the file.
    private func lines(of file: [UInt8]) -> some Sequence<[ArraySlice<UInt8>]> {
        file.lazy.split(separator: 0x0A).lazy.map { line in
            let slice = file[line.startIndex..<line.endIndex]
            return slice.split(separator: 0x3A, omittingEmptySubsequences: false)
        }
    }

    /// A decimal number in range, or nil for what is a name.
    ///
    /// - Throws: for digits (with a sign or not) that are no user's or group's number: a value cut to 32 bits must
    ///   not become root's.
    private static func number(_ part: ByteString, in text: ByteString) throws(SandboxError) -> UInt32? {
        if let value = decimal(part.bytes[...]) { return value }
        let digits = part.bytes.first == 0x2D || part.bytes.first == 0x2B ? part.bytes.dropFirst() : part.bytes[...]
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        throw .noSuchUser("USER \(text.escaped): uids and gids must be in range 0-2147483647")
    }

    private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
        guard !digits.isEmpty, digits.count <= 10, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let value = digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - 0x30) }
        return value < 1 << 31 ? UInt32(value) : nil
    }
}
