import Glibc

/// A generator of random numbers that gives the same for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0xD1B5_4A32_D192_ED03
        // Neighbouring seeds must not give the same numbers one later.
        state = next() ^ next() << 7
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Changes a directory as a step might: by plain calls, with a small set of names so that changes meet each other.
struct RandomEdits {
    private var numbers: SeededNumbers
    private let root: String
    private let names = ["a", "b", "c", "d", "name with blank", "\u{65}\u{301}", "\u{e9}"]

    /// Calls here follow links on their way: an absolute one must lead to nothing that the host has.
    private static let absoluteTarget = "/swift-build-image-test-has-nothing-here"

    init(root: String, seed: UInt64) {
        self.root = root
        numbers = SeededNumbers(seed: seed)
    }

    mutating func run(_ count: Int) {
        for _ in 0..<count { edit() }
    }

    private mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &numbers) }

    /// A path of one to three components; often it is there, often not.
    private mutating func path() -> String {
        root + (0...number(3)).map { _ in "/" + names[number(names.count)] }.joined()
    }

    private mutating func edit() {
        let target = path()
        switch number(20) {
        case 0...3: write(target, bytes: number(3) == 0 ? number(100_000) : number(40), flags: O_TRUNC)
        case 4: write(target, bytes: number(10), flags: O_APPEND)
        case 5...7: mkdir(target, mode_t(number(2) == 0 ? 0o755 : 0o1770))
        case 8: chmod(target, mode_t(number(0o10000)))
        case 9: lchown(target, uid_t(number(3)), gid_t(number(3)))
        case 10: symlink(number(2) == 0 ? "../" + names[number(names.count)] : RandomEdits.absoluteTarget, target)
        case 11...12: link(path(), target)
        case 13: rename(path(), target)
        case 14: unlink(target)
        case 15:
            removeAll(target)
            if number(2) == 0 { mkdir(target, 0o755) }
        case 16: mknod(target, [S_IFIFO, S_IFCHR, S_IFSOCK][number(3)] | 0o640, 0x103)
        case 17: touch(target, seconds: number(5))
        case 18: setAttribute(target)
        default:
            // Copied up and not changed.
            let file = open(target, O_WRONLY | O_NONBLOCK | O_NOFOLLOW)
            if file >= 0 { close(file) }
        }
    }

    private mutating func write(_ path: String, bytes: Int, flags: CInt) {
        let file = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW | flags, 0o644)
        guard file >= 0 else { return }
        let byte = UInt8(0x61 + number(3))
        _ = Glibc.write(file, [UInt8](repeating: byte, count: bytes), bytes)
        close(file)
    }

    private func touch(_ path: String, seconds: Int) {
        let times = [timespec(tv_sec: seconds, tv_nsec: 5), timespec(tv_sec: seconds, tv_nsec: 5)]
        utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW)
    }

    private mutating func setAttribute(_ path: String) {
        if let set = RandomEdits.setxattr { _ = set(path, "user.k\(number(2))", "v", 1, 0) }
    }

    private typealias SetXattr =
        @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer, Int, CInt) -> CInt
    // Glibc's module does not have the header.
    private static var setxattr: SetXattr? { dlsym(nil, "lsetxattr").map { unsafeBitCast($0, to: SetXattr.self) } }

    private func removeAll(_ path: String) {
        guard unlink(path) != 0 else { return }
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                    String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != "." && name != ".." { removeAll(path + "/" + name) }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}
