import Bytes
import Glibc
import LoopbackRegistry
import OCI
import Testing

/// The real program and the host's git against a git daemon, and a web server that serves a repository's files.
@Suite("ADD of git repositories", .enabled(if: GitServer.isThere), .timeLimit(.minutes(5)))
struct GitAddTests {
    let work: Workspace
    let server: GitServer

    init() throws {
        work = try Workspace()
        server = try GitServer(folder: work.path + "/served")
    }

    /// A repository `app` with a file, a folder and a link.
    private func app() throws -> GitRepository {
        let app = try server.repository("app")
        try app.commit("file", "one")
        try writeFile(app.path + "/tool", Array("tool".utf8), mode: 0o775)
        try run("ln", "-s", "file", app.path + "/link")
        try app.commit("folder/inner", "inner")
        return app
    }

    /// The steps that asked a server or ran.
    private func done(_ outcome: BuildOutcome) -> [String] {
        outcome.steps.filter { $0.ending == "DONE" }.map { String($0.name.prefix { $0 != " " }) }
    }

    @Test("a branch, a tag, a commit or a directory of it comes with the modes that git knows, owned by root")
    func references() throws {
        let app = try app()
        try app("tag", "-a", "v1", "-m", "one")
        let first = try app("rev-parse", "HEAD")
        try app("branch", "other")
        try app.commit("file", "two")
        let url = server.url("app")
        let outcome = try work.build(
            """
            FROM busybox
            ADD \(url) /head
            ADD \(url)#v1 /tag/
            ADD --chown=7 --exclude=tool \(url)#other:folder/../ /branch
            ADD --link \(url)?commit=\(first)&ref=\(first)&subdir=folder /commit
            RUN cd / && for d in head tag branch commit; do find $d | sort; done; cat head/file tag/file branch/link commit/inner; \
              stat -c '%a %u:%g %n' head/file head/tool head/folder branch/file
            """
        )
        #expect(
            outcome.printed == """
                head
                head/file
                head/folder
                head/folder/inner
                head/link
                head/tool
                tag
                tag/file
                tag/folder
                tag/folder/inner
                tag/link
                tag/tool
                branch
                branch/file
                branch/folder
                branch/folder/inner
                branch/link
                commit
                commit/inner
                twooneoneinner644 0:0 head/file
                755 0:0 head/tool
                755 0:0 head/folder
                644 7:7 branch/file
                """
        )
    }

    @Test("a commit is checked out once; what changed elsewhere in it runs nothing; what moved is seen at once")
    func cache() throws {
        let app = try app()
        let text = "FROM busybox\nADD \(server.url("app"))#main:folder /f\nRUN cat /f/*"
        #expect(try work.build(text).printed == "inner")
        #expect(try done(work.build()) == ["clone"])
        try app.commit("file", "two")
        let second = try work.build()
        #expect(second.executed == [])
        try app.commit("folder/inner", "changed")
        #expect(try work.build().printed == "changed")
        try app("reset", "-q", "--hard", "HEAD~1")
        #expect(try work.build().executed == [])
    }

    @Test("of one reference any number of directories are of one commit")
    func directories() throws {
        let app = try app()
        let lines = try (0..<12).map { number in
            try app.commit("d\(number)/file", "\(number)")
            return "ADD \(server.url("app"))#main:d\(number) /d"
        }
        let outcome = try work.build("FROM busybox\n" + lines.joined(separator: "\n") + "\nRUN cat /d/file")
        #expect(outcome.printed == "11")
        #expect(done(outcome).count { $0 == "clone" } == 1)
        // Sources that differ, of one commit at the same time.
        let checksum = try app("rev-parse", "HEAD")
        let others = (1..<10).map { "ADD \(server.url("app"))?checksum=\(checksum.prefix($0 + 3)) /d" }
        try work.build("FROM scratch\n" + others.joined(separator: "\n"))
    }

    @Test("a full commit that is here needs no server; anything else without its server is an error")
    func offline() throws {
        let commit = try app().commit("file", "two")
        let pinned = "FROM busybox\nADD \(server.url("app"))#\(commit) /f\nRUN cat /f/file"
        #expect(try work.build(pinned).printed == "two")
        try server.stop()
        #expect(try done(work.build(pinned)) == [])
        let failed = try work.tryBuild("FROM busybox\n\nADD \(server.url("app"))#main /f")
        #expect(failed.status == 4)
        #expect(failed.error.contains("\(server.url("app")): asking what it has failed: "), "\(failed.error)")
        #expect(failed.error.contains("Dockerfile:3"), "\(failed.error)")
    }

    @Test(
        "--keep-git-dir keeps a repository that git takes for one, with its origin and without what was there to get it"
    )
    func keepsGitDirectory() throws {
        let app = try app()
        try app("tag", "-a", "v1", "-m", "one")
        let url = server.url("app")
        try work.build(
            """
            FROM scratch
            ADD --keep-git-dir=true \(url)#v1 /tag
            ADD \(url)?keep-git-dir=1 /head
            ADD --keep-git-dir \(url)#main:folder /folder
            ADD --keep-git-dir=false \(url) /none
            """,
            ["--output=type=local,dest=" + work.path + "/out"]
        )
        for (name, state) in [("tag", "tag: v1"), ("head", "main")] {
            let kept = GitRepository(path: work.path + "/out/" + name)
            #expect(try kept("status", "--porcelain") == "")
            #expect(try kept("log", "--format=%D").contains(state))
            #expect(try kept("config", "remote.origin.url") == url)
            #expect(try kept("rev-parse", "HEAD") == app("rev-parse", "HEAD"))
            #expect(names(in: kept.path + "/.git") == ["HEAD", "config", "index", "objects", "refs", "shallow"])
        }
        #expect(names(in: work.path + "/out/folder") == ["inner"])
        #expect(!names(in: work.path + "/out/none").contains(".git"))
    }

    @Test("submodules come too, unless they are refused, and leave nothing of where they were got")
    func submodules() throws {
        try server.repository("part").commit("code", "part's")
        let app = try app()
        try app("submodule", "--quiet", "add", "--name", "part", "../part", "part")
        try app.commit("file", "with part")
        let url = server.url("app")
        let outcome = try work.build(
            "FROM busybox\nADD \(url) /a\nADD \(url)?submodules=false /b\n"
                + "RUN cat /a/part/code && ls -A /a/part /b/part",
            []
        )
        #expect(outcome.printed == "part's/a/part:\ncode\n\n/b/part:")
    }

    @Test("a checksum that the commit does not begin with is refused, also that of a tag's own object")
    func checksum() throws {
        let app = try app()
        try app("tag", "-a", "v1", "-m", "one")
        let (tag, commit) = (try app("rev-parse", "v1"), try app("rev-parse", "HEAD"))
        let url = server.url("app")
        try work.build("FROM scratch\nADD --checksum=\(commit) \(url) /a\nADD --checksum=\(tag.prefix(9)) \(url)#v1 /b")
        try work.build("FROM scratch\nADD \(url)?ref=v1&checksum=\(commit) /c")
        let failed = try work.tryBuild("FROM scratch\nADD --checksum=0123abc \(url)#v1 /b")
        #expect(failed.status == 4)
        #expect(
            failed.error.contains("\(url): the commit is \(tag) or \(commit) instead of 0123abc"),
            "\(failed.error)"
        )
    }

    struct Mistake: CustomTestStringConvertible, Sendable {
        let rest: String
        let message: String
        var testDescription: String { rest }
    }

    @Test(
        "what is not there is told by name",
        arguments: [
            Mistake(rest: "app#none", message: "the repository has no branch, tag or commit none"),
            Mistake(rest: "app#main:none", message: "/none is no directory of the commit"),
            Mistake(rest: "app#main:file", message: "/file is no directory of the commit"),
            Mistake(rest: "app#main:out/etc", message: "/out/etc is no directory of the commit"),
            Mistake(
                rest: "app#" + String(repeating: "0", count: 40),
                message: "the repository has no branch, tag or commit 000"
            ),
            Mistake(rest: "none", message: "asking what it has failed"),
        ]
    )
    func mistakes(_ mistake: Mistake) throws {
        let app = try app()
        try run("ln", "-s", "/", app.path + "/out")
        try app.commit("file", "two")
        let failed = try work.tryBuild("FROM scratch\nADD \(server.url(mistake.rest)) /a")
        #expect(failed.status == 4)
        #expect(failed.error.contains(mistake.message), "\(failed.error)")
    }

    @Test("nothing of a repository makes git read this host's files, run something, or leave the folder")
    func hostile() throws {
        let secret = try server.repository("../secret")
        try secret.commit("key", "private")
        let app = try app()
        let modules =
            "[submodule \"x\"]\n\tpath = x\n\turl = file://\(secret.path)\n\tupdate = !touch /tmp/\(getpid())-ran\n"
        try writeFile(app.path + "/.gitmodules", Array(modules.utf8))
        try app("update-index", "--add", "--cacheinfo", "160000,\(secret("rev-parse", "HEAD")),x")
        try app("add", ".gitmodules")
        try app("commit", "-q", "-m", "hostile")
        let failed = try work.tryBuild("FROM scratch\nADD \(server.url("app")) /a")
        #expect(failed.status == 4)
        // Git's own check of what it is sent may refuse it before.
        let reasons = ["getting its submodules failed", "fetching it failed"]
        #expect(reasons.contains(where: failed.error.contains), "\(failed.error)")
        #expect(access("/tmp/\(getpid())-ran", F_OK) != 0)
        // A folder is a path of the context, whatever it is called.
        for word in ["file://\(secret.path)", "ext::sh -c touch% /tmp/x", secret.path] {
            let refused = try work.tryBuild("FROM scratch\nADD [\"\(word)\", \"/a\"]")
            #expect(refused.status == 4 && refused.error.contains("not found"), "\(refused.error)")
        }
    }

    @Test("the configuration of the user, and of where the program stands, counts for nothing")
    func configuration() throws {
        _ = try app()
        let trap = "[url \"git://127.0.0.1:1/\"]\n\tinsteadOf = git://\(server.host)/\n"
        try writeFile(work.path + "/home/.gitconfig", Array(trap.utf8))
        try run("git", "init", "-q", work.context)
        try writeFile(work.context + "/.git/config", Array(trap.utf8))
        let text = "FROM busybox\nADD \(server.url("app")) /f\nRUN cat /f/file"
        try work.write("Dockerfile", text)
        let command = "cd '\(work.context)' && exec \"$@\""
        let words = ["sh", "-c", command, "sh"] + work.arguments()
        let environment = work.environment.merging(["HOME": work.path + "/home"]) { $1 }
        #expect(try BuildOutcome(Program(words, environment: environment).finish()).mustSucceed().printed == "one")
    }

    @Test("a host without git is told so")
    func withoutGit() throws {
        let failed = try work.tryBuild(
            "FROM scratch\nADD \(server.url("app")) /a",
            environment: ["PATH": "/nonexistent"]
        )
        #expect(failed.status == 5)
        #expect(failed.error.contains("there is no program git on this host's PATH"), "\(failed.error)")
    }

    /// Makes the file of a socket that nobody listens on.
    private func makeSocket(_ path: String) throws {
        let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw DriverError(call: "bind", path) }
    }

    @Test("by ssh nothing of the user's goes along, neither configuration nor keys, but the agent that --ssh names")
    func secureShell() throws {
        let app = try app()
        let log = work.path + "/asked"
        let script =
            "#!/bin/sh\necho \"agent=$SSH_AUTH_SOCK $*\" >> '\(log)'\nfor last; do :; done\nexec sh -c \"$last\"\n"
        try writeFile(work.path + "/bin/ssh", Array(script.utf8), mode: 0o755)
        let environment = ["PATH": work.path + "/bin:/usr/bin:/bin", "SSH_AUTH_SOCK": "/run/agent"]
        let text =
            "FROM busybox\nADD git@h.example:\(app.path)#main:folder /a\nADD ssh://me@h.example:22\(app.path) /b\n"
        #expect(try work.build(text + "RUN cat /a/inner /b/file", environment: environment).printed == "innerone")
        let lines = try readText(log).split(separator: "\n")
        #expect(lines.count >= 4)
        let flags = "agent= -F /dev/null -o BatchMode=yes -o IdentityFile=none -o StrictHostKeyChecking=accept-new "
        #expect(lines.allSatisfy { $0.hasPrefix(flags) }, "\(lines)")
        #expect(lines.contains { $0.contains(" git@h.example git-upload-pack '") })
        // Unless --ssh says so.
        try app.commit("file", "two")
        try run("rm", log)
        let agent = work.path + "/agent"
        try makeSocket(agent)
        try work.build(text, ["--ssh", "default=" + agent], environment: environment)
        let asked = try readText(log).split(separator: "\n")
        #expect(!asked.isEmpty && asked.allSatisfy { $0.hasPrefix("agent=\(agent) ") }, "\(asked)")
        #expect(lines.contains { $0.contains(" -p 22 me@h.example git-upload-pack '") })
    }

    @Test("^C while a server does not answer ends git, too, and leaves nothing")
    func interrupted() async throws {
        let web = try await LoopbackRegistry()
        web.add(Fault(.noAnswer))
        let program = try work.start("FROM scratch\nADD http://\(web.host)/app.git /f", within: 20)
        #expect(Clock.until { !web.requests.isEmpty })
        program.signal(SIGINT)
        #expect(try program.finish().status == 130)
        // The URL is in the environment of git and of what git runs, and nowhere else.
        let command = "grep -ls 'http://\(web.host)/' /proc/[0-9]*/environ"
        #expect(try Clock.until { try run("sh", "-c", command, mayFail: true).output.isEmpty })
        await web.stop()
    }

    @Test("over HTTP, from a server that only has files; a token goes along and is shown nowhere")
    func http() async throws {
        let commit = try app().commit("file", "by http")
        let bare = work.path + "/served/app.git"
        try run("git", "clone", "-q", "--bare", work.path + "/served/app", bare)
        try run("git", "-C", bare, "update-server-info")
        let web = try await LoopbackRegistry()
        let files = try run("find", bare, "-type", "f").output.split(separator: "\n").map(String.init)
        for file in files {
            var served = LoopbackFile("")
            served.content = try readFile(file)
            web.put(served, at: "/app.git" + file.dropFirst(bare.count))
        }
        let text = "FROM busybox\nADD http://me:hidden@\(web.host)/app.git#main /f\nRUN cat /f/file"
        let token = try work.write("../token", "abc\n")
        let outcome = try work.build(text, ["--secret=id=GIT_AUTH_TOKEN.\(web.host),src=\(token)"])
        #expect(outcome.printed == "by http")
        #expect(!outcome.error.replacing("me:hidden@\(web.host)/app.git#main /f\n", with: "").contains("hidden"))
        let shown = Set(web.requests.map { $0.headers["authorization"] ?? "nothing" })
        #expect(shown == ["Basic eC1hY2Nlc3MtdG9rZW46YWJj"])
        // The user of a URL goes along as well, and is kept nowhere.
        let kept = try work.build(
            "FROM busybox\nADD --keep-git-dir http://me:hidden@\(web.host)/app.git#main /k\nRUN ! grep -r hidden /k && cat /k/file"
        )
        #expect(kept.printed.contains("by http"))
        #expect(web.requests.contains { $0.headers["authorization"] == "Basic bWU6aGlkZGVu" })
        // Of a commit that nobody names by a branch the whole has to come.
        #expect(
            try work.build("FROM busybox\nADD http://\(web.host)/app.git#\(commit) /f\nRUN ls -A /f").printed.contains(
                "file"
            )
        )
        web.add(Fault(.status(401, headers: [("WWW-Authenticate", "Basic realm=\"x\"")]), times: 9))
        let failed = try work.tryBuild("FROM busybox\nADD http://\(web.host)/app.git?branch=main /f")
        #expect(failed.status == 4)
        #expect(failed.error.contains("--secret id=GIT_AUTH_TOKEN"), "\(failed.error)")
        await web.stop()
    }
}
