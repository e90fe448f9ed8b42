import Bytes
import Glibc
import Linux
import Sandbox
import Testing

@Suite("Mounts of a step", .enabled(if: canRunSteps), .timeLimit(.minutes(20)))
struct MountTests {
    let root: BusyboxRoot

    init() throws { root = try BusyboxRoot() }

    private func folder(_ name: ByteString, holding text: String) throws -> Directory {
        let directory = try root.makeDirectory(name, mode: 0o755)
        try root.write(Array(text.utf8), to: "file", in: directory)
        return directory
    }

    private func bind(_ directory: Directory, _ attributes: DetachedMount.Attributes = [.noDevices]) throws
        -> DetachedMount
    {
        try DetachedMount.bind(directory.descriptor, attributes: attributes)
    }

    @Test("show a directory, and change it unless they are read-only")
    func bindDirectory() throws {
        let source = try folder("source", holding: "hello\n")
        let writable = StepMount(target: "/home", mount: try bind(source), isDirectory: true)
        #expect(try root.shell("cat /home/file; echo x > /home/made", mounts: [writable]).output == "hello\n")
        #expect(try source.status("made").kind == .file)
        let readOnly = StepMount(target: "/home", mount: try bind(source, [.readOnly, .noDevices]), isDirectory: true)
        let outcome = try root.shell("cat /home/made; touch /home/no", mounts: [readOnly])
        #expect(outcome.output == "x\n")
        #expect(outcome.error.contains("Read-only file system"))
    }

    @Test("show a single file")
    func bindFile() throws {
        let source = try folder("source", holding: "127.0.0.1 localhost\n")
        let file = try source.open("file", flags: O_RDONLY)
        let mount = try DetachedMount.bind(file, attributes: [.readOnly, .noDevices, .noSetuid, .noExecution])
        let hosts = StepMount(target: "/etc/passwd", mount: mount, isDirectory: false)
        #expect(try root.shell("cat /etc/passwd", mounts: [hosts]).output == "127.0.0.1 localhost\n")
    }

    @Test("are attached from the root down, whatever their order")
    func order() throws {
        let outer = try folder("outer", holding: "outer\n")
        let inner = try folder("inner", holding: "inner\n")
        let mounts = [
            StepMount(target: "/home/deep/er", mount: try bind(inner), isDirectory: true),
            StepMount(target: "/home", mount: try bind(outer), isDirectory: true),
        ]
        #expect(try root.shell("cat /home/file /home/deep/er/file", mounts: mounts).output == "outer\ninner\n")
    }

    @Test("take memory of the size that was asked")
    func tmpfs() throws {
        let mount = try DetachedMount.tmpfs(size: 1 << 20, mode: 0o751, uid: 5, gid: 6)
        let mounts = [StepMount(target: "/tmp", mount: mount, isDirectory: true)]
        let outcome = try root.shell("stat -c '%a %u %g' /tmp; dd if=/dev/zero of=/tmp/f bs=1M count=2", mounts: mounts)
        #expect(outcome.output == "751 5 6\n")
        #expect(outcome.error.contains("No space left"))
    }

    @Test("may be filled first and made read-only then")
    func filled() throws {
        let mount = try DetachedMount.tmpfs(mode: 0o755, isNeverSwapped: true)
        try root.write(Array("secret".utf8), to: "s", in: try mount.openDirectory(), mode: 0o400)
        try mount.makeReadOnly()
        let mounts = [StepMount(target: "/run", mount: mount, isDirectory: true)]
        let outcome = try root.shell("cat /run/s; touch /run/x", mounts: mounts)
        #expect(outcome.output == "secret")
        #expect(outcome.error.contains("Read-only file system"))
    }

    @Test(
        "on a link that leads out of the root stay inside",
        arguments: ["/etc/target", "../../../../../../etc/target"]
    )
    func linkOut(text: String) throws {
        let base = try root.base
        try base.makeSymlink("link", target: ByteString(text))
        try base.child("etc").makeDirectory("target", mode: 0o755)
        let mounts = [
            StepMount(target: "/link", mount: try bind(try folder("source", holding: "in\n")), isDirectory: true)
        ]
        #expect(try root.shell("cat /etc/target/file", mounts: mounts).output == "in\n")
    }

    @Test("in /dev are made there, in its own file system")
    func inDev() throws {
        let mounts = [
            StepMount(target: "/dev/a/b", mount: try bind(try folder("source", holding: "in\n")), isDirectory: true)
        ]
        let (mount, upper) = try root.newRoot()
        let process = ProcessSpec(arguments: ["/bin/cat", "/dev/a/b/file"])
        #expect(try root.run(Step(root: mount, process: process, mounts: mounts)).output == "in\n")
        #expect(try upper.names() == [])
    }

    @Test("may be a larger /dev/shm")
    func sharedMemory() throws {
        let mount = try DetachedMount.tmpfs(size: 128 << 20)
        let mounts = [StepMount(target: "/dev/shm", mount: mount, isDirectory: true)]
        let outcome = try root.shell(
            "dd if=/dev/zero of=/dev/shm/f bs=1M count=80 2> /dev/null; echo $?",
            mounts: mounts
        )
        #expect(outcome.output == "0\n")
        #expect(try root.shell("dd if=/dev/zero of=/dev/shm/f bs=1M count=80 2> /dev/null; echo $?").output == "1\n")
    }

    @Test(
        "are refused on the root, /dev, kernel file systems, and where a link leads there",
        arguments: [
            "/", "/dev", "/proc", "/proc/self", "/sys/kernel", "/dev/pts", "/dev/null", "/a/..", "/link", "/up",
        ]
    )
    func refused(target: String) throws {
        let base = try root.base
        try base.makeSymlink("link", target: "/proc/self/fd")
        try base.makeSymlink("up", target: "..")
        let source = try bind(try folder("source", holding: ""))
        let mounts = [StepMount(target: MountPath(ByteString(target)), mount: source, isDirectory: true)]
        #expect {
            try root.shell("true", mounts: mounts)
        } throws: { error in
            if case SandboxError.mountTarget = error { true } else { false }
        }
    }

    @Test("that are missing in the root are an error and are not made in the upper")
    func missing() throws {
        let (mount, upper) = try root.newRoot()
        let mounts = [
            StepMount(target: "/no/such", mount: try bind(try folder("source", holding: "")), isDirectory: true)
        ]
        let step = Step(root: mount, process: ProcessSpec(arguments: ["/bin/true"]), mounts: mounts)
        #expect(throws: SandboxError.mountTarget("/no/such", reason: "No such file or directory")) {
            try root.run(step)
        }
        #expect(try upper.names() == [])
    }

    @Test("of a chain of layers show the topmost of each file, and cannot be changed")
    func chain() throws {
        let layers = [try folder("top", holding: "top\n"), try folder("below", holding: "below\n")]
        try root.write(Array("only\n".utf8), to: "only", in: layers[1])
        for count in 0...2 {
            let names = try DetachedMount.chain(lowers: Array(layers[..<count])).openDirectory().names().sorted()
            #expect(names == [[], ["file"], ["file", "only"]][count])
        }
        let mounts = [StepMount(target: "/home", mount: try DetachedMount.chain(lowers: layers), isDirectory: true)]
        let outcome = try root.shell("cat /home/file /home/only; touch /home/x", mounts: mounts)
        #expect(outcome.output == "top\nonly\n")
        #expect(outcome.error.contains("Read-only file system"))
    }

    @Test("may show a directory of a detached chain")
    func partOfChain() throws {
        let layers = [try folder("top", holding: "top\n"), try folder("below", holding: "below\n")]
        try layers[1].makeDirectory("sub", mode: 0o755)
        try root.write(Array("deep\n".utf8), to: "deep", in: try layers[1].child("sub"))
        let chain = try DetachedMount.chain(lowers: layers)
        let (source, isDirectory) = try DetachedMount.bind(path: "sub", beneath: try chain.openDirectory())
        #expect(isDirectory)
        let mounts = [StepMount(target: "/home", mount: source, isDirectory: true)]
        #expect(try root.shell("cat /home/deep", mounts: mounts).output == "deep\n")
    }

    @Test("take an overlay of 500 layers, and refuse more by number")
    func manyLayers() throws {
        var layers: [Directory] = []
        for number in 0..<499 { layers.append(try folder(ByteString("l\(number)"), holding: "\(number)\n")) }
        #expect(try root.shell("cat /file", above: layers).output == "0\n")
        layers.append(layers[0])
        #expect(throws: SandboxError.self) { try root.shell("true", above: layers) }
    }

    @Test("ignore a redirect that a layer planted")
    func plantedRedirect() throws {
        let top = try root.makeDirectory("planted", mode: 0o755)
        try top.makeDirectory("home", mode: 0o755)
        try top.setXattr("home", Xattr(name: "trusted.overlay.redirect", value: "/etc"))
        let outcome = try root.shell("ls /home", above: [top])
        #expect(!outcome.output.contains("passwd"))
    }
}
