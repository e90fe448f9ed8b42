import Bytes
import Glibc
import Linux
import Synchronization
import Testing

/// A directory that another thread swaps with a link to the outside while paths through it are resolved.
@Suite("Resolution in a race", .timeLimit(.minutes(20)))
struct ResolutionRaceTests {
    /// Swaps two names as fast as the kernel lets it, until it is told to stop.
    final class Flipper: Sendable {
        typealias Place = (name: String, directory: Directory)

        private let isStopped = Atomic(false)
        private let swaps = Atomic(0)
        private let ended = Flag()

        init(_ one: Place, _ other: Place) throws {
            let exchange = try #require(Flipper.exchange)
            BackgroundThread.run { [self] in
                while !isStopped.load(ordering: .relaxed) {
                    if exchange(one.directory.number, one.name, other.directory.number, other.name, 2) == 0 {
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

        private typealias Rename =
            @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt

        /// renameat2(2), which Swift's Glibc does not show; its flag 2 is RENAME_EXCHANGE.
        private static var exchange: Rename? { unsafeBitCast(dlsym(nil, "renameat2"), to: Rename?.self) }
    }

    /// What came of one resolution.
    enum Outcome { case inside, refused, outside }

    /// A swap: `a/dir` of the root with what stands at another place.
    struct Race: CustomTestStringConvertible {
        enum Other: Sendable {
            /// A link of that text beside it; `OUTSIDE` stands for the folder outside, as the host names it.
            case link(ByteString)
            /// A directory outside of the root.
            case directoryOutside
        }

        let testDescription: String
        let other: Other
        let path: ByteString

        init(_ name: String, with other: Other, path: ByteString) {
            testDescription = name
            self.other = other
            self.path = path
        }
    }

    @Test(
        "what is opened is never outside",
        arguments: [
            Race("a link up", with: .link("../../outside"), path: "a/dir/file"),
            Race("a link to the host's path", with: .link("OUTSIDE"), path: "a/dir/file"),
            Race("a link and the way up from it", with: .link("../../outside"), path: "a/dir/../a/dir/../dir/file"),
            Race(
                "a directory that is moved out, and the way up from it",
                with: .directoryOutside,
                path: "a/dir/../file"
            ),
        ]
    )
    func neverOutside(_ race: Race) throws {
        let scratch = try Scratch()
        let outside = try scratch.folder("outside")
        try outside.write("file", "outside")
        let root = try scratch.folder("root")
        let folder = try scratch.folder("root/a")
        try folder.write("file", "inside")
        for path in ["root/a/dir", "root/a/dir/a/dir", "root/a/a/dir"] as [ByteString] {
            try scratch.folder(path).write("file", "inside")
        }
        let flipper: Flipper
        switch race.other {
        case .link(let target):
            try folder.makeSymlink("link", target: target == "OUTSIDE" ? scratch.path + "/outside" : target)
            flipper = try Flipper(("dir", folder), ("link", folder))
        case .directoryOutside:
            try scratch.folder("outside/dir")
            flipper = try Flipper(("dir", folder), ("dir", outside))
        }

        var counts: [Outcome: Int] = [:]
        let start = ContinuousClock.now
        // Until both outcomes were seen a hundred times, for a second and a half at most. A directory that was moved away is
        // noticed by the kernel, and the path tried again, so that nothing needs to be refused.
        let needed: [Outcome] = if case .directoryOutside = race.other { [.inside] } else { [.inside, .refused] }
        var isSeen = false
        while !isSeen, ContinuousClock.now - start < .milliseconds(1500) {
            for _ in 0..<5000 { counts[try outcome(race.path, root), default: 0] += 1 }
            isSeen = needed.allSatisfy { counts[$0, default: 0] >= 100 }
        }
        let swaps = flipper.stop()
        #expect(counts[.outside] == nil, "\(counts)")
        if !isSeen || swaps < 100 {
            print("void, the race was not seen often enough: \(race.testDescription), \(counts), \(swaps) swaps")
        }
    }

    private func outcome(_ path: ByteString, _ root: Directory) throws -> Outcome {
        do throws(SystemError) {
            let bytes = try root.openBeneath(path, flags: O_RDONLY).readAll(limit: 100)
            return ByteString(bytes) == "inside" ? .inside : .outside
        } catch {
            // EAGAIN: the kernel saw renames in all 128 tries.
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
        for _ in 0..<100 {
            try root.makeSymlink("link", target: scratch.path + "/outside")
            try scratch.folder("root/dir/deep/deeper").write("file")
            let flipper = try Flipper(("dir", root), ("link", root))
            do throws(SystemError) { try root.removeTree("dir") } catch {
                #expect([ENOTDIR, ELOOP, ENOENT, ENOTEMPTY, ESTALE, EISDIR].contains(error.code), "\(error)")
            }
            _ = flipper.stop()
            try #require(outside.names() == ["file"])
            try root.removeTree("dir")
            try root.removeTree("link")
        }
    }
}
