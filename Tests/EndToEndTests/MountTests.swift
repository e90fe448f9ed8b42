import Glibc
import OCI
import Testing

/// RUN --mount: what a step sees through it, and that nothing of it stays in the image.
@Suite("Mounts", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct MountTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    // MARK: Binds

    @Test("a bind of the context shows what the ignore file leaves, and cannot be written to")
    func context() throws {
        try work.write(".dockerignore", "hidden\n.dockerignore\nDockerfile\n")
        try work.write("seen/f", "seen", mode: 0o640)
        try work.write("hidden", "hidden")
        let outcome = try work.build(
            """
            FROM busybox
            RUN --mount=target=/c ls -A /c; cat /c/seen/f; stat -c ' %a %u %g' /c/seen/f; touch /c/x 2> /dev/null || echo ro
            RUN test ! -e /c
            """
        )
        #expect(outcome.printed == "seen\nseen 640 0 0\nro")
        try work.write("hidden", "changed")
        #expect(try work.build().executed.isEmpty)
        try work.write("seen/f", "other")
        #expect(try work.build().executed.count == 1)
    }

    @Test("what is written to a bind is thrown away, and each step starts from the same")
    func writable() throws {
        try work.write("d/f", "from the context")
        let image = try work.image(
            """
            FROM busybox AS a
            RUN mkdir /s && echo stage > /s/f && chown 5:6 /s/f
            FROM busybox
            RUN --mount=source=d,target=/m,rw ls /m && rm /m/f && echo new > /m/new
            RUN --mount=source=d,target=/m,rw ls /m
            RUN --mount=from=a,source=/s,target=/m,rw echo more >> /m/f && stat -c '%u %g' /m/f
            RUN --mount=from=a,source=/s/f,target=/one,rw cat /one && echo x > /one && cat /one
            RUN --mount=from=a,target=/all cat /all/s/f
            COPY --from=a /s/f /f
            """
        )
        #expect(image.outcome.printed == "f\nf\n5 6\nstage\nx\nstage")
        let root = try image.unpacked()
        #expect(try readText(root + "/f") == "stage\n")
        #expect(access(root + "/m", F_OK) != 0 && access(root + "/one", F_OK) != 0)
        #expect(try readText(work.context + "/d/f") == "from the context")
    }

    @Test("the source of a bind is followed inside the tree it is of, never out of it")
    func sourceLinks() throws {
        try writeFile(work.path + "/outside", Array("outside".utf8))
        symlink("../outside", work.context + "/out")
        try work.write("real/f", "inside")
        symlink("real", work.context + "/link")
        #expect(try work.build("FROM busybox\nRUN --mount=source=link,target=/m cat /m/f").printed == "inside")
        let outcome = try work.tryBuild("FROM busybox\nRUN --mount=source=out,target=/m cat /m")
        #expect(outcome.status != 0)
        #expect(!outcome.printed.contains("outside"))
        let stage = try work.build(
            "FROM busybox AS a\nRUN ln -s /../../etc /up\nFROM busybox\nRUN --mount=from=a,source=/up,target=/m cat /m/passwd"
        )
        #expect(stage.printed.hasPrefix("root:"))
    }

    @Test("a missing source of a bind, and a target that cannot be, are errors that name them")
    func errors() throws {
        let missing = try work.tryBuild("FROM busybox\nRUN --mount=source=absent,target=/m true")
        #expect(missing.status != 0 && missing.error.contains("/absent: not found"), "\(missing.error)")
        let root = try work.tryBuild("FROM busybox\nRUN --mount=target=/ true")
        #expect(root.status == 3 && root.error.contains("invalid mount target \"/\""), "\(root.error)")
        let kernel = try work.tryBuild("FROM busybox\nRUN --mount=type=tmpfs,target=/proc/x true")
        #expect(kernel.status != 0 && kernel.error.contains("/proc/x"), "\(kernel.error)")
    }

    // MARK: Targets

    @Test(
        "targets leave nothing, count from WORKDIR, and may be in each other, in /dev and in directories of the image"
    )
    func targets() throws {
        let image = try work.image(
            """
            FROM busybox
            WORKDIR /w
            RUN --mount=type=tmpfs,target=t --mount=type=tmpfs,target=/w/t/in --mount=type=tmpfs,target=/dev/x \\
                --mount=type=tmpfs,target=/etc/deep/er cut -d ' ' -f 2 /proc/mounts | grep -E '^/(w|dev/x|etc/d)' | sort
            RUN ls -A /w /etc; touch /made
            """
        )
        #expect(image.outcome.printed.hasPrefix("/dev/x\n/etc/deep/er\n/w/t\n/w/t/in\n/etc:\n"))
        #expect(!image.outcome.printed.contains("deep\n"))
        let count = image.manifest.layers.count
        #expect(try image.entries(ofLayer: count - 2) == [])
        #expect(try image.entries(ofLayer: count - 1).filter { !$0.hasSuffix("/") } == ["made"])
    }

    // MARK: Caches

    @Test("a cache outlives steps and builds, --no-cache leaves it, and another id is another cache")
    func cache() throws {
        func file(_ id: String, _ word: String) -> String {
            "FROM busybox\nRUN --mount=type=cache,target=/c,id=\(id) echo \(word) >> /c/f; cat /c/f"
        }
        #expect(try work.build(file("a", "one")).printed == "one")
        #expect(try work.build(file("a", "two")).printed == "one\ntwo")
        #expect(try work.build(file("a", "two"), ["--no-cache"]).printed == "one\ntwo\ntwo")
        #expect(try work.build(file("b", "two")).printed == "two")
    }

    @Test("a step with a cache runs again when the one that filled it does, though it changed no file")
    func cacheChannel() throws {
        func file(_ word: String) -> String {
            """
            FROM busybox
            RUN --mount=type=cache,target=/c echo \(word) > /c/f
            RUN --mount=type=cache,target=/c cat /c/f > /out
            """
        }
        try work.build(file("one"))
        let image = try work.image(file("two"))
        #expect(image.outcome.executed.count == 2)
        #expect(try readText(image.unpacked() + "/out") == "two\n")
        #expect(try work.build(file("two")).executed.isEmpty)
    }

    @Test("a cache begins with its seed, or with the owner and mode that are asked for")
    func seeds() throws {
        let outcome = try work.build(
            """
            FROM busybox AS seed
            RUN mkdir -m 710 /s && echo seeded > /s/f && chown -R 1:2 /s && ln /s/f /s/g
            FROM busybox
            RUN --mount=type=cache,target=/c,from=seed,source=/s stat -c '%a %u %g' /c; cat /c/g; echo changed > /c/f
            RUN --mount=type=cache,target=/c,from=seed,source=/s cat /c/g; ls /c | wc -l
            RUN --mount=type=cache,target=/c,mode=1770,uid=3,gid=4 stat -c '%a %u %g' /c; ls /c
            RUN --mount=type=cache,target=/c stat -c '%a %u %g' /c
            """
        )
        #expect(outcome.printed == "710 1 2\nseeded\nchanged\n2\n1770 3 4\n755 0 0")
    }

    @Test("steps with a locked cache take turns, others share it")
    func locked() throws {
        func stages(_ sharing: String) -> String {
            let step = "RUN --mount=type=cache,target=/c,id=\(sharing),sharing=\(sharing)"
            // Each says whether it saw the other at work.
            let command = "touch /c/$N; sleep 0.4; ls /c | wc -l; sleep 0.4; rm /c/$N; touch /done"
            return """
                FROM busybox AS one
                ENV N=1
                \(step) \(command)
                FROM busybox AS two
                ENV N=2
                \(step) \(command)
                FROM busybox
                COPY --from=one /done /1
                COPY --from=two /done /2
                """
        }
        #expect(try work.build(stages("locked")).printed == "1\n1")
        #expect(try work.build(stages("private")).printed == "1\n1")
    }

    @Test("a step may take one cache twice, also a locked one")
    func cacheTwice() throws {
        let outcome = try work.build(
            """
            FROM busybox
            RUN --mount=type=cache,id=x,target=/a,sharing=locked --mount=type=cache,id=x,target=/b,readonly \\
                echo x > /a/f; cat /b/f; touch /b/g 2> /dev/null || echo ro
            """,
            within: 120
        )
        #expect(outcome.printed == "x\nro")
    }

    // MARK: Secrets

    @Test("a secret is for the step that asks, and in no layer, log, record or file of the store")
    func secret() throws {
        let token = "token-\(UInt64.random(in: 0 ... .max))"
        try writeFile(work.path + "/token", Array(token.utf8))
        let flags = ["--secret", "id=file,src=\(work.path)/token", "--secret", "id=variable,env=TOKEN"]
        let file = """
            FROM busybox
            RUN --mount=type=secret,id=file --mount=type=secret,id=variable,env=VALUE \\
                stat -c '%a %u %g %s' /run/secrets/file; test "$(cat /run/secrets/file)" = "$VALUE" && echo same
            RUN --mount=type=secret,id=file,required,target=/run/own,mode=0440,uid=1,gid=2 \\
                stat -c '%a %u %g' /run/own; grep -c noswap /proc/mounts; touch /run/own 2> /dev/null || echo ro
            RUN --mount=type=secret,id=file,env=VALUE test -n "$VALUE" && test ! -e /run/secrets
            RUN test ! -e /run/secrets && test ! -e /run/own && test -z "$VALUE"
            """
        let folder = work.path + "/image"
        let output = "--output=type=oci,tar=false,dest=" + folder
        let outcome = try work.build(file, flags + [output], environment: ["TOKEN": token])
        #expect(outcome.printed == "400 0 0 \(token.utf8.count)\nsame\n440 1 2\n1\nro")
        for place in [work.state, folder] {
            let found = try run("grep", "-rl", "--binary-files=text", token, place, mayFail: true).output
            #expect(found.isEmpty, "\(found)")
        }
        let image = try ExportedImage(folder, outcome: outcome)
        #expect(try image.blobs(containing: token).isEmpty)
        // A value is in no key.
        let other = ["--secret", "id=file,src=/dev/null", "--secret", "id=variable,env=OTHER"]
        #expect(try work.build(nil, other).executed.isEmpty)
    }

    @Test("a secret that is not there is an error only where it is required; one that is too large always")
    func missingSecrets() throws {
        let text = "FROM busybox\nRUN --mount=type=secret,id=absent"
        #expect(try work.build(text + " test ! -e /run/secrets && echo none").printed == "none")
        let required = try work.tryBuild(text + ",required true")
        #expect(required.status == 1 && required.error.contains("secret absent: not found"), "\(required.error)")
        try writeFile(work.path + "/large", [UInt8](repeating: 65, count: 500 * 1024 + 1))
        let large = try work.tryBuild(text + " true", ["--secret", "id=absent,src=\(work.path)/large"])
        #expect(large.status == 4 && large.error.contains("more than 500 KiB"), "\(large.error)")
        try writeFile(work.path + "/large", [UInt8](repeating: 65, count: 500 * 1024))
        let fits = try work.build(
            text + " wc -c < /run/secrets/absent",
            ["--secret", "id=absent,src=\(work.path)/large"]
        )
        #expect(fits.printed == "512000")
        let file = try work.tryBuild(text + " true", ["--secret", "id=absent,src=\(work.path)/none"])
        #expect(file.status == 4 && file.error.contains("none: No such file"), "\(file.error)")
    }

    @Test("a secret may come from a pipe")
    func secretFromPipe() throws {
        let mount = "RUN --mount=type=secret,id=s"
        try work.write("Dockerfile", "FROM busybox\n\(mount) cat /run/secrets/s\n\(mount),env=S echo again $S")
        let arguments = work.arguments(["--secret", "id=s,src=/dev/fd/0"]).joined(separator: "' '")
        let piped = try run("sh", "-c", "printf piped | '\(arguments)'", environment: work.environment)
        #expect(BuildOutcome(piped).printed.contains("piped") && BuildOutcome(piped).printed.contains("again piped"))
    }

    // MARK: Hosts

    @Test("--add-host is in /etc/hosts, counts for each RUN, and is in no layer")
    func extraHosts() throws {
        let file = "FROM busybox\nRUN grep test /etc/hosts | tr '\\t' ' '"
        let flags = ["--add-host", "one.test:10.1.2.3", "--add-host=two.test=[::1]"]
        let image = try work.image(file, flags)
        #expect(image.outcome.printed == "10.1.2.3 one.test\n::1 two.test")
        #expect(try image.entries(ofLayer: image.manifest.layers.count - 1) == [])
        #expect(try work.build(nil, flags).executed.isEmpty)
        #expect(try work.build(nil, ["--add-host", "one.test:10.1.2.4"]).printed == "10.1.2.4 one.test")
    }
}
