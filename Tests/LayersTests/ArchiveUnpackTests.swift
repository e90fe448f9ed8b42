import Bytes
import Glibc
import Layers
import Linux
import OCI
import Testing
import Trees

@Suite(.enabled(if: isRoot, "writes owners and devices"))
struct ArchiveUnpackTests {
    private func unpack(
        _ name: String,
        in scratch: Scratch,
        over below: Below = .nothing,
        at destination: TreePath = "x",
        owner: (uid: UInt32, gid: UInt32)? = nil
    ) throws -> Delta? {
        let writer = try UpperWriter(upper: try scratch.folder("upper" + name), below: below)
        let archive = try scratch.directory.open(ByteString(name), flags: O_RDONLY)
        let unpack = ArchiveUnpack(writer: writer, destination: destination, owner: owner)
        guard try unpack.unpack(archive) else { return nil }
        return try writer.finish()
    }

    @Test("archives are known by content, in every packing")
    func formats() throws {
        let scratch = try Scratch()
        try scratch.shell(
            """
            mkdir in; echo f > in/f; chmod 600 in/f; ln in/f in/h; ln -s f in/l; mkdir in/d
            tar --sort=name --owner=12 --group=34 --numeric-owner -cf tar -C in .
            gzip -c tar > gz; xz -c tar > xz; bzip2 -c tar > bz2; zstd -qc tar > zst
            echo text > text; gzip -c text > textgz; head -c 1024 /dev/zero > zeros; : > empty; head -c 100 tar > short
            """
        )
        let expected = [
            "/x directory 755 0:0", "/x/d directory 755 12:34", "/x/f file 600 12:34", "/x/h file 600 12:34 = /x/f",
            "/x/l symlink 777 12:34",
        ]
        for name in ["tar", "gz", "xz", "bz2", "zst"] {
            #expect(try unpack(name, in: scratch)?.lines == expected, "\(name)")
        }
        for name in ["text", "textgz", "zeros", "empty", "short"] {
            #expect(try unpack(name, in: scratch) == nil, "\(name)")
        }
    }

    @Test("entries of directories set mode and owner, and replace links and files; the root's own changes nothing")
    func merging() throws {
        let scratch = try Scratch()
        let lower = try scratch.folder("lower")
        let first = try UpperWriter(upper: lower, below: .nothing)
        try first.directory("x", Attributes(mode: 0o711, uid: 1), modified: time)
        try first.directory("x/d", Attributes(mode: 0o777, uid: 1), modified: time)
        try first.symlink("x/link", target: "d", plain, modified: time)
        try first.file("x/f", plain, modified: time, bytes: [])
        let below = try Below.nothing.adding(try first.finish(), in: lower)
        try scratch.shell(
            """
            mkdir -p in/link in/d in/f; echo t > in/link/t; chmod 700 in/d
            tar --sort=name --owner=3 --group=3 --numeric-owner -cf a -C in .
            """
        )
        #expect(
            try unpack("a", in: scratch, over: below)?.lines == [
                "/x directory 711 1:0", "/x/d directory 700 3:3", "/x/f directory 755 3:3", "/x/link directory 755 3:3",
                "/x/link/t file 644 3:3",
            ]
        )
    }

    @Test("what was unpacked must be what was expected, to the file's last byte", arguments: ["tar", "gz"])
    func expected(name: String) throws {
        let scratch = try Scratch()
        try scratch.shell(
            "mkdir in; echo f > in/f; tar -cf tar -C in f; gzip -c tar > gz; head -c 2000000 /dev/zero >> tar"
        )
        let archive = try scratch.directory.open(ByteString(name), flags: O_RDONLY)
        let bytes = try archive.readAll(limit: 1 << 24)
        let writer = try UpperWriter(upper: try scratch.folder("upper"), below: .nothing)
        let unpack = ArchiveUnpack(writer: writer, destination: "x")
        #expect(try unpack.unpack(archive, expecting: ContentHash(of: bytes)))
        #expect(throws: LayersError.changedWhileRead("a.tar")) {
            try unpack.unpack(archive, expecting: ContentHash(of: bytes.dropLast()), named: "a.tar")
        }
    }

    @Test("unpacking stops when the task is cancelled")
    func cancelled() async throws {
        let scratch = try Scratch()
        try scratch.shell("mkdir -p in/d; tar -cf tar -C in d")
        let archive = try scratch.directory.open("tar", flags: O_RDONLY)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            let writer = try UpperWriter(upper: try scratch.folder("upper"), below: .nothing)
            return try ArchiveUnpack(writer: writer, destination: "x").unpack(archive)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        let other = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try LayerApply(upper: try scratch.folder("layer"), below: .nothing).apply(
                archive,
                expecting: .init()
            )
        }
        await #expect(throws: CancellationError.self) { try await other.value }
    }

    @Test("an owner that is asked for replaces those in the archive")
    func owner() throws {
        let scratch = try Scratch()
        try scratch.shell("mkdir in; touch in/f; tar --owner=3 --group=3 -cf a -C in f")
        #expect(try unpack("a", in: scratch, owner: (8, 9))?.lines == ["/x directory 755 0:0", "/x/f file 644 8:9"])
    }

    @Test("what would leave the destination or the format is refused", arguments: ["../f", "a/../../f", ".wh.f"])
    func hostile(name: String) throws {
        let scratch = try Scratch()
        var tar = TestTar()
        tar.add(ByteString(name))
        _ = try scratch.file("a", tar.ended)
        #expect(throws: LayersError.self) { try unpack("a", in: scratch) }
    }

    @Test(
        "sparse files of GNU tar are read in all their forms",
        arguments: ["gnu", "pax --sparse-version=0.1", "pax --sparse-version=1.0"]
    )
    func sparse(format: String) throws {
        let scratch = try Scratch()
        try scratch.shell(
            """
            truncate -s 3M s; printf x | dd of=s bs=1 seek=1000000 conv=notrunc status=none
            tar --format=\(format) -S -cf a s
            """
        )
        _ = try unpack("a", in: scratch)
        try scratch.shell("cmp s uppera/x/s")
    }
}
