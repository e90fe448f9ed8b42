import Bytes
import Glibc
import Layers
import Linux
import OCI
import Testing
import Trees

@Suite(.enabled(if: isRoot, "writes owners and devices"))
struct UpperScanTests {
    /// `/d` with `/d/f` (mode 644, "x") and `/d/g` = `/d/h`, one file; `/e`.
    private func below(_ scratch: Scratch) throws -> Below {
        let lower = try scratch.folder("lower")
        let writer = try UpperWriter(upper: lower, below: .nothing)
        try writer.directory("d", folder, modified: time)
        try writer.file("d/f", plain, modified: time, bytes: Array("x".utf8))
        try writer.file("d/g", plain, modified: time, bytes: Array("g".utf8))
        try writer.hardLink("d/h", to: "d/g")
        try writer.file("e", plain, modified: time, bytes: [])
        return try Below.nothing.adding(try writer.finish(), in: lower)
    }

    @Test("a file that was only copied up is no change and is removed; one with another time is one")
    func copyUps() throws {
        let scratch = try Scratch()
        let below = try below(scratch)
        let upper = try scratch.folder("upper")
        try scratch.shell(
            "cp -a lower/d/f lower/e upper/; mkdir upper/d; cp -a lower/d/f upper/d/; chown 0:0 upper/f; touch upper/e; mv upper/f upper/d/new; touch -d @9 upper/d"
        )
        let result = try UpperScan(upper: upper, below: below).run()
        #expect(result.delta.lines == ["/d directory 755 0:0", "/d/new file 644 0:0", "/e file 644 0:0"])
        #expect(try upper.child("d").names() == ["new"])
        #expect(try upper.status("d").modified == FileTime(seconds: 9))
    }

    @Test("a copy-up of one of several hard links is a change: it is a file of its own now")
    func brokenLinks() throws {
        let scratch = try Scratch()
        let below = try below(scratch)
        let upper = try scratch.folder("upper")
        try scratch.shell("mkdir upper/d; cp -a lower/d/g upper/d/")
        let result = try UpperScan(upper: upper, below: below).run()
        #expect(result.delta.lines == ["/d directory 755 0:0", "/d/g file 644 0:0"])
    }

    @Test("a copy-up of a name whose links are in other directories is a change too")
    func brokenLinksElsewhere() throws {
        let scratch = try Scratch()
        let lower = try scratch.folder("lower")
        let writer = try UpperWriter(upper: lower, below: .nothing)
        try writer.file("a/b/f", plain, modified: time, bytes: [1])
        try writer.file("a/b/own", plain, modified: time, bytes: [2])
        try writer.hardLink("a/c/g", to: "a/b/f")
        try writer.hardLink("z", to: "a/b/f")
        let below = try Below.nothing.adding(try writer.finish(), in: lower)
        let upper = try scratch.folder("upper")
        try scratch.shell(
            "mkdir -p upper/a/b upper/a/c; cp -a lower/a/b/own lower/a/b/f upper/a/b/; cp -a lower/a/c/g upper/a/c/; cp -a lower/z upper/"
        )
        let result = try UpperScan(upper: upper, below: below).run()
        #expect(
            result.delta.lines == [
                "/a directory 755 0:0", "/a/b directory 755 0:0", "/a/b/f file 644 0:0", "/a/c directory 755 0:0",
                "/a/c/g file 644 0:0", "/z file 644 0:0",
            ]
        )
    }

    @Test("a directory that is as it was is in the delta only with what changed in it; the root only by itself")
    func directories() throws {
        let scratch = try Scratch()
        let below = try below(scratch)
        let upper = try scratch.folder("upper")
        try scratch.shell("mkdir -p upper/d")
        #expect(try UpperScan(upper: upper, below: below).run().delta.isEmpty)
        #expect(try upper.names().isEmpty)
        try scratch.shell("mkdir upper/d; chmod 700 upper/d")
        #expect(try UpperScan(upper: upper, below: below).run().delta.lines == ["/d directory 700 0:0"])
        try scratch.shell("chmod 755 upper/d; chmod 711 upper; touch upper/d/n")
        #expect(
            try UpperScan(upper: upper, below: below).run().delta.lines == [
                "/ directory 711 0:0", "/d directory 755 0:0", "/d/n file 644 0:0",
            ]
        )
    }

    @Test("whiteouts of both forms are read, and those with nothing below removed")
    func whiteouts() throws {
        let scratch = try Scratch()
        let below = try below(scratch)
        let upper = try scratch.folder("upper")
        try scratch.shell(
            "mknod upper/e c 0 0; mknod upper/nothing c 0 0; mkdir upper/d; touch upper/d/f upper/d/none; touch -d @9 upper/d"
        )
        for name: ByteString in ["f", "none"] {
            try upper.child("d").setXattr(name, Xattr(name: "trusted.overlay.whiteout", value: ""))
        }
        let result = try UpperScan(upper: upper, below: below).run()
        #expect(result.delta.lines == ["/d directory 755 0:0", "/d/f whiteout", "/e whiteout"])
        #expect(try upper.statusIfPresent("nothing") == nil)
        #expect(try upper.child("d").names() == ["f"])
        #expect(try upper.status("d").modified == FileTime(seconds: 9))
    }

    @Test("an opaque directory hides what is below; without a directory below the mark means nothing")
    func opaque() throws {
        let scratch = try Scratch()
        let below = try below(scratch)
        let upper = try scratch.folder("upper")
        try scratch.shell("mkdir upper/d upper/e upper/n; cp -a lower/d/f upper/d/; mknod upper/d/g c 0 0")
        for name: ByteString in ["d", "e", "n"] {
            try upper.setXattr(name, Xattr(name: "trusted.overlay.opaque", value: "y"))
        }
        #expect(
            try UpperScan(upper: upper, below: below).run().delta.lines == [
                "/d directory 755 0:0 opaque", "/d/f file 644 0:0", "/e directory 755 0:0", "/n directory 755 0:0",
            ]
        )
        // The other value of the mark says that the directory has whiteouts in the form of attributes.
        try upper.setXattr("d", Xattr(name: "trusted.overlay.opaque", value: "x"))
        #expect(try UpperScan(upper: upper, below: below).run().delta.lines.first == "/e directory 755 0:0")
    }

    @Test("an opaque mark that hides no directory is taken off: over other layers it would hide what is there")
    func uselessMarks() throws {
        let scratch = try Scratch()
        let below = try below(scratch)
        let upper = try scratch.folder("upper")
        try scratch.shell("mkdir -p upper/e/in upper/n upper/d; touch upper/n/own; touch -d @9 upper/n")
        for name: ByteString in ["d", "e", "n"] {
            try upper.setXattr(name, Xattr(name: "trusted.overlay.opaque", value: "y"))
        }
        try upper.child("e").setXattr("in", Xattr(name: "trusted.overlay.opaque", value: "y"))
        _ = try UpperScan(upper: upper, below: below).run()
        #expect(try upper.xattr("trusted.overlay.opaque", of: "d") == "y")
        for name: ByteString in ["e", "n"] { #expect(try upper.xattr("trusted.overlay.opaque", of: name) == nil) }
        #expect(try upper.child("e").xattr("trusted.overlay.opaque", of: "in") == nil)
        #expect(try upper.status("n").modified == FileTime(seconds: 9))
        try scratch.shell("mkdir -p other/n other/d other/e/in root; touch other/n/a other/d/b other/e/in/c")
        let seen = try scratch.shell(
            "mount -t overlay -o ro,lowerdir=upper:other overlay root; cd root; find . -type f | sort; cd ..; umount root"
        )
        #expect(seen == "./e/in/c\n./n/a\n./n/own\n")
    }

    @Test("what overlay was told not to do is refused")
    func redirect() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        try scratch.shell("mkdir upper/d")
        try upper.setXattr("d", Xattr(name: "trusted.overlay.redirect", value: "/etc"))
        #expect(throws: LayersError.overlayMark("d", attribute: "trusted.overlay.redirect")) {
            try UpperScan(upper: upper, below: .nothing).run()
        }
    }

    @Test("a real file whose name starts with `.wh.` is refused by its name")
    func reservedNames() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        try scratch.shell("mkdir upper/d; touch upper/d/.wh.x")
        #expect(throws: LayersError.whiteoutName("d/.wh.x")) { try UpperScan(upper: upper, below: .nothing).run() }
    }

    @Test("sockets are left out, and what they replaced is gone")
    func sockets() throws {
        let scratch = try Scratch()
        let below = try below(scratch)
        let upper = try scratch.folder("upper")
        try upper.makeNode("e", kind: .socket, mode: 0o600)
        try upper.makeNode("s", kind: .socket, mode: 0o600)
        let result = try UpperScan(upper: upper, below: below).run()
        #expect(result.delta.lines == ["/e whiteout"])
        #expect(result.notices == [.droppedSocket(at: "e")])
        #expect(try upper.names() == ["e"])
    }

    @Test("the flags of chattr are cleared and told once")
    func flags() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        do {
            try scratch.shell("mkdir upper/d; touch upper/d/f upper/g; chattr +i upper/d/f upper/d; chattr +a upper/g")
        } catch {
            print("no chattr on this file system: \(error)")
            return
        }
        let result = try UpperScan(upper: upper, below: .nothing).run()
        #expect(result.notices == [.clearedFlags(at: "d")])
        try scratch.shell("rm -r upper")
    }

    @Test("a deep tree with long names is walked, written and read")
    func deep() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let name = ByteString([UInt8](repeating: 0x6E, count: 100))
        let current = try chain(of: 900, name, in: upper)
        _ = try current.open("f", flags: O_WRONLY | O_CREAT, mode: 0o644)
        let result = try UpperScan(upper: upper, below: .nothing).run()
        #expect(result.delta.entries.count == 901)
        let tree = try Below.nothing.adding(result.delta, in: upper).tree
        #expect(try TreeScan(root: upper).tree(into: MemoryTrees()) == tree)
    }

    @Test("a tree that is as deep as any may be is walked, and one level more is refused by its path")
    func depthLimit() throws {
        let scratch = try Scratch()
        let upper = try scratch.folder("upper")
        let last = try chain(of: TreePath.depthLimit, "d", in: upper)
        let delta = try UpperScan(upper: upper, below: .nothing).run().delta
        #expect(delta.entries.count == TreePath.depthLimit)
        let tree = try Below.nothing.adding(delta, in: upper).tree
        #expect(try TreeScan(root: upper).tree(into: MemoryTrees()) == tree)
        _ = try last.open("f", flags: O_WRONLY | O_CREAT, mode: 0o644)
        let path = TreePath(Array(repeating: "d", count: TreePath.depthLimit) + ["f"])
        let error = #expect(throws: LayersError.self) { try UpperScan(upper: upper, below: .nothing).run() }
        #expect(error == .tooDeep(path))
        #expect(error?.message == "/d/d/d/d/d/…/d/f is more than 4096 levels deep")
        #expect(throws: LayersError.tooDeep(path)) { try TreeScan(root: upper).tree(into: MemoryTrees()) }
    }

    /// Makes directories inside each other and gives the deepest.
    private func chain(of count: Int, _ name: ByteString, in directory: Directory) throws -> Directory {
        var current = directory
        for _ in 0..<count { current = try current.makeOrOpenDirectory(name, mode: 0o755) }
        return current
    }
}
