package import Bytes

/// Who a process is: numbers only, after the look-up in the image's passwd and group files.
package struct UserIdentity: Sendable, Hashable {
    package var uid: UInt32
    package var gid: UInt32
    /// Groups beside the primary one.
    ///
    /// The process gets the primary one in this list too (CVE-2023-25173).
    package var supplementaryGroups: [UInt32]
    /// The home directory, for HOME.
    package var home: ByteString

    package init(uid: UInt32, gid: UInt32, supplementaryGroups: [UInt32] = [], home: ByteString = "/") {
        self.uid = uid
        self.gid = gid
        self.supplementaryGroups = supplementaryGroups
        self.home = home
    }

    /// User and group 0 of an image without a passwd file.
    package static let root = UserIdentity(uid: 0, gid: 0, home: "/")

    /// The list for setgroups(2): the primary group first, none twice.
    var groupList: [UInt32] {
        var seen: Set<UInt32> = []
        return ([gid] + supplementaryGroups).filter { seen.insert($0).inserted }
    }
}
