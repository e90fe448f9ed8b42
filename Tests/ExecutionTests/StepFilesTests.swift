import Bytes
import Glibc
import Linux
import Sandbox
import Testing

@testable import Execution

/// What every RUN finds in /etc.
@Suite("Files of every step")
struct StepFilesTests {
    @Test("hosts, hostname and resolv.conf say what they should, and nobody but root writes them")
    func content() throws {
        let scratch = try Scratch()
        let folder = try scratch.folder("etc")
        _ = try StepFiles(in: folder, hostname: "build")
        func text(_ name: ByteString) throws -> String {
            ByteString(try folder.open(name, flags: O_RDONLY).readAll(limit: 1 << 20)).text
        }
        #expect(try folder.names().sorted() == ["hostname", "hosts", "resolv.conf"])
        #expect(try text("hostname") == "build\n")
        let hosts = try text("hosts").split(separator: "\n").map { $0.split(separator: "\t") }
        #expect(hosts.map { $0[0] } == ["127.0.0.1", "::1"])
        #expect(hosts[0][1].split(separator: " ") == ["localhost", "build"])
        let host = try? Directory.open(hostPath: "/etc").openFollowing("resolv.conf").readAll(limit: 1 << 20)
        #expect(try text("resolv.conf") == ByteString(host ?? []).text)
        for name in try folder.names() { #expect(try folder.status(name).mode & 0o022 == 0) }
    }

    @Test("they are made for the places in /etc, as files")
    func targets() {
        let names = StepFiles.targets.map(\.path.names)
        #expect(names == [["etc", "hosts"], ["etc", "hostname"], ["etc", "resolv.conf"]])
        #expect(StepFiles.targets.allSatisfy { !$0.isDirectory })
    }
}
