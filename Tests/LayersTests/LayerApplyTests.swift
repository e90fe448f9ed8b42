import Bytes
import Glibc
import Layers
import Linux
import OCI
import Testing
import Trees

@Suite(.enabled(if: isRoot, "writes owners and devices"))
struct LayerApplyTests {
    /// A tar of others, and what must come of it.
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        /// Lines of the delta; nil: refused.
        var lines: [String]?
        var make: @Sendable (inout TestTar) -> Void

        init(_ description: String, _ lines: [String]?, _ make: @escaping @Sendable (inout TestTar) -> Void) {
            (testDescription, self.lines, self.make) = (description, lines, make)
        }
    }

    /// What is below: `/etc/passwd`, `/tmp` 1777, `/run -> /var/run`, `/var/run/x`.
    private func below(_ scratch: Scratch) throws -> Below {
        let lower = try scratch.folder("lower")
        let writer = try UpperWriter(upper: lower, below: .nothing)
        try writer.file("etc/passwd", plain, modified: time, bytes: Array("root".utf8))
        try writer.directory("tmp", Attributes(mode: 0o1777, uid: 4), modified: time)
        try writer.symlink("run", target: "/var/run", plain, modified: time)
        try writer.file("var/run/x", plain, modified: time, bytes: [])
        return try Below.nothing.adding(try writer.finish(), in: lower)
    }

    private func apply(
        _ bytes: [UInt8],
        over below: Below,
        in scratch: Scratch,
        name: String = "upper",
        expecting: ExpectedLayer = ExpectedLayer(),
        limits: ArchiveLimits = ArchiveLimits()
    ) throws -> AppliedLayer {
        let blob = try scratch.file("blob", bytes)
        let upper = try scratch.folder(name)
        return try LayerApply(upper: upper, below: below, limits: limits).apply(blob, expecting: expecting)
    }

    static let cases: [Case] = [
        Case("`..` at the start", nil) { $0.add("../x") },
        Case("`..` in the middle", nil) { $0.add("a/../../x") },
        Case("`..` alone", nil) { $0.add("..", "5") },
        Case("a leading slash", ["/etc directory 755 0:0", "/etc/x file 644 0:0"]) { $0.add("/etc/x") },
        Case("dots and double slashes", ["/b directory 755 0:0", "/b/x file 644 0:0"]) { $0.add("./b//./x") },
        Case("the root", ["/ directory 700 0:0"]) { $0.add("./", "5", mode: 0o700) },
        Case(
            "a file through a link that leaves",
            ["/a symlink 777 0:0", "/etc directory 755 0:0", "/etc/x file 644 0:0"]
        ) {
            $0.add("a", "2", link: "../../../etc")
            $0.add("a/x")
        },
        Case(
            "a file through an absolute link below",
            ["/var directory 755 0:0", "/var/run directory 755 0:0", "/var/run/y file 644 0:0"]
        ) {
            $0.add("run/y")
        },
        Case("links in a loop", nil) {
            $0.add("a", "2", link: "b")
            $0.add("b", "2", link: "a")
            $0.add("a/x")
        },
        Case("a link that becomes a directory", ["/a directory 755 0:0", "/a/x file 644 0:0"]) {
            $0.add("a", "2", link: "/etc")
            $0.add("a", "5", mode: 0o755)
            $0.add("a/x")
        },
        Case(
            "a directory that becomes a link",
            ["/a symlink 777 0:0", "/etc directory 755 0:0", "/etc/y file 644 0:0"]
        ) {
            $0.add("a", "5", mode: 0o755)
            $0.add("a/x")
            $0.add("a", "2", link: "/etc")
            $0.add("a/y")
        },
        Case("the same name twice", ["/f file 600 0:0"]) {
            $0.add("f")
            $0.add("f", mode: 0o600)
        },
        Case("through a file", nil) {
            $0.add("f")
            $0.add("f/x")
        },
        Case(
            "a hard link to what is below",
            ["/etc directory 755 0:0", "/etc/passwd file 644 0:0", "/h file 644 0:0 = /etc/passwd"]
        ) {
            $0.add("h", "1", link: "/etc/passwd")
        },
        Case(
            "a hard link through a link below",
            ["/h file 644 0:0", "/var directory 755 0:0", "/var/run directory 755 0:0", "/var/run/x file 644 0:0 = /h"]
        ) {
            $0.add("h", "1", link: "run/x")
        },
        Case("a hard link to nothing", nil) { $0.add("h", "1", link: "etc/shadow") },
        Case("a hard link out", nil) { $0.add("h", "1", link: "../../etc/passwd") },
        Case("a hard link to itself", nil) { $0.add("h", "1", link: "h") },
        Case("a hard link to a directory", nil) { $0.add("h", "1", link: "etc") },
        Case("a parent that the tar leaves out", ["/tmp directory 1777 4:0", "/tmp/x file 644 0:0"]) {
            $0.add("tmp/x")
        },
        Case("whiteouts", ["/etc directory 755 0:0", "/etc/passwd whiteout", "/run whiteout"]) {
            $0.add("etc/.wh.passwd")
            $0.add(".wh.run")
            $0.add(".wh.nothing")
        },
        Case("a whiteout beside the same name, before", ["/etc directory 700 0:0 opaque", "/etc/x file 644 0:0"]) {
            $0.add(".wh.etc")
            $0.add("etc", "5", mode: 0o700)
            $0.add("etc/x")
        },
        Case("a whiteout beside the same name, after", ["/etc directory 700 0:0 opaque", "/etc/x file 644 0:0"]) {
            $0.add("etc", "5", mode: 0o700)
            $0.add("etc/x")
            $0.add(".wh.etc")
        },
        Case("an opaque mark before its siblings", ["/etc directory 755 0:0 opaque", "/etc/x file 644 0:0"]) {
            $0.add("etc/.wh..wh..opq")
            $0.add("etc/x")
        },
        Case("an opaque mark after its siblings", ["/etc directory 755 0:0 opaque", "/etc/x file 644 0:0"]) {
            $0.add("etc/x")
            $0.add("etc/.wh..wh..opq")
        },
        Case(
            "an opaque root",
            ["/etc directory 755 0:0 opaque", "/etc/x file 644 0:0", "/run whiteout", "/tmp whiteout", "/var whiteout"]
        ) {
            $0.add("etc", "5", mode: 0o755)
            $0.add(".wh..wh..opq")
            $0.add("etc/.wh.passwd")
            $0.add("etc/x")
        },
        Case("an opaque mark where nothing is", []) { $0.add("nowhere/.wh..wh..opq") },
        Case("a whiteout of no name", nil) { $0.add(".wh.") },
        Case("a whiteout of `.`", nil) { $0.add("etc/.wh..") },
        Case("a whiteout of `..`", nil) { $0.add("etc/.wh...") },
        Case("what aufs left", []) {
            $0.add(".wh..wh.plnk", "5")
            $0.add(".wh..wh.aufs")
        },
        Case("a directory named like a whiteout", nil) { $0.add(".wh.a/b") },
        Case("a device that overlay takes for a whiteout", nil) { $0.add("d", "3") },
        Case("a device", ["/d characterDevice 666 0:0"]) { $0.add("d", "3", mode: 0o666, device: (1, 3)) },
        Case("a device out of range", nil) { $0.add("d", "4", device: (5000, 3)) },
        Case("overlay's own attributes", ["/d directory 755 0:0 user.a=b"]) {
            $0.addRecords([
                ("SCHILY.xattr.trusted.overlay.opaque", "y"), ("SCHILY.xattr.user.overlay.opaque", "y"),
                ("SCHILY.xattr.user.a", "b"), ("SCHILY.xattr.security.selinux", "x"),
            ])
            $0.add("d", "5", mode: 0o755)
        },
        Case("the same record twice", ["/b file 644 0:0"]) {
            $0.addRecords([("path", "a"), ("path", "b")])
            $0.add("x")
        },
        Case("a negative size", nil) {
            $0.addRecords([("size", "-1")])
            $0.add("x")
        },
        Case("a size of 2^63", nil) {
            $0.addRecords([("size", "9223372036854775808")])
            $0.add("x")
        },
        Case("a size larger than the disk", nil) { $0.add("x", size: 0o77777777777) },
        Case("a name of 5,000 bytes", nil) {
            $0.addRecords([("path", ByteString([UInt8](repeating: 0x2F, count: 5000) + [0x61]))])
            $0.add("x")
        },
        Case("a name component of 300 bytes", nil) {
            $0.addLongName(ByteString([UInt8](repeating: 0x61, count: 300)))
            $0.add("x")
        },
        Case("1,500 levels", nil) {
            $0.addLongName(ByteString(Array([[UInt8]](repeating: [0x61], count: 1500).joined(separator: [0x2F]))))
            $0.add("x")
        },
        Case("a PAX header of 2 MB", nil) {
            $0.addRecords([("comment", ByteString([UInt8](repeating: 0x61, count: 2 << 20)))])
            $0.add("x")
        },
        Case("an owner beyond 32 bits", ["/x file 644 4294967294:0"]) {
            $0.addRecords([("uid", "99999999999")])
            $0.add("x")
        },
        Case("a large owner", ["/x file 644 4000000000:0"]) {
            $0.addRecords([("uid", "4000000000")])
            $0.add("x")
        },
        Case("setuid with another owner", ["/x file 4755 7:0"]) { $0.add("x", mode: 0o4755, uid: 7) },
    ]

    @Test("a tar of others is read as the specification says, or refused", arguments: cases)
    func hostile(_ testCase: Case) throws {
        let scratch = try Scratch()
        let below = try below(scratch)
        var tar = TestTar()
        testCase.make(&tar)
        guard let lines = testCase.lines else {
            #expect(throws: LayersError.self) { try apply(tar.ended, over: below, in: scratch) }
            return
        }
        let applied = try apply(tar.ended, over: below, in: scratch)
        #expect(applied.delta.lines == lines)
        // The upper holds what the delta says.
        let scanned = try UpperScan(upper: try scratch.directory.child("upper"), below: below).run()
        let objects = MemoryTrees(over: below.source)
        let (one, other) = (try TreeEditor(below.tree, source: objects), try TreeEditor(below.tree, source: objects))
        try one.apply(applied.delta)
        try other.apply(scanned.delta)
        #expect(try one.commit(into: objects) == other.commit(into: objects))
    }

    @Test("names are bytes in any locale: not UTF-8, NFC beside NFD, newlines", arguments: ["C", "C.UTF-8"])
    func names(locale: String) throws {
        let scratch = try Scratch()
        let names: [ByteString] = [
            ByteString([0xFF, 0xFE]), "new\nline", "\u{1B}[31m", "e\u{301}", ByteString([0xC3, 0xA9]), "日本",
        ]
        var tar = TestTar()
        for name in names {
            tar.addRecords([("path", name), ("linkpath", name)])
            tar.add("x", "2", link: "x")
        }
        for name in names { tar.add("raw/" + name) }
        #expect(setlocale(LC_ALL, locale) != nil)
        defer { setlocale(LC_ALL, "C") }
        let applied = try apply(tar.ended, over: .nothing, in: scratch)
        #expect(Set(try scratch.directory.child("upper").names()) == Set(names + ["raw"]))
        #expect(Set(try scratch.directory.child("upper").child("raw").names()) == Set(names))
        for entry in applied.delta.entries {
            guard case .write(let written, _, _) = entry.change, case .symlink(let target) = written.node else {
                continue
            }
            #expect(target == entry.path.last)
        }
    }

    @Test("wrong digests, sizes and diff ids are refused, right ones pass")
    func digests() throws {
        let scratch = try Scratch()
        var tar = TestTar()
        tar.add("a", content: [1, 2, 3])
        let (bytes, other) = (tar.ended, Digest(of: [1]))
        let digest = Digest(of: bytes)
        let size = Int64(bytes.count)
        func refuses(_ error: LayersError, _ expected: ExpectedLayer, _ name: String) {
            #expect(throws: error) { try apply(bytes, over: .nothing, in: scratch, name: name, expecting: expected) }
        }
        refuses(.wrongDigest(expected: other, actual: digest), ExpectedLayer(digest: other), "1")
        refuses(.wrongDiffID(expected: other, actual: digest), ExpectedLayer(diffID: other), "2")
        refuses(.wrongSize(expected: size - 1, actual: size), ExpectedLayer(size: size - 1), "3")
        refuses(.wrongSize(expected: size + 1, actual: size), ExpectedLayer(size: size + 1), "4")
        let expected = ExpectedLayer(digest: digest, size: size, diffID: digest)
        let applied = try apply(bytes, over: .nothing, in: scratch, name: "5", expecting: expected)
        #expect(applied.plainSize == size && !applied.dependsOnBelow)
    }

    @Test("a packed layer that is cut anywhere is refused", arguments: ["gzip", "zstd"])
    func truncated(program: String) throws {
        let scratch = try Scratch()
        var tar = TestTar()
        var numbers = SeededNumbers(seed: 1)
        tar.add("a", content: (0..<30_000).map { _ in UInt8.random(in: 0...255, using: &numbers) })
        _ = try scratch.file("tar", tar.ended)
        try scratch.shell("\(program) -c tar > packed")
        let packed = try scratch.directory.open("packed", flags: O_RDONLY).readAll(limit: 1 << 20)
        let digest = Digest(of: tar.ended)
        for length in stride(from: 1, to: packed.count - 1, by: 4093) {
            #expect(throws: LayersError.self, "cut at \(length)") {
                let expected = ExpectedLayer(size: Int64(length), diffID: digest)
                return try apply(
                    Array(packed[..<length]),
                    over: .nothing,
                    in: scratch,
                    name: "\(length)",
                    expecting: expected
                )
            }
        }
        #expect(
            try apply(packed, over: .nothing, in: scratch, expecting: ExpectedLayer(diffID: digest)).delta.entries.count
                == 1
        )
    }

    @Test("a bomb stops at the limit")
    func bomb() throws {
        let scratch = try Scratch()
        try scratch.shell(
            "(printf x; head -c 200M /dev/zero) | gzip -9 > bomb; head -c 300M /dev/zero > z; tar c z | gzip -1 > tarbomb"
        )
        var limits = ArchiveLimits()
        limits.plainSize = 100 << 20
        let blob = try scratch.directory.open("tarbomb", flags: O_RDONLY)
        #expect(throws: LayersError.limitExceeded(.plainSize(limits.plainSize), entry: "z")) {
            try LayerApply(upper: try scratch.folder("1"), below: .nothing, limits: limits).apply(
                blob,
                expecting: ExpectedLayer()
            )
        }
        limits.plainSize = 1 << 40
        limits.ratio = 100
        limits.ratioStart = 1 << 20
        #expect(throws: LayersError.limitExceeded(.ratio(100), entry: nil)) {
            try LayerApply(upper: try scratch.folder("2"), below: .nothing, limits: limits).apply(
                blob,
                expecting: ExpectedLayer()
            )
        }
    }

    @Test("a layer that nothing below could change says so")
    func dependence() throws {
        let scratch = try Scratch()
        var alone = TestTar()
        alone.add("a/", "5", mode: 0o755)
        alone.add("a/b")
        #expect(try !apply(alone.ended, over: .nothing, in: scratch, name: "1").dependsOnBelow)
        var implied = TestTar()
        implied.add("a/b")
        #expect(try apply(implied.ended, over: .nothing, in: scratch, name: "2").dependsOnBelow)
        var whiteout = TestTar()
        whiteout.add(".wh.a")
        #expect(try apply(whiteout.ended, over: .nothing, in: scratch, name: "3").dependsOnBelow)
    }
}
