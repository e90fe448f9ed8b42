/// What a scan met and what was read for it.
package struct ContextCounters: Sendable, Hashable {
    package var files = 0
    package var directories = 0
    package var links = 0
    /// Fifos and devices.
    package var others = 0
    /// Sockets, which are left out.
    package var sockets = 0
    /// Entries that the ignore rules left out, those below ignored directories not counted.
    package var ignored = 0
    /// The sizes of all files together.
    package var bytes: UInt64 = 0
    /// Files whose content's hash was known from an earlier build.
    package var indexHits = 0
    package var filesOpened = 0
    package var bytesHashed: UInt64 = 0

    mutating func add(_ other: ContextCounters) {
        files += other.files
        directories += other.directories
        links += other.links
        others += other.others
        sockets += other.sockets
        ignored += other.ignored
        bytes += other.bytes
        indexHits += other.indexHits
        filesOpened += other.filesOpened
        bytesHashed += other.bytesHashed
    }
}
