package import Bytes
internal import Glibc
package import Linux
package import OCI

/// What can go wrong with the state root and what is kept in it.
package enum StoreError: DescribedError, Hashable, Sendable {
    // The root
    case cannotOpenRoot(ByteString, SystemError)
    case notWritable(ByteString, SystemError)
    case otherOwner(ByteString, owner: UInt32, user: UInt32)
    /// The root is on a network or user-space file system, where locks between processes cannot be trusted.
    case remoteFileSystem(ByteString, kind: String)
    /// The folder holds files, and none of them is ours.
    case notAStateRoot(ByteString)
    case newerFormat(ByteString, found: Int, supported: Int)

    // The disk
    /// The file system is full. `free` bytes are left; `doing` says what was written.
    case full(ByteString, doing: String, free: UInt64)
    case system(doing: String, SystemError)

    // The index
    /// Another process held the index for longer than the time limit.
    case indexBusy(doing: String)
    /// The index is damaged, or was replaced under this process. The next program that opens the root repairs it.
    case indexDamaged(doing: String, reason: String)
    /// `code` is SQLite's extended result code.
    case index(doing: String, code: Int32, reason: String)

    // What is kept
    case wrongDigest(expected: Digest, found: Digest)
    case wrongSize(Digest?, expected: Int64, found: Int64)
    case tooLarge(Digest, size: Int64, limit: Int64)
    case missingSnapshot(SnapshotID)
    case missingTreeObject(ContentHash)
    case damagedTreeObject(ContentHash, reason: String)
    /// A row that this process relied on was removed by another one.
    case missingRow(String)
    /// The first digits of an id that several images share.
    case ambiguousImage(ByteString)
}

extension StoreError {
    /// One sentence for people, without a full stop.
    package var message: String {
        switch self {
        case .cannotOpenRoot(let root, let error): "the state root \(root.escaped) cannot be opened: \(error.message)"
        case .notWritable(let root, let error): "the state root \(root.escaped) is not writable: \(error.reason)"
        case .otherOwner(let root, let owner, let user):
            "the state root \(root.escaped) belongs to user \(owner), and this is user \(user)"
        case .remoteFileSystem(let root, let kind):
            "the state root \(root.escaped) is on a \(kind) file system, where locks cannot be trusted"
        case .notAStateRoot(let root): "\(root.escaped) holds other files and is no state root"
        case .newerFormat(let root, let found, let supported):
            "the state root \(root.escaped) has format \(found); this program knows formats up to \(supported)"
        case .full(let root, let doing, let free):
            "the file system of the state root \(root.escaped) is full (\(StoreError.size(free)) free), while \(doing)"
        case .system(let doing, let error): "\(doing) failed: \(error.message)"
        case .indexBusy(let doing): "another process holds the index of the state root, while \(doing)"
        case .indexDamaged(let doing, let reason): "the index of the state root is damaged (\(reason)), while \(doing)"
        case .index(let doing, let code, let reason): "\(doing) failed: \(reason) (SQLite \(code))"
        case .wrongDigest(let expected, let found): "the content has the digest \(found) instead of \(expected)"
        case .wrongSize(let digest, let expected, let found):
            "\(digest?.description ?? "the content") has \(found) bytes instead of \(expected)"
        case .tooLarge(let digest, let size, let limit): "\(digest) has \(size) bytes; at most \(limit) are read"
        case .missingSnapshot(let id): "the snapshot \(id) is missing from the state root"
        case .missingTreeObject(let hash): "the directory object \(hash) is missing from the state root"
        case .damagedTreeObject(let hash, let reason): "the directory object \(hash) is damaged: \(reason)"
        case .missingRow(let what): "\(what) was removed from the state root by another process"
        case .ambiguousImage(let word): "several images have an id that begins with \(word.escaped)"
        }
    }

    /// What may help, where something is known to.
    package var remedy: String? {
        switch self {
        case .cannotOpenRoot(_, let error): error.remedy ?? StoreError.chooseAnother
        case .notWritable: "make it writable for this user, or \(StoreError.chooseAnother)"
        case .otherOwner: "run as that user, or \(StoreError.chooseAnother)"
        case .remoteFileSystem, .notAStateRoot: StoreError.chooseAnother
        case .newerFormat: "use the newer program, or \(StoreError.chooseAnother)"
        case .full:
            "free some space there, remove state roots that are not needed, or \(StoreError.chooseAnother)"
        case .system(_, let error): error.remedy
        case .indexBusy: "wait until the other build has ended, and build again"
        case .indexDamaged: "build again: the index is then put aside and made anew"
        case .index, .wrongDigest, .wrongSize, .tooLarge: nil
        case .ambiguousImage: "give more digits of the id, or a name"
        case .missingSnapshot, .missingTreeObject, .damagedTreeObject, .missingRow:
            "build again; if it comes back, build with --no-cache"
        }
    }

    /// Whether the disk had no room: nothing is damaged then, and the same may work once there is room.
    package var isFullDisk: Bool {
        switch self {
        case .full: true
        case .system(_, let error): error.isFullDisk
        default: false
        }
    }

    /// What a failed system call means below the folder `directory` of the state root `root`.
    init(_ error: SystemError, doing: String, root: ByteString, in directory: Directory) {
        self = error.isFullDisk ? .full(root, doing: doing, in: directory) : .system(doing: doing, error)
    }

    private static let chooseAnother = "put the state root elsewhere with SWIFT_BUILD_IMAGE_ROOT"

    private static func size(_ bytes: UInt64) -> String {
        bytes >= 10 << 20 ? "\(bytes >> 20) MiB" : bytes >= 10 << 10 ? "\(bytes >> 10) KiB" : "\(bytes) bytes"
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String { message }
}
