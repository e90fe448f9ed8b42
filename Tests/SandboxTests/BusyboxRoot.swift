import Bytes
import Glibc
import Linux
import Sandbox
import Synchronization

/// Whether steps can be run here; the reason is printed once where they cannot.
let canRunSteps: Bool = {
    guard getuid() == 0, access("/bin/busybox", X_OK) == 0 else {
        print("sandbox tests are skipped: they need root and a static /bin/busybox")
        return false
    }
    return true
}()

/// A directory on disk with a busybox root as the lower layer, removed at the end.
final class BusyboxRoot: Sendable {
    let place: Directory
    private let parent: Directory
    private let name: ByteString
    private let count = Atomic(0)

    init() throws {
        parent = try Directory.open(hostPath: "/var/tmp")
        name = ByteString("sbi-sandbox-tests-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        try parent.makeDirectory(name, mode: 0o700)
        place = try parent.child(name)
        let root = try makeDirectory("base", mode: 0o755)
        for directory in ["bin", "etc", "tmp", "home", "dev", "proc", "sys", "run"] as [ByteString] {
            try root.makeDirectory(directory, mode: directory == "tmp" ? 0o1777 : 0o755)
            if directory == "tmp" { try root.setMode(directory, mode: 0o1777) }
        }
        let busybox = try BusyboxRoot.busybox()
        try write(busybox, to: "busybox", in: try root.child("bin"), mode: 0o755)
        for applet in BusyboxRoot.applets { try root.child("bin").makeSymlink(applet, target: "busybox") }
        let etc = try root.child("etc")
        try write(
            Array("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n".utf8),
            to: "passwd",
            in: etc
        )
        try write(Array("root:x:0:\nuser:x:1000:\nextra:x:2000:user\n".utf8), to: "group", in: etc)
    }

    deinit { try? parent.removeTree(name) }

    private static let applets: [ByteString] = [
        "sh", "echo", "true", "false", "cat", "ls", "grep", "id", "hostname", "sleep", "mkdir", "rm", "touch", "ip",
        "kill",
        "setsid", "pwd", "env", "stat", "mknod", "dd", "wc", "head", "ln", "umask", "chmod", "readlink", "mount", "yes",
        "ps", "su",
    ]

    private static func busybox() throws -> [UInt8] {
        let bin = try Directory.open(hostPath: "/bin")
        return try bin.open("busybox", flags: O_RDONLY).readAll(limit: 1 << 24)
    }

    /// Where it is, for another process.
    var hostPath: String { "/var/tmp/\(name)" }

    var base: Directory { get throws { try place.child("base") } }

    func makeDirectory(_ name: ByteString, mode: UInt16) throws -> Directory {
        try place.makeDirectory(name, mode: mode)
        return try place.child(name)
    }

    func write(_ bytes: [UInt8], to name: ByteString, in directory: Directory, mode: UInt16 = 0o644) throws {
        try directory.open(name, flags: O_CREAT | O_EXCL | O_WRONLY, mode: mode).write(bytes)
    }

    /// A fresh upper over the base; the layers above the base come first.
    func newRoot(above: [Directory] = []) throws -> (mount: DetachedMount, upper: Directory) {
        let number = count.add(1, ordering: .relaxed).newValue
        let upper = try makeDirectory(ByteString("upper\(number)"), mode: 0o755)
        let work = try makeDirectory(ByteString("work\(number)"), mode: 0o700)
        return (try DetachedMount.overlay(lowers: above + [try base], upper: upper, work: work), upper)
    }
}

/// What a step wrote and how it ended.
struct Outcome: Equatable {
    var status: ExitStatus
    var output: String
    var error: String
}

extension BusyboxRoot {
    /// Runs a process over a fresh upper.
    func run(
        _ process: ProcessSpec,
        mounts: [StepMount] = [],
        network: NetworkMode = .none,
        above: [Directory] = [],
        cancellation: Cancellation = Cancellation()
    ) throws -> Outcome {
        let step = Step(root: try newRoot(above: above).mount, process: process, mounts: mounts, network: network)
        return try run(step, cancellation: cancellation)
    }

    func run(_ step: Step, cancellation: Cancellation = Cancellation()) throws -> Outcome {
        var (output, error): ([UInt8], [UInt8]) = ([], [])
        let status = try Isolation.namespaces.run(step, cancellation: cancellation) { stream, bytes in
            switch stream {
            case .standardOutput: output += bytes
            case .standardError: error += bytes
            }
        }
        return Outcome(
            status: status,
            output: String(decoding: output, as: UTF8.self),
            error: String(decoding: error, as: UTF8.self)
        )
    }

    /// Runs a shell script, root's unless told otherwise.
    func shell(
        _ script: String,
        user: UserIdentity = .root,
        mounts: [StepMount] = [],
        network: NetworkMode = .none,
        above: [Directory] = []
    ) throws -> Outcome {
        var process = ProcessSpec(arguments: ["/bin/sh", "-c", ByteString(script)])
        process.environment = ["PATH=/bin"]
        process.user = user
        return try run(process, mounts: mounts, network: network, above: above)
    }
}

/// The processes of the host that have the word among their arguments.
func processes(with word: String) throws -> [pid_t] {
    let table = try Directory.open(hostPath: "/proc")
    var result: [pid_t] = []
    for name in try table.names() {
        guard let number = pid_t(name.text) else { continue }
        guard let file = try? table.openBeneath(name + "/cmdline", flags: O_RDONLY) else { continue }
        let text = String(decoding: (try? file.readAll(limit: 1 << 16)) ?? [], as: UTF8.self)
        if text.split(separator: "\0").contains(where: { $0 == word }) { result.append(number) }
    }
    return result
}
