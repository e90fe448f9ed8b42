/// How far an archive of others is followed before it is refused (hostile.md, rows 12 and 13).
package struct ArchiveLimits: Sendable, Hashable {
    /// Bytes of the plain tar.
    package var plainSize: UInt64 = 64 << 30
    /// Plain bytes for each packed one, looked at after ``ratioStart`` plain bytes.
    package var ratio: UInt64 = 1000
    package var ratioStart: UInt64 = 1 << 30
    /// Bytes of a path.
    package var pathLength = 4096
    /// Components of a path.
    package var depth = 1024
    /// Bytes of names and values of one entry's extended attributes.
    package var xattrs = 1 << 20
    /// Files from this size on are not begun when the disk would not hold them.
    package var spaceCheck: UInt64 = 16 << 20

    package init() {}

    /// What is left free on a disk of that size: the smaller of 256 MiB and a twentieth.
    func reserve(of total: UInt64) -> UInt64 { min(256 << 20, total / 20) }
}
