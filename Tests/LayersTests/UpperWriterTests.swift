import Bytes
import Glibc
import Layers
import Linux
import OCI
import Synchronization
import Testing
import Trees

@Suite(.enabled(if: isRoot, "writes owners and devices"))
struct UpperWriterTests {
    @Test("what is written is what a walk of the directory finds")
    func walkAgrees() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        let source = try scratch.file("source", Array(repeating: 7, count: 300_000))
        try writer.directory("a", Attributes(mode: 0o2750, uid: 5, gid: 70_000), modified: time)
        #expect(lseek(source.number, 0, SEEK_SET) == 0)
        let copied = try writer.file("a/big", Attributes(mode: 0o4755, uid: 1, gid: 2), modified: time, from: source)
        try writer.file(
            "a/small",
            Attributes(mode: 0o600, xattrs: [Xattr(name: "user.x", value: "1")]),
            modified: nil,
            bytes: [1]
        )
        try writer.symlink("a/link", target: "../../..", Attributes(mode: 0, uid: 3), modified: time)
        try writer.node("a/null", .characterDevice(0x103), Attributes(mode: 0o666), modified: time)
        try writer.node("a/fifo", .fifo, Attributes(mode: 0o622), modified: time)
        try writer.hardLink("z", to: "a/big")
        try writer.file("deep/er/file", plain, modified: time, bytes: [])
        let delta = try writer.finish()
        #expect(copied.size == 300_000)
        #expect(
            delta.lines == [
                "/a directory 2750 5:70000", "/a/big file 4755 1:2", "/a/fifo fifo 622 0:0", "/a/link symlink 777 3:0",
                "/a/null characterDevice 666 0:0", "/a/small file 600 0:0 user.x=1", "/deep directory 755 0:0",
                "/deep/er directory 755 0:0", "/deep/er/file file 644 0:0", "/z file 4755 1:2 = /a/big",
            ]
        )
        let below = try Below.nothing.adding(delta, in: upper)
        let objects = MemoryTrees()
        #expect(try TreeScan(root: upper).tree(into: objects) == below.tree)
        #expect(try upper.child("a").status("").modified == time)
        #expect(try upper.child("a").status("link").modified == time)
    }

    @Test("ancestors that the upper lacks are made as they are below, with their times")
    func ancestors() throws {
        let scratch = try Scratch()
        let (lower, upper) = (try scratch.folder("lower"), try scratch.folder("upper"))
        let first = try UpperWriter(upper: lower, below: .nothing)
        let attributes = Attributes(mode: 0o1777, uid: 8, gid: 9, xattrs: [Xattr(name: "user.k", value: "v")])
        try first.directory("tmp", attributes, modified: time)
        try first.directory("tmp/in", folder, modified: FileTime(seconds: 5))
        let below = try Below.nothing.adding(try first.finish(), in: lower)
        let writer = try UpperWriter(upper: upper, below: below)
        try writer.file("tmp/in/x", plain, modified: time, bytes: [1])
        let delta = try writer.finish()
        #expect(
            delta.lines == [
                "/tmp directory 1777 8:9 user.k=v", "/tmp/in directory 755 0:0", "/tmp/in/x file 644 0:0",
            ]
        )
        let status = try upper.status("tmp")
        #expect(status.mode == 0o1777 && status.uid == 8 && status.modified == time)
        #expect(try upper.child("tmp").status("in").modified == FileTime(seconds: 5))
    }

    @Test("a directory in the place of another is opaque; in the place of a file it hides nothing and has no mark")
    func opaque() throws {
        let scratch = try Scratch()
        let (lower, upper) = (try scratch.folder("lower"), try scratch.folder("upper"))
        let first = try UpperWriter(upper: lower, below: .nothing)
        try first.file("file", plain, modified: time, bytes: [])
        try first.file("dir/old", plain, modified: time, bytes: [])
        let below = try Below.nothing.adding(try first.finish(), in: lower)
        let writer = try UpperWriter(upper: upper, below: below)
        try writer.directory("file", folder)
        try writer.whiteout("dir")
        try writer.whiteout("missing")
        try writer.directory("dir", folder)
        try writer.directory("new", folder)
        let delta = try writer.finish()
        #expect(
            delta.lines == ["/dir directory 755 0:0 opaque", "/file directory 755 0:0", "/new directory 755 0:0"]
        )
        #expect(try upper.xattr("trusted.overlay.opaque", of: "dir") == "y")
        #expect(try upper.xattr("trusted.overlay.opaque", of: "file") == nil)
        #expect(try upper.xattr("trusted.overlay.opaque", of: "new") == nil)
    }

    @Test("what is written twice is what was written last")
    func twice() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        try writer.file("a/x", plain, modified: time, bytes: [1])
        try writer.file("a", plain, modified: time, bytes: [2])
        #expect(throws: LayersError.notADirectory("a")) { try writer.file("a/y", plain, modified: time, bytes: [3]) }
        try writer.directory("a", folder)
        try writer.file("b", plain, modified: time, bytes: [1])
        try writer.hardLink("c", to: "b")
        try writer.file("b", Attributes(mode: 0o600), modified: time, bytes: [2])
        #expect(try writer.finish().lines == ["/a directory 755 0:0", "/b file 600 0:0", "/c file 644 0:0"])
    }

    @Test("names that layers give a meaning to are refused")
    func reservedNames() throws {
        let scratch = try Scratch()
        let writer = try UpperWriter(upper: try scratch.folder("upper"), below: .nothing)
        #expect(throws: LayersError.whiteoutName("a/.wh.b")) {
            try writer.file("a/.wh.b", plain, modified: nil, bytes: [])
        }
        #expect(throws: LayersError.whiteoutName(".wh.d")) { try writer.directory(".wh.d", folder) }
    }

    @Test("the files of many directories are copied on several threads, and told")
    func copies() throws {
        let scratch = try Scratch()
        try scratch.shell(
            "for d in 1 2 3; do mkdir -p in/$d; i=0; while [ $i -lt 100 ]; do echo $d $i > in/$d/$i; i=$((i+1)); done; done"
        )
        let source = try scratch.directory.child("in")
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        let folders = try (1...3).map { index in
            let name = ByteString("\(index)")
            let files = try source.child(name).names().sorted().map {
                FileCopy(source: $0, attributes: plain, modified: time)
            }
            return FolderCopy(from: { try source.child(name) }, to: TreePath(["d", name]), files: files)
        }
        let told = Told()
        try writer.copy(folders, workers: 4) { told.add($0, $1, $2) }
        let delta = try writer.finish()
        #expect(told.count == 300)
        #expect(delta.entries.count == 304)
        try scratch.shell("diff -r in upper/d")
    }

    @Test("copying stops at a file when it is cancelled")
    func copyCancelled() throws {
        let scratch = try Scratch()
        let source = try scratch.folder("in")
        let names = (0..<40).map { ByteString("\($0)") }
        for name in names { _ = try source.open(name, flags: O_WRONLY | O_CREAT, mode: 0o644) }
        let writer = try UpperWriter(upper: try scratch.folder("upper"), below: .nothing)
        let files = names.map { FileCopy(source: $0, attributes: plain, modified: time) }
        let told = Told()
        #expect(throws: CancellationError.self) {
            try writer.copy(
                [FolderCopy(from: { source }, to: "d", files: files)],
                copied: { told.add($0, $1, $2) },
                isCancelled: { told.count == 7 }
            )
        }
        #expect(told.count == 7)
    }

    @Test("holes of a sparse file stay holes and count as zeros")
    func sparse() throws {
        let scratch = try Scratch()
        try scratch.shell("truncate -s 40M holes; printf x | dd of=holes bs=1 seek=20000000 conv=notrunc status=none")
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        let source = try scratch.directory.open("holes", flags: O_RDONLY)
        let copied = try writer.file("holes", plain, modified: time, from: source)
        _ = try writer.finish()
        let sum = try scratch.shell("sha256sum < upper/holes; sha256sum < holes").split(separator: "\n")
        #expect(sum[0] == sum[1] && sum[0].hasPrefix(copied.hash.hex))
        #expect(try upper.status("holes").blocks < 1000)
    }

    @Test("a path may be deeper than files may be open and longer than a call takes")
    func deep() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        let name = ByteString([UInt8](repeating: 0x6E, count: 20))
        var path = TreePath.root
        for _ in 0..<1500 { path = path.appending(name) }
        try writer.file(path.appending(ByteString("f")), plain, modified: time, bytes: [1])
        let delta = try writer.finish()
        #expect(delta.entries.count == 1501)
        let result = try UpperScan(upper: upper, below: .nothing).run()
        #expect(result.delta.lines == delta.lines)
        let (layer, bytes) = try LayerWriter(upper: upper, delta: delta).packed()
        #expect(layer.size == Int64(bytes.count))
    }

    @Test("a path is as deep as any may be, and no deeper; nothing nests calls as deep")
    func depthLimit() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let limit = TreePath(Array(repeating: "d", count: TreePath.depthLimit))
        let writer = try UpperWriter(upper: upper, below: .nothing)
        var path = TreePath.root
        for name in limit.components {
            path = TreePath(path.components + [name])
            #expect(try writer.entry(at: path) == nil)
            try writer.directory(path, folder)
        }
        let beyond = TreePath(limit.components + ["f"])
        #expect(throws: LayersError.tooDeep(beyond)) { try writer.directory(beyond, folder) }
        #expect(throws: LayersError.tooDeep(beyond)) { try writer.file(beyond, plain, modified: time, bytes: []) }
        let delta = try writer.finish()
        #expect(delta.entries.count == TreePath.depthLimit)
        #expect(delta.entries.last?.path == limit)
        try writer.whiteout("d")
        #expect(try writer.finish().isEmpty)
    }

    @Test("links that make a path deeper and deeper are given up")
    func deepLinks() throws {
        let scratch = try Scratch()
        let writer = try UpperWriter(upper: try scratch.folder("upper"), below: .nothing)
        let missing = ByteString(Array(repeating: "m", count: 1_000).joined(separator: "/"))
        for index in 0..<9 {
            let target = ByteString("l\(index + 1)/") + missing
            try writer.symlink(TreePath([ByteString("l\(index)")]), target: target, plain, modified: time)
        }
        let error = #expect(throws: LayersError.self) { try writer.resolve("l0/x", followsLast: true) }
        #expect(error?.message == "/l9/m/m/m/m/…/m/m is more than 4096 levels deep")
    }
}

/// Counts what worker threads tell.
final class Told: Sendable {
    private let seen = Mutex<Set<String>>([])

    func add(_ folder: Int, _ file: Int, _ copied: CopiedFile) { seen.withLock { _ = $0.insert("\(folder)/\(file)") } }

    var count: Int { seen.withLock { $0.count } }
}
