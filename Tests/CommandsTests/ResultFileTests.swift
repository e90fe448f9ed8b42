import Bytes
import Glibc
import Testing

@testable import Commands

@Suite("Small files of results")
struct ResultFileTests {
    /// A new folder, gone at the end.
    private final class Folder {
        let path: String

        init() throws {
            var template = Array("/tmp/result-file-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }

        deinit {
            for name in names { unlink("\(path)/\(name)") }
            rmdir(path)
        }

        var names: [String] {
            guard let stream = opendir(path) else { return [] }
            defer { closedir(stream) }
            var result: [String] = []
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                    String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { result.append(name) }
            }
            return result.sorted()
        }

        func content(_ name: String) -> String? {
            guard let file = fopen("\(path)/\(name)", "r") else { return nil }
            defer { fclose(file) }
            var buffer = [UInt8](repeating: 0, count: 1000)
            let count = fread(&buffer, 1, 1000, file)
            return String(decoding: buffer.prefix(count), as: UTF8.self)
        }
    }

    @Test("are replaced whole, and leave nothing beside them")
    func replaced() throws {
        let folder = try Folder()
        let file = ResultFile(path: ByteString(folder.path + "/id"))
        try file.write(Array("first, longer".utf8))
        try file.write(Array("second".utf8))
        #expect(folder.content("id") == "second")
        #expect(folder.names == ["id"])
    }

    @Test("of an earlier build are gone before the next one begins")
    func stale() throws {
        let folder = try Folder()
        let file = ResultFile(path: ByteString(folder.path + "/id"))
        try file.write([0x61])
        file.removeStale()
        #expect(folder.names.isEmpty)
    }

    @Test("that are devices or links are written to, never replaced")
    func specialFile() throws {
        let folder = try Folder()
        try ResultFile(path: "/dev/null").write([0x61])
        #expect(symlink("target", folder.path + "/link") == 0)
        let file = ResultFile(path: ByteString(folder.path + "/link"))
        file.removeStale()
        try file.write([0x61])
        #expect(folder.names == ["link", "target"])
        #expect(folder.content("target") == "a")
    }

    @Test("that cannot be written are an error with the path and the reason")
    func failing() throws {
        let error = try #require(throws: FileWriteError.self) { try ResultFile(path: "/nowhere/id").write([0x61]) }
        #expect(error.message == "cannot write /nowhere/id: No such file or directory")
        #expect(throws: FileWriteError.self) { try ResultFile(path: "/dev/full").write([0x61]) }
    }
}
