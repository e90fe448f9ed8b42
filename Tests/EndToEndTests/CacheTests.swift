import Bytes
import Glibc
import OCI
import Testing

/// What an unchanged or edited build runs again, and what it must not take from earlier ones.
@Suite("Cache", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct CacheTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    @Test("a second unchanged build runs nothing and gives the same image")
    func unchanged() throws {
        try work.write("src/a", "a")
        let file = """
            FROM busybox AS one
            WORKDIR /w
            COPY src .
            RUN cat \(Kernel.randomFile) > made
            FROM busybox
            COPY --from=one /w /w
            RUN cp /w/made /copy
            """
        let first = try work.image(file, named: "first")
        #expect(first.outcome.cached.isEmpty)
        let second = try work.image(named: "second")
        #expect(second.outcome.executed.isEmpty)
        #expect(second.outcome.cached.count == 5)
        #expect(second.manifestDigest == first.manifestDigest)
    }

    @Test("the same files in another folder, with other times, run nothing")
    func freshClone() throws {
        let file = "FROM busybox\nCOPY . /c\nRUN ls -R /c > /list"
        for name in ["a", "d/b"] { try work.write(name, name) }
        try work.build(file)
        let clone = try Workspace(state: work.state)
        for name in ["d/b", "a"] { try clone.write(name, name) }
        try setTime(clone.context + "/a", seconds: 1_000_000_000)
        #expect(try clone.build(file).executed.isEmpty)
    }

    @Test("an edit that changes nothing of a step's result stops there")
    func cutoff() throws {
        let file = """
            FROM busybox AS make
            COPY main.c /main.c
            RUN grep -v '^//' /main.c > /made
            FROM busybox
            COPY --from=make /made /made
            RUN tr a-z A-Z < /made > /upper
            """
        try work.write("main.c", "// one\nint x;\n")
        let first = try work.image(file, named: "first")
        try work.write("main.c", "// two, and longer\nint x;\n")
        let second = try work.image(named: "second")
        #expect(second.outcome.executed == ["COPY main.c /main.c", "RUN grep -v '^//' /main.c > /made"])
        #expect(second.layers == first.layers)
    }

    @Test("an edited RUN that changes nothing lets the steps after it be, and has its own place in the history")
    func cutoffInChain() throws {
        let made = "RUN cat \(Kernel.randomFile) > /made"
        let first = try work.image("FROM busybox\nRUN true\n" + made, named: "first")
        let second = try work.image("FROM busybox\nRUN true || false\n" + made, named: "second")
        #expect(second.outcome.executed == ["RUN true || false"])
        #expect(second.layers == first.layers)
        #expect(second.config.history.contains { $0.createdBy.text.contains("true || false") })
    }

    @Test("a time that a RUN sets on purpose is not swallowed")
    func touch() throws {
        try work.write("configure", "#!/bin/sh\n")
        func file(_ touch: String) -> String {
            "FROM busybox\nCOPY configure /\n\(touch)\nRUN stat -c %Y /configure | tee /time"
        }
        let old = try work.build(file("RUN touch -d '2001-01-01 00:00:00' /configure"))
        let other = try work.build(file("RUN touch -d '2002-02-02 00:00:00' /configure"))
        #expect(other.cached == ["COPY configure /"])
        #expect(old.printed != other.printed)
        let now = try work.build(file("RUN touch /configure"))
        #expect(now.executed.count == 2)
        let nothing = try work.build(file("RUN true"))
        #expect(nothing.executed.count == 2, "a step that touches is not one that does nothing")
    }

    @Test("a same-size edit with its time put back is noticed, however young the file is")
    func racyEdit() throws {
        let file = "FROM scratch\nCOPY text /text"
        let path = try work.write("text", "00")
        for round in 1...12 {
            let text = format(round)
            try work.write("text", text)
            try setTime(path, seconds: 1_700_000_000)
            let image = try work.image(file, named: "image\(round)")
            #expect(try image.plainLayer(image.manifest.layers[0]).contains(text.utf8), "round \(round)")
        }
    }

    @Test(
        "a same-size edit is noticed where the file system's times are whole seconds",
        .enabled(if: Tool.has("mkfs.ext4", "losetup", for: "coarse times"))
    )
    func coarseTimes() throws {
        let disk = try CoarseDisk(work.path)
        let file = disk.path + "/text"
        let flags = ["build", "--output=type=oci,tar=false,dest=\(work.path)/image", disk.path]
        try writeFile(disk.path + "/Dockerfile", Array("FROM scratch\nCOPY text /text".utf8))
        for round in 1...6 {
            try writeFile(file, Array(format(round).utf8))
            try setTime(file, seconds: 1_700_000_000)
            let outcome = try Program([Tool.path] + flags, environment: work.environment).finish()
            let image = try ExportedImage(work.path + "/image", outcome: BuildOutcome(outcome).mustSucceed())
            #expect(try image.plainLayer(image.manifest.layers[0]).contains(format(round).utf8), "round \(round)")
        }
    }

    @Test("a changed mode, link target or name of a source is noticed; a changed time is not")
    func whatCounts() throws {
        let file = "FROM busybox\nCOPY d /d\nRUN ls -l /d"
        let path = try work.write("d/f", "f")
        symlink("f", work.context + "/d/link")
        try work.build(file)
        try setTime(path, seconds: 1_000_000_000)
        #expect(try work.build().executed.isEmpty)
        chmod(path, 0o755)
        #expect(try work.build().executed.count == 2)
        unlink(work.context + "/d/link")
        symlink("./f", work.context + "/d/link")
        #expect(try work.build().executed.count == 2)
        rename(path, work.context + "/d/g")
        #expect(try work.build().executed.count == 2)
        try work.write("elsewhere", "not copied")
        #expect(try work.build().executed.isEmpty)
    }

    @Test("a change that the ignore file hides runs nothing")
    func ignored() throws {
        try work.write(".dockerignore", "*.log\n")
        try work.write("a", "a")
        try work.write("x.log", "1")
        let file = "FROM busybox\nCOPY . /c\nRUN ls /c > /list"
        try work.build(file)
        try work.write("x.log", "22")
        try work.write(".dockerignore", "**/*.log\n")
        #expect(try work.build(file).executed.count <= 2, "the ignore file itself is copied")
        try work.write("x.log", "333")
        #expect(try work.build(file).executed.isEmpty)
    }

    @Test("a step that does the same over folders of another mode does not bring the earlier mode back")
    func equalDelta() throws {
        func file(_ steps: String...) -> String {
            (["FROM busybox", "RUN mkdir -p /t/b"] + steps).joined(separator: "\n")
        }
        let step = "RUN touch /t/b/x /t/c && rm /t/b/x"
        try work.build(file("RUN chmod 700 /t/b && chown 1:2 /t/b", step))
        let outcome = try work.build(file(step, "RUN stat -c '%a %u:%g' /t/b"))
        #expect(outcome.printed == "755 0:0")
    }

    @Test("the same change twice in one stage is built, run upon and exported")
    func changeTwice() throws {
        try work.write("f", "f")
        let file = """
            FROM busybox
            RUN touch /s
            RUN touch /s
            COPY f /x
            COPY f /x
            RUN cat /x
            """
        let image = try work.image(file)
        #expect(image.outcome.printed == "f")
    }

    @Test("an export takes nothing out of what later builds stand on")
    func exportChangesNothing() throws {
        try work.write("package.json", "package")
        try work.write("other", "other")
        _ = try work.image("FROM busybox\nWORKDIR /app\nCOPY package.json .\nRUN true\nCOPY . .", named: "first")
        let later = try work.build("FROM busybox\nWORKDIR /app\nCOPY . .\nRUN cat package.json")
        #expect(later.printed == "package")
    }

    @Test("a removed step leaves what it had put into a lower layer in no blob of the new image")
    func secretInLowerLayer() throws {
        let secret = "token-\(UInt64.random(in: 0 ... .max))"
        let leaking = """
            FROM busybox
            RUN echo \(secret) > /secret
            RUN rm /secret
            RUN echo kept > /kept
            """
        let first = try work.image(leaking, named: "first")
        #expect(try first.blobs(containing: secret).count == 2, "the layer, and the config's history")
        let second = try work.image("FROM busybox\nRUN echo kept > /kept", named: "second")
        #expect(try second.blobs(containing: secret).isEmpty)
        #expect(second.layers.count == first.layers.count - 2)
    }

    @Test("--no-cache runs every step, once")
    func noCache() throws {
        let file = """
            FROM busybox AS a
            RUN cat \(Kernel.randomFile) | tee /a
            FROM busybox
            COPY --from=a /a /a1
            COPY --from=a /a /a2
            RUN cat /a1 /a2 && cat \(Kernel.randomFile) > /b
            """
        let first = try work.build(file)
        let second = try work.build(file, ["--no-cache"])
        #expect(second.cached.isEmpty)
        #expect(second.executed.count == 4)
        #expect(first.printed != second.printed)
        let third = try work.image(file)
        #expect(third.outcome.executed.isEmpty, "the new results replace the old ones")
        let root = try third.unpacked()
        #expect(second.printed.contains(try readText(root + "/a1").split(separator: "\n")[0]))
    }

    @Test("a declared ARG counts for each later RUN, one that is not declared for none")
    func arguments() throws {
        let file = """
            FROM busybox
            RUN echo before
            ARG NAME=none
            RUN echo after
            COPY Dockerfile /$NAME
            """
        try work.build(file)
        #expect(try work.build(file, ["--build-arg", "OTHER=1"]).executed.isEmpty)
        let named = try work.build(file, ["--build-arg", "NAME=some"])
        #expect(named.executed == ["RUN echo after", "COPY Dockerfile /some"])
        #expect(try work.build(file, ["--build-arg", "HTTP_PROXY=http://x"]).executed.isEmpty)
    }

    @Test("a changed LABEL runs no step, a changed ENV runs those after it")
    func metadata() throws {
        func file(_ label: String, _ variable: String) -> String {
            """
            FROM busybox
            LABEL a=\(label)
            RUN cat \(Kernel.randomFile) > /a
            ENV V=\(variable)
            RUN cat \(Kernel.randomFile) > /b
            """
        }
        try work.build(file("1", "1"))
        #expect(try work.build(file("2", "1")).executed.isEmpty)
        #expect(try work.build(file("2", "2")).executed.count == 1)
    }

    @Test("a failed step is run again")
    func failure() throws {
        let file = "FROM busybox\nRUN echo first\nRUN cat \(Kernel.randomFile) && false"
        let first = try work.tryBuild(file)
        let second = try work.tryBuild(file)
        #expect(first.status == 1 && second.status == 1)
        #expect(second.cached == ["RUN echo first"])
        #expect(first.printed.isEmpty == false && first.printed != second.printed)
    }

    @Test("without its index the store answers right")
    func lostIndex() throws {
        let file = "FROM busybox\nRUN echo 1 > /a\nRUN cat /a > /b"
        let first = try work.image(file, named: "first")
        for name in names(in: work.state) where name.hasPrefix("index.sqlite") { unlink(work.state + "/" + name) }
        let second = try work.image(file, named: "second")
        #expect(second.config.diffIDs.count == first.config.diffIDs.count)
        #expect(try readText(second.unpacked() + "/b") == "1\n")
    }

    @Test("a base that moved makes its steps run again")
    func movedBase() throws {
        let derived = try work.image("FROM busybox\nRUN echo new > /new", named: "base")
        let file = "FROM moving\nRUN ls / | tee /list"
        let old = try work.build(file, ["--build-context=moving=oci-layout://\(BaseImage.layout ?? "")"])
        let new = try work.build(file, ["--build-context=moving=oci-layout://\(derived.folder):latest"])
        #expect(!old.printed.contains("new"))
        #expect(new.printed.contains("new"))
    }
}

/// Files of the kernel that steps read.
enum Kernel {
    /// Says something else each time.
    static let randomFile = "/proc/sys/kernel/random/uuid"
}

/// Two digits.
private func format(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

/// Sets both times of a file.
func setTime(_ path: String, seconds: Int) throws {
    let times = [timespec](repeating: timespec(tv_sec: seconds, tv_nsec: 0), count: 2)
    guard utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0 else {
        throw DriverError(call: "utimensat", path)
    }
}

/// A file system whose times have no fractions: ext4 with the small inodes of old.
private final class CoarseDisk {
    let path: String

    init(_ folder: String) throws {
        path = folder + "/coarse"
        mkdir(path, 0o755)
        try run("truncate", "-s", "8M", path + ".img")
        try run("mkfs.ext4", "-q", "-I", "128", path + ".img")
        try run("mount", "-o", "loop", path + ".img", path)
    }

    deinit { _ = try? run("umount", "-l", path) }
}
