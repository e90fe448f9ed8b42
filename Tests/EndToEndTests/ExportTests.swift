import Bytes
import Glibc
import OCI
import Testing

/// The OCI image that comes out: as a tar, as a folder, on standard output.
@Suite("Export", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct ExportTests {
    let work: Workspace
    private let file = """
        FROM busybox
        COPY d /d
        RUN echo made > /made
        LABEL a=b
        RUN rm /made && mkdir /made
        """

    init() throws {
        work = try Workspace()
        for number in 0..<30 { try work.write("d/\(number)", String(repeating: "\(number) ", count: 2000)) }
    }

    @Test("two exports of a result are the same bytes, as a tar and as a folder")
    func deterministic() throws {
        for name in ["1", "2"] { try work.build(file, ["--output=type=oci,dest=\(work.path)/\(name).tar"]) }
        #expect(try readFile(work.path + "/1.tar") == readFile(work.path + "/2.tar"))
        let folders = try ["one", "two"].map { try work.image(named: $0).folder }
        try run("diff", "-r", folders[0], folders[1])
        try work.build(nil, ["-t", "x:latest", "--output=type=oci,dest=\(work.path)/3.tar"])
        mkdir(work.path + "/unpacked", 0o755)
        try run("tar", "-xf", work.path + "/3.tar", "-C", work.path + "/unpacked")
        try run("diff", "-r", folders[0], work.path + "/unpacked")
    }

    @Test("two stores give the same layers for files that a build copies")
    func reproducible() throws {
        let text = "FROM scratch\nCOPY d /d\nCOPY d/1 /d/copy"
        let first = try work.image(text, named: "first")
        let other = try Workspace()
        for number in 0..<30 {
            try other.write("d/\(number)", String(repeating: "\(number) ", count: 2000))
            try setTime(
                "\(other.context)/d/\(number)",
                seconds: Int(status("\(work.context)/d/\(number)").st_mtim.tv_sec)
            )
        }
        try setTime(other.context + "/d", seconds: Int(status(work.context + "/d").st_mtim.tv_sec))
        #expect(try other.image(text).config.diffIDs.last == first.config.diffIDs.last)
    }

    @Test("a layer that was packed is not packed again by a later build")
    func packedOnce() throws {
        let first = try work.image(file, named: "first")
        let before = try blobs()
        #expect(before.count >= 3)
        let second = try work.image(file + "\nRUN echo more > /more", named: "second")
        let after = try blobs()
        for (name, blob) in before { #expect(after[name] == blob) }
        #expect(second.layers.dropLast() == first.layers[...])
        #expect(after.count > before.count)
    }

    @Test("an image goes to standard output and nothing else with it")
    func standardOutput() throws {
        try work.write("Dockerfile", file)
        let program = try Program(work.arguments(["--output=type=oci,dest=-"]), environment: work.environment)
        let outcome = try program.finish()
        #expect(outcome.status == 0)
        try work.build(nil, ["--output=type=oci,dest=\(work.path)/out.tar"])
        #expect(try outcome.standardOutput == readFile(work.path + "/out.tar"))
    }

    @Test("the history has each instruction, in order, with those that made no layer")
    func history() throws {
        let image = try work.image(file)
        let own = image.config.history.suffix(4)
        #expect(own.map(\.isEmptyLayer) == [false, false, true, false])
        #expect(own.map { $0.createdBy.description }.map { $0.prefix(4) } == ["COPY", "RUN ", "LABE", "RUN "])
    }

    @Test("the ids that are written are those of the image")
    func identifiers() throws {
        let flags = ["--iidfile=\(work.path)/iid", "--metadata-file=\(work.path)/metadata"]
        let image = try work.image(file, flags)
        #expect(try readText(work.path + "/iid") == image.manifest.config.digest.description)
        let metadata = try readText(work.path + "/metadata")
        #expect(metadata.contains("\"containerimage.digest\": \"\(image.manifestDigest)\""), "\(metadata)")
        #expect(metadata.contains(image.manifest.config.digest.description))
        let quiet = try run(Tool.path, "build", "-q", BaseImage.flag, work.context, environment: work.environment)
        #expect(quiet.output == image.manifest.config.digest.description + "\n")
    }

    @Test("a layer says what was written and what is gone, and nothing of the sandbox")
    func layerContents() throws {
        let image = try work.image(file)
        let last = image.manifest.layers.count - 1
        #expect(try image.entries(ofLayer: last).map { $0.trimmedSlash } == ["made"])
        #expect(try image.entries(ofLayer: last - 1).map { $0.trimmedSlash } == ["made"])
        #expect(try image.entries(ofLayer: last - 2).filter { !$0.hasSuffix("/") }.count == 30)
    }

    @Test("an output that is there already is replaced whole")
    func replaced() throws {
        let first = try work.image(file, named: "image")
        let second = try work.image("FROM scratch\nCOPY d/1 /1", named: "image")
        #expect(second.layers.count == 1)
        #expect(second.manifestDigest != first.manifestDigest)
    }

    /// What tells whether a packed layer was written again.
    private func blobs() throws -> [String: [Int]] {
        let folder = work.state + "/content/sha256"
        let pairs = try names(in: folder).map { name in
            let found = try status(folder + "/" + name)
            return (name, [Int(found.st_ino), found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ctim.tv_nsec])
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}

extension String {
    fileprivate var trimmedSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
