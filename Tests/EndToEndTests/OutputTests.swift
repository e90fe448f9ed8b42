import Bytes
import Glibc
import OCI
import Testing

/// What `--output` makes besides an image layout.
@Suite("Outputs", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct OutputTests {
    let work: Workspace
    private let file = """
        FROM busybox
        COPY d /d
        RUN mkdir -p /x/y && echo old > /x/y/f && ln /x/y/f /x/g && chown 12:34 /x/g && chmod 4755 /x/g && touch -d @1500000000 /x/g
        RUN ln -s y /x/link && mkfifo /x/pipe && mkdir -m 1777 /x/t && rm -r /root
        """

    init() throws {
        work = try Workspace()
        try work.write("d/a", "a")
    }

    private func places(_ name: String) -> String { work.path + "/" + name }

    @Test("the files of the last stage come into a folder, as they are in the image")
    func local() throws {
        let folder = places("new/deep")
        try work.build(file, ["--output=" + folder])
        let image = try work.image()
        let list = """
            find . -mindepth 1 -printf '%P %y %m %U %G %n %l ' \\( -type d -printf '\\n' -o -printf '%T@ %s\\n' \\) | sort
            """
        let expected = try run("sh", "-c", "cd \(try image.unpacked()) && \(list)").output
        // umoci knows whole seconds only.
        #expect(try withoutFractions(run("sh", "-c", "cd \(folder) && \(list)").output) == withoutFractions(expected))
        #expect(try status(folder + "/x/g").st_ino == status(folder + "/x/y/f").st_ino)
    }

    private func withoutFractions(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            line.split(separator: " ").map { $0.split(separator: ".0").first.map(String.init) ?? "" }.map { word in
                word.allSatisfy { $0.isNumber || $0 == "." } ? word.prefix { $0 != "." } : word[...]
            }.joined(separator: " ")
        }
    }

    @Test("a folder that is there keeps what else is in it; what is in the way is replaced, and no link is followed")
    func merges() throws {
        let folder = places("out")
        try writeFile(folder + "/mine", [1])
        try writeFile(folder + "/x/mine", [2])
        try writeFile(folder + "/x/g/in-the-way", [3])
        try writeFile(places("outside/keep"), [4])
        try run("ln", "-s", places("outside"), folder + "/d")
        try run("ln", "-s", places("outside/keep"), folder + "/x/link")
        try work.build(file, ["--output=type=local,dest=" + folder])
        #expect(try readFile(folder + "/mine") == [1] && readFile(folder + "/x/mine") == [2])
        #expect(try readText(folder + "/x/g") == "old\n")
        #expect(try readText(folder + "/d/a") == "a")
        #expect(names(in: places("outside")) == ["keep"])
        #expect(try readFile(places("outside/keep")) == [4])
        try work.build(nil, ["--output=" + folder])
        #expect(names(in: folder + "/x").filter { $0.hasPrefix(".") } == [])
    }

    @Test("a tar of the files is that of the folder, on standard output too")
    func tar() throws {
        try work.build(file, ["--output=type=tar,dest=" + places("a.tar"), "--output=" + places("folder")])
        mkdir(places("unpacked"), 0o755)
        try run("tar", "-xpf", places("a.tar"), "-C", places("unpacked"))
        let list = "find . -mindepth 1 -printf '%P %y %m %U %G %n %l\\n' | sort"
        let lists = try ["unpacked", "folder"].map { try run("sh", "-c", "cd \(places($0)) && \(list)").output }
        #expect(lists[0] == lists[1])
        try work.write("Dockerfile", file)
        let outcome = try Program(work.arguments(["--output=-"]), environment: work.environment).finish()
        #expect(try outcome.standardOutput == readFile(places("a.tar")))
    }

    @Test("a base alone, and nothing at all, are files too", arguments: ["FROM busybox", "FROM scratch\nLABEL a=b"])
    func baseAlone(_ text: String) throws {
        let outcome = try work.tryBuild(text, ["--output=" + places("out")])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(names(in: places("out")).contains("bin") == text.hasSuffix("busybox"))
    }

    @Test("several outputs come of one build, and layers are packed once for all of them")
    func several() throws {
        let outputs = [
            "type=oci,dest=\(places("1.tar"))", "type=docker,dest=\(places("2.tar"))", "type=local,dest=\(places("d"))",
            "type=image,name=named:2", "type=oci,dest=\(places("3.tar")),compression=zstd",
        ]
        let outcome = try work.build(file, ["-t", "x:1"] + outputs.map { "--output=" + $0 })
        #expect(outcome.executed.count == 3)
        #expect(names(in: work.path).filter { $0.hasSuffix(".tar") || $0 == "d" } == ["1.tar", "2.tar", "3.tar", "d"])
        let before = names(in: work.state + "/content/sha256")
        try work.build(nil, ["-t", "x:1"] + outputs.map { "--output=" + $0 })
        #expect(names(in: work.state + "/content/sha256") == before)
        for name in ["x:1", "named:2"] {
            let next = try Workspace(state: work.state)
            #expect(try next.tryBuild("FROM \(name)\nRUN test -f /d/a").status == 0)
        }
    }

    @Test("annotations are in the manifest, those of the index and its entries in a layout")
    func annotations() throws {
        let flags = ["--annotation=a=b", "--annotation=index:i=j", "--annotation=manifest-descriptor:m=n"]
        let image = try work.image("FROM busybox\nCOPY d /d", flags + ["--annotation=manifest[linux/s390x]:no=no"])
        #expect(image.manifest.annotations == ["a": "b"])
        let index = try Document<Index>(bytes: try readFile(image.folder + "/index.json")).content
        #expect(index.annotations == ["i": "j"])
        #expect(index.manifests.first?.annotations["m"] == "n")
        let refused = try work.tryBuild(nil, ["-t", "x:1", "--annotation=index:i=j"])
        #expect(refused.status == 2 && refused.error.contains("no index"))
    }

    @Test("with rewrite-timestamp no file of this build's layers is newer than SOURCE_DATE_EPOCH")
    func rewritesTimes() throws {
        let epoch = ["--build-arg", "SOURCE_DATE_EPOCH=1600000000"]
        let folder = places("layout")
        let flags = epoch + ["--output=type=oci,tar=false,dest=\(folder),rewrite-timestamp=true", "-t", "x:latest"]
        let image = try ExportedImage(folder, outcome: try work.build(file, flags))
        for layer in image.manifest.layers.suffix(3) {
            let path = "\(folder)/blobs/sha256/\(layer.digest.hex)"
            let listed = try run("sh", "-c", "TZ=UTC tar --full-time -tvf \(path)").output.split(separator: "\n")
            for line in listed where !line.contains(".wh.") {
                let isOld = line.contains(" 2017-07-14 ") && (line.hasSuffix("x/g") || line.hasSuffix("link to x/g"))
                #expect(isOld || line.contains(" 2020-09-13 12:26:40 "), "\(line)")
            }
        }
        let plain = try work.image(nil, epoch, named: "plain")
        #expect(plain.config.diffIDs != image.config.diffIDs)
    }

    @Test("what cannot be done is told before anything is built")
    func refusals() throws {
        for (flags, words) in [
            (["--push"], "needs a name"),
            (["--output=type=local,dest=/dev/null"], "Not a directory"),
            (["--output=type=tar,dest=/absent/x.tar"], "No such file"),
        ] {
            let outcome = try work.tryBuild("FROM busybox\nRUN echo hello", flags + ["--output=type=cacheonly"])
            #expect(outcome.status != 0 && outcome.error.contains(words), "\(outcome.error)")
            #expect(outcome.executed.isEmpty)
        }
    }
}
