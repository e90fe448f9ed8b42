import Bytes
import Glibc
import Testing

/// COPY and ADD, where the shared cases do not tell enough.
@Suite("COPY", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct CopyTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    @Test("a name in NFC and the same in NFD are two files")
    func normalisation() throws {
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        try work.write("d/" + composed, "composed")
        try work.write("d/" + decomposed, "decomposed")
        let image = try work.image(
            "FROM busybox\nCOPY d /d\nCOPY d/\(decomposed) /only\nRUN ls /d | wc -l | tee /count"
        )
        let root = try image.unpacked()
        #expect(try readText(root + "/d/" + composed) == "composed")
        #expect(try readText(root + "/d/" + decomposed) == "decomposed")
        #expect(try readText(root + "/only") == "decomposed")
        #expect(image.outcome.printed == "2")
    }

    @Test("a name that changes from NFC to NFD is noticed")
    func renormalisation() throws {
        let file = "FROM busybox\nCOPY d /d\nRUN ls /d"
        let path = try work.write("d/caf\u{e9}", "x")
        try work.build(file)
        rename(path, work.context + "/d/cafe\u{301}")
        #expect(try work.build(file).executed.count == 2)
    }

    @Test("names that are not UTF-8, or hold line breaks and blanks, are kept")
    func oddNames() throws {
        let names: [[UInt8]] = [
            [0xff, 0xfe], Array("a\nb".utf8), Array(" lead and trail ".utf8), Array("back\\slash".utf8),
        ]
        mkdir(work.context + "/d", 0o755)
        for name in names {
            let path = (Array((work.context + "/d/").utf8) + name + [0]).map { CChar(bitPattern: $0) }
            let file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
            #expect(file >= 0)
            close(file)
        }
        let root = try work.image("FROM scratch\nCOPY d /d").unpacked()
        for name in names {
            let path = (Array((root + "/d/").utf8) + name + [0]).map { CChar(bitPattern: $0) }
            #expect(access(path, F_OK) == 0, "\(ByteString(name).escaped)")
        }
    }

    @Test("files that are links of each other are one file in the image, or equal ones")
    func hardLinks() throws {
        let path = try work.write("d/one", "content")
        #expect(Glibc.link(path, work.context + "/d/two") == 0)
        let root = try work.image("FROM busybox\nCOPY d /d\nRUN cat /d/one /d/two > /all").unpacked()
        #expect(try readText(root + "/d/two") == "content")
        #expect(try readText(root + "/all") == "contentcontent")
    }

    @Test("what a step linked is one file after the export")
    func hardLinksOfSteps() throws {
        let image = try work.image(
            "FROM busybox\nRUN mkdir /d && echo x > /a && ln /a /d/b && ln /a /c && chmod 700 /c"
        )
        let root = try image.unpacked()
        let nodes = try Set(["/a", "/d/b", "/c"].map { try status(root + $0).st_ino })
        #expect(nodes.count == 1)
        #expect(try status(root + "/a").st_mode & 0o7777 == 0o700)
    }

    @Test("sockets and fifos of a context neither hang nor end a build")
    func specialFiles() throws {
        try work.write("d/file", "x")
        #expect(mkfifo(work.context + "/d/fifo", 0o644) == 0)
        let outcome = try work.tryBuild("FROM busybox\nCOPY d/file /f\nRUN cat /f", within: 20)
        #expect(outcome.status == 0, "\(outcome.error)")
        let whole = try work.tryBuild("FROM busybox\nCOPY d /d\nRUN ls /d", within: 20)
        #expect(whole.status <= 4, "\(whole.error)")
    }

    @Test("a link that leads out of the context is not followed out", arguments: ["/etc/hostname", "../outside"])
    func linkOut(_ target: String) throws {
        try writeFile(work.path + "/outside", Array("outside".utf8))
        symlink(target, work.context + "/link")
        let outcome = try work.tryBuild("FROM busybox\nCOPY link /x\nRUN cat /x")
        #expect(outcome.status != 0)
        #expect(!outcome.output.contains("outside") && !outcome.printed.contains("outside"))
    }

    @Test("a large file and a sparse one arrive whole")
    func largeFiles() throws {
        let size = 9_000_001
        try writeFile(work.context + "/large", (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) })
        truncate(try work.write("sparse", "start"), 30_000_000)
        let outcome = try work.build("FROM busybox\nCOPY . /c\nRUN sha256sum /c/large; stat -c %s /c/sparse")
        let sum = try run("sha256sum", work.context + "/large").output.prefix(64)
        #expect(outcome.printed.hasPrefix(sum))
        #expect(outcome.printed.hasSuffix("\n30000000"))
    }

    @Test("COPY --from reads another stage as it is after its last step")
    func fromStage() throws {
        let outcome = try work.build(
            """
            FROM busybox AS one
            RUN echo early > /f
            RUN echo late > /f && mkdir /d && ln -s /f /d/link
            FROM busybox
            COPY --from=one /d/link /copied
            COPY --from=0 /d /d
            RUN cat /copied; readlink /d/link
            """
        )
        #expect(outcome.printed == "late\n/f")
    }

    @Test("a stage that nothing needs is not built")
    func unusedStage() throws {
        let outcome = try work.build("FROM busybox AS unused\nRUN false\nFROM busybox\nRUN true")
        #expect(outcome.executed == ["RUN true"])
    }

    @Test("--link: the layer stays when what is below changes, and links below are not followed")
    func linked() throws {
        try work.write("d/f", "f")
        func file(_ word: String) -> String {
            """
            FROM busybox
            RUN mkdir -m 700 /real && echo \(word) > /real/below && ln -s real /sym
            COPY --link d /real/
            COPY --link d/f /sym/
            RUN cat /real/below /real/f; stat -c %a /real; test ! -L /sym && ls /sym
            """
        }
        let first = try work.image(file("one"), named: "first")
        #expect(first.outcome.printed == "one\nf755\nf")
        let second = try work.image(file("two"), named: "second")
        #expect(second.outcome.executed.count == 2 && second.outcome.cached.count == 2)
        #expect(second.outcome.printed == "two\nf755\nf")
        let count = first.layers.count
        #expect(second.layers[(count - 3)...(count - 2)] == first.layers[(count - 3)...(count - 2)])
        let root = try second.unpacked()
        #expect(try readText(root + "/real/below") == "two\n")
        #expect(try readText(root + "/sym/f") == "f")
        #expect(link(root + "/sym").isEmpty)
    }

    @Test("--link finds names of owners in the image, and copies from a stage whose root has other attributes")
    func linkedOwners() throws {
        try work.write("f", "f")
        let outcome = try work.build(
            """
            FROM busybox AS a
            RUN echo 'u:x:5:6::/:' >> /etc/passwd && chmod 700 / && chown 7:8 /
            COPY --link --chown=u f /by/name
            FROM busybox
            RUN --mount=from=a,target=/a stat -c '%a %u %g' /a /a/by/name
            COPY --link --from=a / /all
            RUN stat -c '%a %u %g' /all/by/name; cat /all/by/name
            """
        )
        #expect(outcome.printed == "700 7 8\n644 5 6\n644 5 6\nf")
    }

    @Test("--exclude leaves out what it names, and that may change")
    func excluded() throws {
        for name in ["d/a", "d/b.log", "d/e/c.log", "d/e/keep.log", "d/only/x.log"] { try work.write(name, name) }
        let file = "FROM busybox\nCOPY --exclude=**/*.log --exclude=!e/keep.log d /d\nRUN find /d | sort"
        #expect(try work.build(file).printed == "/d\n/d/a\n/d/e\n/d/e/keep.log\n/d/only")
        try work.write("d/b.log", "changed")
        try work.write("d/e/new.log", "new")
        #expect(try work.build().executed.isEmpty)
        try work.write("d/e/keep.log", "changed")
        #expect(try work.build().executed.count == 2)
    }

    @Test("--parents keeps the directories above, from the pivot on, with the source's modes")
    func parents() throws {
        try work.write("x/y/a", "a")
        try work.write("x/z/a", "a")
        try work.write("x/z/b", "b")
        chmod(work.context + "/x/y", 0o711)
        let outcome = try work.build(
            """
            FROM busybox
            COPY --parents x/y/a /one/
            COPY --parents ./x/./*/a /two
            COPY --parents --exclude=**/b x /three/
            RUN find /one /two /three | sort; stat -c %a /one/x/y /two/y
            """
        )
        let paths = [
            "/one", "/one/x", "/one/x/y", "/one/x/y/a", "/three", "/three/x", "/three/x/y", "/three/x/y/a",
            "/three/x/z", "/three/x/z/a", "/two", "/two/y", "/two/y/a", "/two/z", "/two/z/a", "711", "711",
        ]
        #expect(outcome.printed == paths.joined(separator: "\n"))
        let missing = try work.tryBuild("FROM busybox\nCOPY --parents x/none /d/")
        #expect(missing.status != 0 && missing.error.contains("x/none: not found"), "\(missing.error)")
    }
}
