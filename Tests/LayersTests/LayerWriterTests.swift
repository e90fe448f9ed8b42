import Bytes
import Layers
import Linux
import OCI
import Testing
import Trees

@Suite(.enabled(if: isRoot, "writes owners and devices"))
struct LayerWriterTests {
    private let long = ByteString([UInt8](repeating: 0x6C, count: 200))

    /// An upper with one of everything.
    private func sample(_ scratch: Scratch) throws -> (upper: Directory, delta: Delta, below: Below) {
        let lower = try scratch.folder("lower")
        let first = try UpperWriter(upper: lower, below: .nothing)
        try first.file("old/file", plain, modified: time, bytes: [])
        try first.file("gone", plain, modified: time, bytes: [])
        let below = try Below.nothing.adding(try first.finish(), in: lower)
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: below)
        try writer.file("bin/su", Attributes(mode: 0o4755, uid: 0, gid: 5), modified: time, bytes: Array("su".utf8))
        try writer.hardLink("bin/sudo", to: "bin/su")
        let xattrs = [Xattr(name: "user.note", value: "n\0\n=")]
        try writer.file(
            "x",
            Attributes(mode: 0o600, uid: 3_000_000_000, xattrs: xattrs),
            modified: FileTime(seconds: -7),
            bytes: []
        )
        try writer.symlink("link", target: "/" + long, Attributes(mode: 0o777), modified: time)
        try writer.file(TreePath([long, long, "f"]), plain, modified: time, bytes: [1])
        try writer.file("日本", plain, modified: time, bytes: [1])
        try writer.file(TreePath([ByteString([0xFF])]), plain, modified: time, bytes: [1])
        try writer.node("null", .characterDevice(0x103), Attributes(mode: 0o666), modified: time)
        try writer.node("fifo", .fifo, Attributes(mode: 0o620), modified: time)
        try writer.whiteout("gone")
        try writer.directory("old", Attributes(mode: 0o750), modified: time, isOpaque: true)
        return (upper, try writer.finish(), below)
    }

    @Test("GNU tar lists every kind of entry as it was written")
    func gnuListing() throws {
        let scratch = try Scratch()
        let (upper, delta, _) = try sample(scratch)
        let (layer, bytes) = try LayerWriter(upper: upper, delta: delta, compression: .uncompressed).packed()
        #expect(layer.diffID == layer.digest && layer.digest == Digest(of: bytes))
        #expect(layer.mediaType == .ociLayer && layer.plainSize == Int64(bytes.count))
        _ = try scratch.file("layer.tar", bytes)
        let listed = try scratch.shell("tar --numeric-owner --full-time --quoting-style=escape -tvf layer.tar")
        let lines = listed.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        let name = String(repeating: "l", count: 200)
        let now = try madeTime(delta)
        #expect(
            lines == [
                "drwxr-xr-x 0/0 0 \(now) bin/", "-rwsr-xr-x 0/5 2 2020-09-13 12:26:40 bin/su",
                "hrwsr-xr-x 0/5 0 2020-09-13 12:26:40 bin/sudo link to bin/su",
                "prw--w---- 0/0 0 2020-09-13 12:26:40 fifo",
                "---------- 0/0 0 1970-01-01 00:00:00 .wh.gone",
                "lrwxrwxrwx 0/0 0 2020-09-13 12:26:40 link -> /\(name)", "drwxr-xr-x 0/0 0 \(now) \(name)/",
                "drwxr-xr-x 0/0 0 \(now) \(name)/\(name)/", "-rw-r--r-- 0/0 1 2020-09-13 12:26:40 \(name)/\(name)/f",
                "crw-rw-rw- 0/0 1,3 2020-09-13 12:26:40 null", "drwxr-x--- 0/0 0 2020-09-13 12:26:40 old/",
                "---------- 0/0 0 1970-01-01 00:00:00 old/.wh..wh..opq",
                "-rw------- 3000000000/0 0 1969-12-31 23:59:53 x",
                "-rw-r--r-- 0/0 1 2020-09-13 12:26:40 \\346\\227\\245\\346\\234\\254",
                "-rw-r--r-- 0/0 1 2020-09-13 12:26:40 \\377",
            ]
        )
    }

    /// When the directories that nobody asked for were made.
    private func madeTime(_ delta: Delta) throws -> String {
        guard case .directory(_, let modified, _) = delta.entries[0].change else { return "" }
        return try Scratch().shell("date -u -d @\(modified.seconds) '+%Y-%m-%d %H:%M:%S'").trimmed
    }

    @Test("GNU tar unpacks the same tree")
    func extraction() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        try writer.file("bin/su", Attributes(mode: 0o4755, uid: 0, gid: 5), modified: time, bytes: Array("su".utf8))
        try writer.hardLink("bin/sudo", to: "bin/su")
        try writer.file(
            "x",
            Attributes(mode: 0o600, uid: 9, xattrs: [Xattr(name: "user.n", value: "v")]),
            modified: time,
            bytes: []
        )
        try writer.directory("d", Attributes(mode: 0o2770, gid: 7), modified: time)
        try writer.symlink(TreePath(["d", long]), target: "..", Attributes(mode: 0o777, uid: 6), modified: time)
        try writer.node("null", .characterDevice(0x103), Attributes(mode: 0o666), modified: time)
        let delta = try writer.finish()
        _ = try scratch.file("layer.tar.gz", try LayerWriter(upper: upper, delta: delta).packed().bytes)
        try scratch.shell(
            "mkdir out; tar --xattrs --xattrs-include='*' --numeric-owner -xpf layer.tar.gz -C out; chmod 755 out"
        )
        let below = try Below.nothing.adding(delta, in: upper)
        let objects = MemoryTrees(over: below.source)
        let found = try TreeScan(root: try scratch.directory.child("out")).tree(into: objects)
        #expect(found == below.tree, "\(differences(found, below.tree, in: objects))")
    }

    @Test("the bytes are the same for any number of threads, and gzip reads them", arguments: [1, 2, 5])
    func determinism(workers: Int) throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        var numbers = SeededNumbers(seed: 3)
        for index in 0..<40 {
            let isRandom = index % 3 == 0
            let size = index % 10 == 0 ? 3_000_000 : 50_000
            let content = (0..<size).map { isRandom ? UInt8.random(in: 0...255, using: &numbers) : UInt8($0 / 7 & 63) }
            try writer.file(TreePath(["d", ByteString("\(index)")]), plain, modified: time, bytes: content)
        }
        try writer.directory("d", folder, modified: time)
        let delta = try writer.finish()
        let (layer, bytes) = try LayerWriter(upper: upper, delta: delta, compression: .gzip(level: 6), workers: workers)
            .packed()
        let (alone, plainBytes) = try LayerWriter(upper: upper, delta: delta, compression: .uncompressed).packed()
        #expect(layer.diffID == alone.diffID && layer.plainSize == Int64(plainBytes.count))
        #expect(layer.digest == Digest(of: bytes) && layer.size == Int64(bytes.count))
        _ = try scratch.file("gz", bytes)
        #expect(try scratch.shell("gzip -dc gz | sha256sum").hasPrefix(layer.diffID.hex))
        let (again, _) = try LayerWriter(upper: upper, delta: delta, compression: .gzip(level: 6), workers: 3).packed()
        #expect(again == layer)
    }

    @Test("zstd gives the same bytes for any number of threads, and zstd and we read them", arguments: [1, 3, 22])
    func zstd(level: Int) throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        var numbers = SeededNumbers(seed: 3)
        // More than one job of a low level.
        let size = level > 9 ? 200_000 : 9_000_000
        let content = (0..<size).map { $0 % 3 == 0 ? UInt8.random(in: 0...255, using: &numbers) : UInt8($0 / 7 & 63) }
        try writer.file("f", plain, modified: time, bytes: content)
        let delta = try writer.finish()
        let (plainLayer, _) = try LayerWriter(upper: upper, delta: delta, compression: .uncompressed).packed()
        var layers: Set<PackedLayer> = []
        for workers in [1, 2, 5] {
            let compression = LayerCompression.zstd(level: level)
            let (layer, bytes) = try LayerWriter(
                upper: upper,
                delta: delta,
                compression: compression,
                workers: workers
            ).packed()
            #expect(layer.digest == Digest(of: bytes) && layer.size == Int64(bytes.count))
            #expect(layer.diffID == plainLayer.diffID && layer.plainSize == plainLayer.plainSize)
            #expect(layer.mediaType == .ociLayerZstd)
            layers.insert(layer)
            _ = try scratch.file("zst", bytes)
        }
        #expect(layers.count == 1)
        #expect(try scratch.shell("zstd -qdc zst | sha256sum").hasPrefix(plainLayer.diffID.hex))
        let blob = try scratch.file("again", Array(try scratch.directory.open("zst", flags: 0).readAll(limit: 1 << 24)))
        let expected = ExpectedLayer(digest: layers.first?.digest, diffID: plainLayer.diffID)
        var gzip: [UInt8] = []
        let repacked = try LayerRepacking(blob, expecting: expected, compression: .gzip).pack { gzip += $0 }
        #expect(repacked.diffID == plainLayer.diffID && repacked.plainSize == plainLayer.plainSize)
        let (packed, _) = try LayerWriter(upper: upper, delta: delta).packed()
        #expect(packed.diffID == repacked.diffID)
        _ = try scratch.file("gz", gzip)
        #expect(try scratch.shell("gzip -dc gz | sha256sum").hasPrefix(plainLayer.diffID.hex))
    }

    @Test("a tree's listing has every entry of it, links and times as they are")
    func listing() throws {
        let scratch = try Scratch()
        let (upper, delta, below) = try sample(scratch)
        let whole = try below.adding(delta, in: upper)
        try scratch.shell("mkdir merged; cp -a upper/. merged; rm -f merged/gone; chmod 755 merged")
        let merged = try scratch.directory.child("merged")
        let listing = try TreeListing(whole.tree, source: whole.source, root: merged).delta()
        let paths = listing.entries.map(\.path.bytes.text)
        #expect(paths.contains("bin/sudo") && paths.contains("old") && !paths.contains("gone"))
        #expect(paths.count == Set(paths).count)
        let editor = try TreeEditor(.empty, source: MemoryTrees(over: whole.source))
        try editor.apply(listing)
        let objects = MemoryTrees(over: whole.source)
        var tree = try editor.commit(into: objects)
        tree.rootAttributes = whole.tree.rootAttributes
        #expect(tree == whole.tree, "\(differences(tree, whole.tree, in: objects))")
        guard
            case .write(_, let modified, let linkedTo)? = listing.entries.first(where: { $0.path == "bin/sudo" })?
                .change
        else {
            Issue.record("bin/sudo is no file")
            return
        }
        #expect(modified.seconds == time.seconds && linkedTo == "bin/su")
    }

    @Test("a file that has another size than the delta says is refused")
    func changedSize() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        try writer.file("f", plain, modified: time, bytes: [1, 2])
        let delta = try writer.finish()
        try scratch.shell("printf x >> upper/f")
        #expect(throws: LayersError.sizeChanged("f", expected: 2)) {
            try LayerWriter(upper: upper, delta: delta).packed()
        }
    }

    @Test("an error of the sink ends the writing")
    func sinkFails() throws {
        struct Full: Error {}
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        try writer.file("f", plain, modified: time, bytes: [UInt8](repeating: 1, count: 9_000_000))
        let delta = try writer.finish()
        #expect(throws: Full.self) {
            try LayerWriter(upper: upper, delta: delta, workers: 3).pack { _ in throw Full() }
        }
    }

    @Test("an empty delta is an empty tar")
    func empty() throws {
        let scratch = try Scratch()
        let (layer, bytes) = try LayerWriter(upper: scratch.directory, delta: Delta(), compression: .uncompressed)
            .packed()
        #expect(bytes == [UInt8](repeating: 0, count: 1024))
        #expect(layer.diffID.hex == "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef")
    }
}

extension String {
    var trimmed: String { String(self[..<(lastIndex { !$0.isWhitespace }.map(index(after:)) ?? startIndex)]) }
}
