import Bytes
import Contexts
import Linux
import Testing
import Trees

@Suite("Finding the ignore file")
struct IgnoreFileTests {
    private func isIgnored(_ path: ByteString, by file: IgnoreFile?) throws -> Bool {
        try #require(file).rules.verdict(on: TreePath(parsing: path)).isIgnored
    }

    @Test("a file named after the Dockerfile wins over the context's own; without either there is none")
    func choice() throws {
        let folder = try Folder()
        let build = try folder.folder("build")
        #expect(try IgnoreFile.find(context: folder.directory, dockerfile: (build, "My")) == nil)
        try folder.write(".dockerignore", "general")
        let general = try IgnoreFile.find(context: folder.directory, dockerfile: (build, "My"))
        #expect(general?.name == ".dockerignore")
        #expect(try isIgnored("general", by: general))
        try folder.write("build/My.dockerignore", "only-here")
        let own = try IgnoreFile.find(context: folder.directory, dockerfile: (build, "My"))
        #expect(own?.name == "My.dockerignore")
        #expect(try isIgnored("only-here", by: own))
        #expect(try !isIgnored("general", by: own))
        #expect(try IgnoreFile.find(context: folder.directory)?.name == ".dockerignore")
    }

    @Test("a malformed rule is told with file and line")
    func malformed() throws {
        let folder = try Folder()
        try folder.write(".dockerignore", "fine\n[a\n")
        let error = #expect(throws: ContextsError.self) { try IgnoreFile.find(context: folder.directory) }
        #expect(error?.message.hasPrefix(".dockerignore: line 2: syntax error in pattern \"[a\": ") == true)
    }

    @Test("a link inside the context is followed; one that leads out, a fifo and a folder are errors, not empty rules")
    func kinds() throws {
        let folder = try Folder()
        let outside = try Folder()
        try outside.write("rules", "*")
        try folder.write("real", "ignored")
        try folder.link(".dockerignore", to: "real")
        #expect(try isIgnored("ignored", by: IgnoreFile.find(context: folder.directory)))
        let replacements: [() throws -> Void] = [
            { try folder.link(".dockerignore", to: ByteString(outside.path + "/rules")) },
            { try folder.directory.makeNode(".dockerignore", kind: .fifo, mode: 0o644) },
            { try folder.folder(".dockerignore") },
        ]
        for replace in replacements {
            try folder.directory.removeTree(".dockerignore")
            try replace()
            let error = #expect(throws: ContextsError.self) { try IgnoreFile.find(context: folder.directory) }
            #expect(error?.message.hasPrefix(".dockerignore cannot be read: ") == true)
        }
    }

    @Test("a file beyond 16 MiB is refused")
    func large() throws {
        let folder = try Folder()
        try folder.write(".dockerignore", ByteString(Array(repeating: 0x0A, count: (16 << 20) + 1)))
        #expect(throws: ContextsError.self) { try IgnoreFile.find(context: folder.directory) }
    }
}
