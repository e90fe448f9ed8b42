import Bytes
import Glibc
import Linux
import Synchronization
import Testing

/// A directory that another thread swaps with a link to the outside while paths through it are resolved.
@Suite("Resolution in a race", .timeLimit(.minutes(1)))
struct ResolutionRaceTests {
    /// Swaps two names of a directory as fast as the kernel lets it, until it is told to stop.
    final class Flipper: Sendable {
        private let isStopped = Atomic(false)
        private let swaps = Atomic(0)
        private let ended = DispatchFlag()
        private let directory: Directory

        init(_ one: String, _ other: String, in directory: Directory) {
            self.directory = directory
            BackgroundThread.run { [self] in
                while !isStopped.load(ordering: .relaxed) {
                    if syscall(Int(SYS_renameat2), directory.number, one, directory.number, other, RENAME_EXCHANGE) == 0 {
                        swaps.add(1, ordering: .relaxed)
                    }
                }
                ended.set()
            }
        }

        /// Ends the thread; how often it swapped.
        func stop() -> Int {
            isStopped.store(true, ordering: .relaxed)
            ended.wait()
            return swaps.load(ordering: .relaxed)
        }

        private let RENAME_EXCHANGE: CInt = 2
        private let SYS_renameat2 = 316
    }

    /// What came of one resolution.
    enum Outcome { case inside, refused, outside }

    struct Race: CustomTestStringConvertible {
        let testDescription: String
        /// What the link says that takes the directory's place; `OUTSIDE` stands for the folder outside, on the host.
        let target: ByteString
        let path: ByteString
        /// Whether the link leads to something inside as well, so that no resolution needs to fail.
        let staysInside: Bool
    }

    @Test(
        "what is opened is never outside",
        arguments: [
            Race(testDescription: "a link up", target: "../../outside", path: "a/dir/file", staysInside: false),
            Race(testDescription: "a link to the host's path", target: "OUTSIDE", path: "a/dir/file", staysInside: false),
            Race(testDescription: "dots through the swapped name", target: "/", path: "a/dir/../a/dir/../../a/twin/file",
                staysInside: true),
        ]
    )
    func neverOutside(_ race: Race) throws {
        let scratch = try Scratch()
        let outside = try scratch.folder("outside")
        try outside.write("file", "outside")
        let root = try scratch.folder("root")
        let folder = try scratch.folder("root/a")
        try scratch.folder("root/a/dir").write("file", "inside")
        try scratch.folder("root/a/twin").write("file", "inside")
        let forbidden = try outside.status("file").inode
        let target = race.target == "OUTSIDE" ? scratch.path + "/outside" : race.target
        try folder.makeSymlink("link", target: target)

        let flipper = Flipper("dir", "link", in: folder)
        var counts: [Outcome: Int] = [:]
        let clock = ContinuousClock.now
        // Until both outcomes were seen a hundred times, for 1.5 s at most.
        while ContinuousClock.now - clock < .milliseconds(1500) {
            for _ in 0..<200 { counts[try outcome(race.path, root, forbidden: forbidden), default: 0] += 1 }
            if counts[.inside, default: 0] >= 100, race.staysInside || counts[.refused, default: 0] >= 100 { break }
        }
        let swaps = flipper.stop()
        #expect(counts[.outside] == nil, "\(counts)")
        let isVoid = swaps < 100 || counts[.inside, default: 0] < 100
            || (!race.staysInside && counts[.refused, default: 0] < 100)
        if isVoid { print("void: the race was not seen often enough: \(counts), \(swaps) swaps") }
    }

    private func outcome(_ path: ByteString, _ root: Directory, forbidden: UInt64) throws -> Outcome {
        do throws(SystemError) {
            let file = try root.openBeneath(path, flags: O_RDONLY)
            if try file.status().inode == forbidden { return .outside }
            let bytes = try file.readAll(limit: 100)
            return ByteString(bytes) == "inside" ? .inside : .outside
        } catch {
            // EAGAIN: the kernel saw the rename, 128 times in a row.
            guard [ENOENT, ENOTDIR, ELOOP, EAGAIN, EXDEV].contains(error.code) else { throw error }
            return .refused
        }
    }

    @Test("a removal follows no link that takes a directory's place")
    func removalStaysInside() throws {
        let scratch = try Scratch()
        let outside = try scratch.folder("outside")
        try outside.write("file", "outside")
        let root = try scratch.folder("root")
        try root.makeSymlink("link", target: scratch.path + "/outside")
        for _ in 0..<100 {
            try scratch.folder("root/dir/deep/deeper").write("file")
            let flipper = Flipper("dir", "link", in: root)
            do throws(SystemError) { try root.removeTree("dir") } catch {
                #expect([ENOTDIR, ELOOP, ENOENT, ENOTEMPTY, ESTALE, EISDIR].contains(error.code), "\(error)")
            }
            _ = flipper.stop()
            try #require(outside.names() == ["file"])
            try root.removeTree("dir")
            try root.removeTree("link")
            try root.makeSymlink("link", target: scratch.path + "/outside")
        }
    }
}

/// Says once that something has happened.
private final class DispatchFlag: Sendable {
    private let isSet = Atomic(false)

    func set() { isSet.store(true, ordering: .releasing) }

    func wait() { while !isSet.load(ordering: .acquiring) { usleep(200) } }
}
