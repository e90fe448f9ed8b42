import Bytes
import Contexts
import Glibc
import Layers
import Linux
import OCI
import Testing
import Trees

@testable import Execution

/// What COPY makes of real files, change by change (`behaviours.md`, "Files").
@Suite("Copying files", .enabled(if: isRoot), .timeLimit(.minutes(20)))
struct TreeCopierTests {
    let bench: CopyBench
    var source: Scratch { bench.source }

    /// `a` 0644, `b` 0600, `dir` 0750 with `c` 0755, a link and `inner` 0711 with `d`.
    init() throws {
        bench = try CopyBench()
        try source.write("a", "of a")
        try source.write("b", "of b", mode: 0o600)
        try source.write("dir/c", "of c", mode: 0o755)
        try source.write("dir/inner/d", "of d")
        try source.link("dir/link", to: "../a")
        try source.folder("dir/inner", mode: 0o711)
        try source.folder("dir", mode: 0o750)
        try source.folder("empty", mode: 0o700)
    }

    @Test("what changes", arguments: files + directories + links + modesAndOwners)
    func changes(_ expected: Case) async throws {
        let copied = try await bench.copy(expected.instruction, over: try bench.below(expected.below))
        #expect(copied.lines == expected.expected)
    }

    @Test(
        "what cannot be put in place of what is there is refused by its path",
        arguments: refusedCases
    )
    func refusals(_ refused: Refused) async throws {
        let below = try bench.below(refused.below)
        do {
            let copied = try await bench.copy(refused.instruction, over: below)
            Issue.record("\(copied.lines)")
        } catch let error as any DescribedError {
            #expect(error.message.hasPrefix(refused.message), "\(error.message)")
        }
    }

    // MARK: Hard links, times, content

    @Test("hard links are kept within one copied directory, however deep their names are")
    func hardLinks() async throws {
        try source.write("set/z", "one")
        try source.hardLink("set/a", to: "set/z")
        try source.hardLink("set/deep/er/m", to: "set/z")
        try source.write("set/alone", "one")
        let copied = try await bench.copy(.init(["set"], to: "/x"), over: .nothing)
        #expect(
            copied.lines == [
                "/x directory 755", "/x/a file 644", "/x/alone file 644", "/x/deep directory 755",
                "/x/deep/er directory 755", "/x/deep/er/m file 644 = /x/a", "/x/z file 644 = /x/a",
            ]
        )
        #expect(try copied.upper.openBeneath("x/z", flags: O_RDONLY).status().links == 3)
        #expect(try copied.text("x/deep/er/m") == "one")
    }

    @Test("a hard link that is copied by its name is a file of its own")
    func hardLinkByName() async throws {
        try source.hardLink("a2", to: "a")
        let copied = try await bench.copy(.init(["a", "a2"], to: "/x/"), over: .nothing)
        #expect(copied.lines == ["/x directory 755", "/x/a file 644", "/x/a2 file 644"])
        #expect(try copied.upper.openBeneath("x/a", flags: O_RDONLY).status().links == 1)
    }

    @Test("hard links with a name outside of what is copied are those that are inside")
    func partOfASet() async throws {
        try source.hardLink("dir/one", to: "a")
        try source.hardLink("dir/inner/two", to: "a")
        let copied = try await bench.copy(.init(["dir"], to: "/x"), over: .nothing)
        #expect(copied.lines.contains("/x/one file 644 = /x/inner/two"))
        #expect(try copied.upper.openBeneath("x/one", flags: O_RDONLY).status().links == 2)
    }

    @Test("hard links among files of a mode and owner of the instruction have it once")
    func hardLinksWithMode() async throws {
        try source.write("set/a", "one")
        try source.hardLink("set/b", to: "set/a")
        var instruction = CopyBench.Instruction(["set"], to: "/x")
        instruction.mode = "0600"
        instruction.owner = (3, 4)
        let copied = try await bench.copy(instruction, over: .nothing)
        #expect(copied.lines == ["/x directory 600 3:4", "/x/a file 600 3:4", "/x/b file 600 3:4 = /x/a"])
    }

    @Test("files, links and directories have the times of their sources, made parents have now")
    func times() async throws {
        let old = FileTime(seconds: 1_500_000_000, nanoseconds: 123_456_789)
        for path in ["dir/c", "dir/link", "dir/inner", "dir"] as [ByteString] {
            let (parent, name) = try source.place(path)
            try parent.setModified(name, old)
        }
        let before = FileTime.fileClock
        let copied = try await bench.copy(.init(["dir"], to: "/made/x"), over: .nothing)
        for path in ["/made/x/c", "/made/x/link", "/made/x/inner", "/made/x"] {
            #expect(copied.modified(path) == old, "\(path)")
        }
        #expect(try before <= #require(copied.modified("/made")))
    }

    @Test("contents are those of the sources; of two sources of one name the last one wins")
    func contents() async throws {
        try source.write("other/a", "of another a")
        let copied = try await bench.copy(.init(["a", "other/a", "b"], to: "/x/"), over: .nothing)
        #expect(try copied.text("x/a") == "of another a")
        #expect(try copied.text("x/b") == "of b")
    }

    @Test("odd names and many files come over whole")
    func oddNames() async throws {
        let names: [ByteString] = [
            "new\nline", " ", "-rf", "\u{e9}", "e\u{301}", ByteString([0xff, 0xfe]), "*",
            ByteString(Array(repeating: UInt8(ascii: "n"), count: 255)),
        ]
        for name in names { try source.folder("odd").make(name) }
        for number in 0..<700 { try source.folder("odd/many").make(ByteString("\(number)")) }
        let copied = try await bench.copy(.init(["odd"], to: "/x"), over: .nothing)
        #expect(try Set(copied.upper.directoryBeneath("x").names()) == Set(names + ["many"]))
        #expect(try copied.upper.directoryBeneath("x/many").names().count == 700)
        #expect(copied.delta.entries.count == 1 + names.count + 1 + 700)
    }

    @Test("a deep tree comes over")
    func deepTree() async throws {
        let path = ByteString(Array(repeating: "d", count: 300).joined(separator: "/"))
        try source.folder("deep/" + path).make("file")
        let copied = try await bench.copy(.init(["deep"], to: "/x"), over: .nothing)
        #expect(copied.delta.entries.count == 302)
    }

    @Test("fifos are copied as fifos and never opened, sockets are left out")
    func specialFiles() async throws {
        let folder = try source.folder("special")
        try folder.makeNode("pipe", kind: .fifo, mode: 0o644)
        try folder.makeNode("socket", kind: .socket, mode: 0o600)
        let copied = try await bench.copy(.init(["special"], to: "/x"), over: .nothing)
        #expect(copied.lines == ["/x directory 755", "/x/pipe fifo 644"])
    }

    @Test(
        "a file that is not what was hashed is an error that names it",
        arguments: ["grown", "shrunk", "other bytes", "replaced by a link", "replaced by a fifo"]
    )
    func changed(_ how: String) async throws { try await change(how) }

    @Test("a file that is gone when it is copied is such an error too")
    func gone() async throws { try await change("gone") }

    private func change(_ how: String) async throws {
        var instruction = CopyBench.Instruction(["dir"], to: "/x")
        instruction.meanwhile = { source in
            let (folder, name) = try source.place("dir/c")
            switch how {
            case "grown": try source.write("dir/c", "of c and more", mode: 0o755)
            case "shrunk": try source.write("dir/c", "of", mode: 0o755)
            case "other bytes": try source.write("dir/c", "of x", mode: 0o755)
            default: try folder.removeFile(name)
            }
            if how.hasSuffix("link") { try folder.makeSymlink(name, target: "/etc/hostname") }
            if how.hasSuffix("fifo") { try folder.makeNode(name, kind: .fifo, mode: 0o644) }
        }
        do {
            _ = try await bench.copy(instruction, over: .nothing)
            Issue.record("it was copied")
        } catch let error as any DescribedError {
            #expect(error.message.contains("c"), "\(error.message)")
        }
    }

    // MARK: Heredocs and WORKDIR

    @Test("a heredoc is a file of mode 0644, under its name in a folder")
    func heredocs() throws {
        let copied = try bench.write(over: try bench.below { try $0.directory("there", mode: 0o700) }) { copier in
            try copier.write("text", named: "name", to: "/there")
            try copier.write("text", named: "name", to: "/new/")
            try copier.write("", named: "name", to: "/file")
        }
        #expect(
            copied.lines == [
                "/file file 644", "/new directory 755", "/new/name file 644", "/there directory 700",
                "/there/name file 644",
            ]
        )
        #expect(try copied.text("new/name") == "text")
        let error = failure {
            _ = try bench.write(over: .nothing) { copier in
                try copier.makeDirectories(TreePath(["x", "name"]), mode: 0o755)
                try copier.write("text", named: "name", to: "/x/")
            }
        }
        #expect((error as? ExecutionError)?.message == "/x/name: cannot replace a directory with a file")
    }

    @Test("directories are made with their missing parents; those that are there stay as they are")
    func makesDirectories() throws {
        let below = try bench.below { try $0.directory("a", mode: 0o700) }
        let copied = try bench.write(over: below) { try $0.makeDirectories(TreePath(["a", "b", "c"]), mode: 0o750) }
        #expect(copied.lines == ["/a directory 700", "/a/b directory 750", "/a/b/c directory 750"])
        let again = try bench.write(over: below) { try $0.makeDirectories(TreePath(["a"]), mode: 0o750) }
        #expect(again.lines.filter { $0.hasPrefix("/a ") && !$0.hasPrefix("/a directory 700") }.isEmpty)
    }
}
