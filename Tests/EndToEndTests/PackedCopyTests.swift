import Bytes
import Glibc
import OCI
import Testing

/// Copies that go straight into their layers (`cache.md`, Words), compared with those that are unpacked first.
@Suite("Copies straight into layers", .enabled(if: Tool.canBuild), .timeLimit(.minutes(20)))
struct PackedCopyTests {
    let work: Workspace
    private let file = """
        FROM busybox
        COPY d /d
        COPY --chown=7:8 --chmod=640 e /
        COPY d/4 /d/new
        COPY --link e/usr /linked/
        WORKDIR /w/x
        WORKDIR /d
        ADD e/usr/x /d/sub
        """

    init() throws {
        work = try Workspace()
        for number in 0..<9 {
            try work.write("d/\(number)", String(repeating: "\(number) ", count: 20_000 * number))
            try work.write("d/sub/t\(number)", "text \(number)")
        }
        try work.write("e/usr/x/y", "hi")
        let d = work.context + "/d"
        try run("ln", d + "/1", d + "/1b")
        try run("ln", d + "/1", d + "/sub/1c")
        try run("ln", "-s", "1", d + "/l")
        try run("mkfifo", d + "/ff")
        try run("chmod", "4750", d + "/2")
        try run("mkdir", "-m", "1777", d + "/empty")
        try setTime(d + "/4", seconds: 1_500_000_000)
    }

    /// Without the check of trees, which would unpack everything at once.
    private let unchecked = ["SWIFT_BUILD_IMAGE_CHECK": ""]

    private func export(_ work: Workspace, _ text: String?, _ name: String, _ flags: [String] = []) throws
        -> ExportedImage
    {
        let folder = work.path + "/" + name
        let output = ["-t", "x:latest", "--output=type=oci,tar=false,dest=" + folder] + flags
        return try ExportedImage(folder, outcome: work.build(text, output, environment: unchecked))
    }

    private func snapshots(_ work: Workspace) -> Int { names(in: work.state + "/snapshots").count }

    @Test("give the same layers, and no snapshot is written for them")
    func sameLayers() throws {
        let packed = try export(work, file, "packed")
        let bases = snapshots(work)
        let other = try Workspace(state: work.path + "/other-state")
        try run("cp", "-a", work.context + "/.", other.context)
        try other.build(nil, environment: unchecked)
        #expect(snapshots(other) == bases + 6)
        let unpacked = try export(other, nil, "unpacked")
        let own = 7
        #expect(packed.config.diffIDs.count == unpacked.config.diffIDs.count)
        for index in packed.config.diffIDs.indices.suffix(own) {
            let names = try packed.entries(ofLayer: index)
            #expect(try unpacked.entries(ofLayer: index) == names)
            // WORKDIR makes its directories now, whenever that is.
            if !names.contains("w/x/") {
                #expect(packed.config.diffIDs[index] == unpacked.config.diffIDs[index])
                #expect(packed.layers[index] == unpacked.layers[index])
            }
        }
        try run("diff", "-r", "--no-dereference", "-x", "ff", packed.unpacked(), unpacked.unpacked())
    }

    @Test("are unpacked exactly when a later build runs on them, and the trees are those that were computed")
    func laterRun() throws {
        let first = try export(work, file, "first")
        let before = snapshots(work)
        let list = "RUN find /d /usr /linked -exec stat -c '%n %f %u %g %h %s %y' {} + | sort > /list"
        let output = "--output=" + work.path + "/files"
        let outcome = try work.build(file + "\n" + list, [output])
        #expect(outcome.executed == [list])
        #expect(snapshots(work) == before + 7)
        let listed = try readText(work.path + "/files/list")
        let wanted = "/d/4 81a4 0 0 1 160000 2017-07-14 02:40:00.000000000 +0000"
        #expect(listed.contains(wanted) && listed.contains("/d/sub/1c 81a4 0 0 3 "), "\(listed)")
        let times = try status(work.context + "/d/7").st_mtim
        #expect(listed.contains(".\(format(times.tv_nsec)) +0000"), "nanoseconds are kept")
        #expect(try export(work, file, "again").manifestDigest == first.manifestDigest)
    }

    private func format(_ nanoseconds: Int) -> String {
        let digits = String(nanoseconds)
        return String(repeating: "0", count: 9 - digits.count) + digits
    }

    @Test("are right with every step's tree checked")
    func checked() throws {
        let outcome = try work.image(file).outcome
        #expect(outcome.executed.count == 7)
    }

    @Test("are packed anew for another compression without being unpacked", arguments: ["zstd", "uncompressed"])
    func otherCompression(_ compression: String) throws {
        let gzip = try export(work, file, "gzip")
        let before = snapshots(work)
        let folder = work.path + "/other"
        let output = "--output=type=oci,tar=false,dest=\(folder),compression=\(compression)"
        let other = try ExportedImage(
            folder,
            outcome: work.build(nil, ["-t", "x:latest", output], environment: unchecked)
        )
        #expect(other.outcome.executed.isEmpty && snapshots(work) == before)
        #expect(other.config.diffIDs == gzip.config.diffIDs)
        #expect(other.layers.last != gzip.layers.last)
    }

    @Test("take an edit of one file as the one layer that is new")
    func edit() throws {
        let first = try export(work, file, "first")
        try work.write("e/usr/x/y", "ho")
        let second = try export(work, nil, "second")
        #expect(second.outcome.cached.count >= 1)
        let base = first.layers.count - 7
        #expect(second.layers[..<(base + 1)] == first.layers[..<(base + 1)])
        #expect(second.layers[base + 1] != first.layers[base + 1])
        try work.write("e/usr/x/y", "hi")
        #expect(try export(work, nil, "third").outcome.executed.isEmpty)
    }

    @Test("that a step runs on, or copies from, or that write a text, are unpacked as ever")
    func others() throws {
        for text in [
            "FROM busybox\nCOPY d /d\nRUN test -f /d/1",
            "FROM busybox AS a\nCOPY d /d\nFROM busybox\nCOPY --from=a /d /x",
            "FROM busybox\nCOPY <<end /text\nhello\nend", "FROM busybox\nCOPY --chown=root d /d",
        ] {
            let work = try Workspace()
            try run("cp", "-a", self.work.context + "/d", work.context + "/d")
            let image = try export(work, text, "image")
            #expect(try !image.unpacked().isEmpty)
            #expect(try work.tryBuild(text + "\nRUN true").status == 0)
        }
    }
}
