import Glibc
import OCI
import Testing

/// RUN --network, --security and --mount=type=ssh: what needs a permission or an agent of the user.
@Suite("Flags of RUN", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct RunFlagTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    // MARK: Permissions

    @Test("the host's network needs --allow, or --network=host for the whole build")
    func hostNetwork() throws {
        let own = link("/proc/self/ns/net")
        let text = "FROM busybox\nRUN --network=host readlink /proc/self/ns/net"
        let refused = try work.tryBuild(text)
        #expect(refused.status == 3)
        #expect(refused.error.contains("network.host is not allowed"), "\(refused.error)")
        #expect(refused.error.contains("2 | >>> RUN --network=host"), "\(refused.error)")
        #expect(refused.error.contains("--allow network.host"), "\(refused.error)")
        #expect(try work.build(text, ["--allow", "network.host"]).printed == own)
        #expect(try work.build(text, ["--network", "host"]).executed.isEmpty)
    }

    @Test("a step of full rights needs --allow whatever the cache has, and never answers for one in the sandbox")
    func insecure() throws {
        let command = "grep -e CapEff -e CapBnd /proc/self/status"
        let insecure = "FROM busybox\nUSER 1000\nRUN --security=insecure \(command)"
        let allow = ["--allow=security.insecure"]
        let refused = try work.tryBuild(insecure)
        #expect(refused.status == 3 && refused.error.contains("security.insecure is not allowed"), "\(refused.error)")
        let rights = try work.build(insecure, allow).steps.flatMap(\.output).map { $0.dropFirst("CapEff:\t".count) }
        #expect(rights.count == 2 && rights[0] == rights[1], "\(rights)")
        #expect(try work.build(insecure, allow).executed.isEmpty)
        #expect(try work.tryBuild(insecure).status == 3)
        // The same step without its rights is another step.
        let sandboxed = try work.build("FROM busybox\nUSER 1000\nRUN \(command)", allow)
        #expect(sandboxed.printed == "CapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb")
    }

    @Test(
        "what a step of full rights mounts and changes of the kernel ends with it; devices that it makes are in the image"
    )
    func insecureChanges() throws {
        let source = "lost-\(UInt32.random(in: 0 ... .max))"
        let image = try work.image(
            """
            FROM busybox
            RUN --security=insecure mkdir /m && mount -t tmpfs \(source) /m && grep -q \(source) /proc/mounts && echo lost > /m/f && \
                echo inside > /proc/sys/kernel/hostname && mknod /node c 1 5 && head -c 1 /node | wc -c
            RUN ls /m; hostname
            """,
            ["--allow=security.insecure"]
        )
        #expect(image.outcome.printed == "1\nbuildkitsandbox")
        #expect(try !readText("/proc/self/mountinfo").contains(source))
        let root = try image.unpacked()
        #expect(names(in: root + "/m").isEmpty)
        var status = stat()
        #expect(stat(root + "/node", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    // MARK: Devices

    @Test("a device's nodes, files and variables are there for the step that asks, if it is allowed, and for no other")
    func device() throws {
        try writeFile(work.path + "/library", Array("library".utf8))
        try writeFile(
            work.path + "/cdi/v.json",
            Array(
                """
                {"cdiVersion": "0.6.0", "kind": "v.test/thing", "devices": [{"name": "0", "containerEdits": {
                "env": ["THING=0"], "deviceNodes": [{"path": "/dev/things/zero", "hostPath": "/dev/zero"}], "mounts":
                [{"hostPath": "\(work.path)/library", "containerPath": "/lib/thing", "options": ["ro"]}]}}]}
                """.utf8
            )
        )
        let environment = ["SWIFT_BUILD_IMAGE_CDI_FOLDERS": work.path + "/cdi"]
        let text = """
            FROM busybox
            RUN --device=v.test/thing=0,required echo $THING; head -c 3 /dev/things/zero | wc -c; cat /lib/thing
            RUN test -z "$THING" && test ! -e /dev/things && test ! -e /lib/thing && echo gone
            """
        let refused = try work.tryBuild(text, environment: environment)
        #expect(
            refused.status == 3 && refused.error.contains("v.test/thing=0 is requested by the build but not allowed")
        )
        let image = try work.image(text, ["--allow", "device=v.test/thing=0"], environment: environment)
        #expect(image.outcome.printed == "0\n3\nlibrary\ngone")
        let root = try image.unpacked()
        #expect(access(root + "/lib/thing", F_OK) != 0 && access(root + "/dev/things", F_OK) != 0)
        #expect(try work.build(text, ["--allow", "device"], environment: environment).executed.isEmpty)
        let without = try work.build(
            "FROM busybox\nRUN --device=v.test/thing=0 echo none$THING",
            environment: ["SWIFT_BUILD_IMAGE_CDI_FOLDERS": work.path]
        )
        #expect(without.error.contains("device v.test/thing=0 is not registered on this machine"), "\(without.error)")
        #expect(without.printed == "none")
    }

    // MARK: Agents

    /// An agent of the test's own, with one key.
    private final class UserAgent {
        let socket: String
        let key: String
        private let program: Program

        init(in work: Workspace) throws {
            socket = work.path + "/agent"
            key = work.path + "/key"
            try run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "key-of-the-test", "-f", key)
            program = try Program(["ssh-agent", "-d", "-a", socket])
            try program.wait(for: "SSH_AUTH_SOCK")
            try run("ssh-add", "-q", key, environment: ["SSH_AUTH_SOCK": socket])
        }

        var list: String {
            get throws { try run("ssh-add", "-l", environment: ["SSH_AUTH_SOCK": socket]).output }
        }

        deinit {
            kill(program.id, SIGTERM)
            _ = try? program.finish()
        }
    }

    private static let hasOpenSSH = Tool.has("ssh-agent", "ssh-add", "ssh-keygen", "ldd", for: "agents of OpenSSH")

    /// The first lines of a Dockerfile whose steps have `ssh-add`.
    private func base() throws -> String {
        let files = try run("ldd", "/usr/bin/ssh-add").output.split { $0 == " " || $0 == "\n" || $0 == "\t" }
        let folder = work.context + "/tools"
        guard mkdir(folder, 0o755) == 0 else { throw DriverError(call: "mkdir", folder) }
        for file in ["/usr/bin/ssh-add"] + files.filter({ $0.hasPrefix("/") }).map(String.init) {
            try run("cp", "--parents", "-L", file, folder)
        }
        try work.write("tools/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home:/bin/sh\n")
        return "FROM busybox\nCOPY tools /\n"
    }

    @Test("a step lists and signs with the user's agent, and cannot change it", .enabled(if: hasOpenSSH))
    func agent() throws {
        let agent = try UserAgent(in: work)
        let text =
            try base() + """
                COPY key.pub /key.pub
                RUN --mount=type=ssh stat -c '%n %a %u %g' $SSH_AUTH_SOCK; ssh-add -l; ssh-add -T /key.pub && echo signed
                RUN --mount=type=ssh ssh-add -D; ssh-add -x < /dev/null; ssh-add -l | wc -l
                USER 1000
                RUN --mount=type=ssh ssh-add -l 2>&1 | grep -o denied
                RUN --network=none --mount=type=ssh,uid=1000,mode=0640 --mount=type=ssh,uid=1000,target=/own,id=two \\
                    ssh-add -l | cut -d' ' -f3; SSH_AUTH_SOCK=/own ssh-add -l | wc -l
                RUN --mount=type=ssh,id=absent test ! -e $SSH_AUTH_SOCK && echo $SSH_AUTH_SOCK
                RUN test -z "$SSH_AUTH_SOCK" && test ! -e /run && echo gone
                """
        try run("cp", agent.key + ".pub", work.context + "/key.pub")
        let flags = ["--ssh", "default", "--ssh", "two=" + agent.socket]
        let environment = ["SSH_AUTH_SOCK": agent.socket]
        let image = try work.image(text, flags, environment: environment)
        let steps = image.outcome.steps.filter { $0.name.hasPrefix("RUN") }.map(\.output)
        #expect(steps.count == 6)
        #expect(steps[0].first == "/run/buildkit/ssh_agent.0 600 0 0")
        #expect(steps[0].last == "signed")
        #expect(steps[0][1].contains("key-of-the-test"))
        #expect(steps[1].last == "1")
        #expect(steps[2] == ["denied"])
        #expect(steps[3] == ["key-of-the-test", "1"])
        #expect(steps[4] == ["/run/buildkit/ssh_agent.0"])
        #expect(steps[5] == ["gone"])
        #expect(try agent.list.contains("key-of-the-test"))
        let root = try image.unpacked()
        #expect(access(root + "/run/buildkit", F_OK) != 0 && access(root + "/own", F_OK) != 0)
        // Which agent it was is in no key, nor whether there was one.
        #expect(try work.build().executed.isEmpty)
    }

    @Test(
        "key files are held by an agent of the build, which ends with it, and are in no step, layer or store",
        .enabled(if: hasOpenSSH)
    )
    func keyFiles() throws {
        for name in ["one", "two"] {
            try run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", work.path + "/" + name)
        }
        // Readable for all, as many checkouts leave it: BuildKit takes it, too.
        chmod(work.path + "/two", 0o644)
        let (path, socket) = try ownAgent()
        let text =
            try base() + """
                RUN --mount=type=ssh,required ssh-add -l | cut -d' ' -f3
                RUN --mount=type=ssh ssh-add -L | wc -l; ls -A /tmp /run/buildkit
                """
        let flags = ["--ssh", "default=\(work.path)/one,\(work.path)/two"]
        let outcome = try work.build(text, flags, environment: ["PATH": path])
        #expect(
            outcome.steps.filter { $0.name.hasPrefix("RUN") }.map(\.output) == [
                ["one", "two"], ["2", "/run/buildkit:", "ssh_agent.0", "", "/tmp:"],
            ]
        )
        try waitUntilGone(socket)
        let secret = try readText(work.path + "/one").split(separator: "\n")[2]
        let found = try run("grep", "-rl", "--binary-files=text", String(secret), work.state, mayFail: true).output
        #expect(found.isEmpty, "\(found)")
        // A build that runs nothing starts no agent.
        #expect(try work.build(nil, flags, environment: ["PATH": "/nowhere"]).executed.isEmpty)
    }

    @Test("an agent for key files does not outlive a build that is killed", .enabled(if: hasOpenSSH))
    func killed() throws {
        try run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", work.path + "/key")
        let (path, socket) = try ownAgent()
        let program = try work.start(
            "FROM busybox\nRUN --mount=type=ssh echo re''ady; sleep 1000",
            ["--ssh", "default=\(work.path)/key"],
            environment: ["PATH": path]
        )
        try program.wait(for: " ready")
        #expect(access(socket, F_OK) == 0)
        kill(program.id, SIGKILL)
        _ = try? program.finish()
        try waitUntilGone(socket)
    }

    /// A search path on which OpenSSH's agent listens at a place that is known.
    private func ownAgent() throws -> (path: String, socket: String) {
        let (folder, socket) = (work.path + "/bin", work.path + "/key-agent")
        try writeFile(
            folder + "/ssh-agent",
            Array("#!/bin/sh\nexec /usr/bin/ssh-agent -a \(socket) \"$@\"\n".utf8),
            mode: 0o755
        )
        return (folder + ":/usr/bin:/bin", socket)
    }

    /// An agent removes its socket as the last thing it does.
    private func waitUntilGone(_ socket: String) throws {
        for _ in 0..<500 where access(socket, F_OK) == 0 { usleep(10_000) }
        #expect(access(socket, F_OK) != 0)
    }

    @Test("an agent that is required and not given, or not there, or no key, is told")
    func missingAgents() throws {
        let text = "FROM busybox\nRUN --mount=type=ssh,required,id=deploy true"
        let required = try work.tryBuild(text)
        #expect(required.status == 1 && required.error.contains("SSH agent deploy: not found"), "\(required.error)")
        #expect(required.error.contains("--ssh deploy"), "\(required.error)")
        let unset = try work.tryBuild(text, ["--ssh", "deploy"])
        #expect(unset.status == 2 && unset.error.contains("SSH_AUTH_SOCK is not set"), "\(unset.error)")
        let absent = try work.tryBuild(text, ["--ssh", "deploy=\(work.path)/none"])
        #expect(absent.status == 4 && absent.error.contains("none: No such file"), "\(absent.error)")
    }

    @Test("what no agent takes as a key is told with its file's name", .enabled(if: hasOpenSSH))
    func noKey() throws {
        let text = "FROM busybox\nRUN --mount=type=ssh true"
        try writeFile(work.path + "/text", Array("text\n".utf8))
        let (path, socket) = try ownAgent()
        let noKey = try work.tryBuild(text, ["--ssh", "default=\(work.path)/text"], environment: ["PATH": path])
        #expect(noKey.status == 1 && noKey.error.contains("/text cannot be used"), "\(noKey.error)")
        try waitUntilGone(socket)
        try run("ssh-keygen", "-q", "-t", "ed25519", "-N", "passphrase", "-f", work.path + "/locked")
        let locked = try work.tryBuild(text, ["--ssh", "default=\(work.path)/locked"], within: 20)
        #expect(locked.status == 1 && locked.error.contains("it has a passphrase"), "\(locked.error)")
    }
}
