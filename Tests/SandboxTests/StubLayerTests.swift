import Bytes
import Glibc
import Linux
import Sandbox
import Testing

@Suite("The layer of stubs", .enabled(if: canRunSteps))
struct StubLayerTests {
    let root: BusyboxRoot
    let stubs: Directory

    init() throws {
        root = try BusyboxRoot()
        stubs = try root.makeDirectory("stubs", mode: 0o755)
    }

    /// Reads the base layer as the tree would tell of it.
    private func lookup(_ names: [ByteString]) throws -> StubLayer.Existing? {
        guard let last = names.last else { return existing(try root.base.status(), "") }
        var directory = try root.base
        for name in names.dropLast() {
            guard try directory.statusIfPresent(name)?.kind == .directory else { return nil }
            directory = try directory.child(name)
        }
        guard let status = try directory.statusIfPresent(last) else { return nil }
        return existing(status, status.kind == .symlink ? try directory.linkTarget(last) : "")
    }

    private func existing(_ status: FileStatus, _ target: ByteString) -> StubLayer.Existing {
        StubLayer.Existing(
            kind: status.kind,
            mode: status.mode,
            uid: status.uid,
            gid: status.gid,
            modified: status.modified,
            linkTarget: target
        )
    }

    private func make(_ targets: [StubLayer.Target]) throws -> StubLayer {
        try StubLayer(targets: targets, in: stubs, lookup: lookup)
    }

    @Test("is not needed where the image has all mount points")
    func notNeeded() throws {
        let layer = try make([
            StubLayer.Target("/etc/passwd", isDirectory: false), StubLayer.Target("/home", isDirectory: true),
        ])
        #expect(!layer.isNeeded)
        #expect(try stubs.names() == [])
    }

    @Test("lets a step have mounts that leave nothing in its upper")
    func nothingInUpper() throws {
        let base = try root.base
        try base.removeDirectory("sys")
        try base.child("etc").setMode(mode: 0o750)
        try base.setOwner("etc", uid: 3, gid: 4)
        let layer = try make([
            StubLayer.Target("/etc/hosts", isDirectory: false), StubLayer.Target("/new/cache/dir", isDirectory: true),
        ])
        #expect(layer.isNeeded)
        let source = try root.makeDirectory("source", mode: 0o755)
        try root.write(Array("hosts\n".utf8), to: "file", in: source)
        let file = try source.open("file", flags: O_RDONLY)
        let mounts = [
            StepMount(target: layer.resolved[0], mount: try DetachedMount.bind(file), isDirectory: false),
            StepMount(target: layer.resolved[1], mount: try DetachedMount.bind(source.descriptor), isDirectory: true),
        ]
        let (mount, upper) = try root.newRoot(above: [stubs])
        let script: ByteString = "stat -c '%a %u %g' /etc; cat /etc/hosts /new/cache/dir/file; ls /sys > /dev/null"
        let process = ProcessSpec(arguments: ["/bin/sh", "-c", script])
        let outcome = try root.run(Step(root: mount, process: process, mounts: mounts))
        #expect(outcome == Outcome(status: .exited(0), output: "750 3 4\nhosts\nhosts\n", error: ""))
        #expect(try upper.names() == [])
    }

    @Test("makes a missing mount point where a link leads, inside the root")
    func links() throws {
        let etc = try root.base.child("etc")
        try etc.makeSymlink("resolv.conf", target: "../run/systemd/resolv.conf")
        try root.base.makeSymlink("var", target: "/../../home/./user")
        let layer = try make([
            StubLayer.Target("/etc/resolv.conf", isDirectory: false), StubLayer.Target("/var/cache", isDirectory: true),
        ])
        #expect(layer.resolved.map(\.path) == ["/run/systemd/resolv.conf", "/home/user/cache"])
        #expect(try stubs.status("run").kind == .directory)
        #expect(try stubs.child("run").child("systemd").status("resolv.conf").kind == .file)
        #expect(try stubs.child("home").child("user").status("cache").kind == .directory)
    }

    @Test("makes all of them for an empty image")
    func emptyImage() throws {
        let targets = [
            StubLayer.Target("/etc/hosts", isDirectory: false),
            StubLayer.Target("/etc/resolv.conf", isDirectory: false),
        ]
        let layer = try StubLayer(targets: targets, in: stubs) { _ in nil }
        #expect(layer.isNeeded)
        #expect(try stubs.names().sorted() == ["dev", "etc", "proc", "sys"])
        #expect(try stubs.child("etc").names().sorted() == ["hosts", "resolv.conf"])
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var target: MountPath
        var isDirectory = true
        var testDescription: String { target.description }
    }

    @Test(
        "refuses targets on the root and in kernel file systems, of the wrong kind, and loops of links",
        arguments: [
            Refusal(target: "/"), Refusal(target: "/proc/sys"), Refusal(target: "/sys"), Refusal(target: "/dev"),
            Refusal(target: "/toproc/x"), Refusal(target: "/etc/passwd"), Refusal(target: "/etc/passwd/x"),
            Refusal(target: "/home", isDirectory: false), Refusal(target: "/loop/x"), Refusal(target: "/toroot"),
        ]
    )
    func refused(_ row: Refusal) throws {
        let base = try root.base
        try base.makeSymlink("toproc", target: "proc")
        try base.makeSymlink("toroot", target: "../..")
        try base.makeSymlink("loop", target: "loop")
        #expect {
            _ = try make([StubLayer.Target(row.target, isDirectory: row.isDirectory)])
        } throws: { error in
            if case SandboxError.mountTarget = error { true } else { false }
        }
        #expect(try stubs.names() == [])
    }

    @Test("refuses an image whose /proc is a link or a file")
    func linkedProc() throws {
        #expect(throws: SandboxError.self) {
            try StubLayer(targets: [], in: stubs) { names in
                names == ["proc"] ? StubLayer.Existing(kind: .symlink, linkTarget: "tmp") : nil
            }
        }
    }
}

@Suite("A mount path")
struct MountPathTests {
    @Test(
        "is cleaned by its text and never leaves the root",
        arguments: [
            ("/a/b", "/a/b"), ("a//./b/", "/a/b"), ("/a/../../x", "/x"), ("", "/"), ("../..", "/"), ("/..a/.", "/..a"),
        ]
    )
    func cleaned(text: String, expected: String) {
        #expect(MountPath(ByteString(text)).path.text == expected)
    }
}
