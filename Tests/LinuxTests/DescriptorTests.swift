import Bytes
import Glibc
import Linux
import Testing

@Suite("Descriptors")
struct DescriptorTests {
    let scratch: Scratch
    var directory: Directory { scratch.directory }

    init() throws { scratch = try Scratch() }

    @Test("what is written is read back whole, at once, by pieces and by offset", arguments: [0, 1, 4096, 3_000_001])
    func roundTrip(_ size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try directory.write("file", ByteString(bytes))
        let file = try directory.open("file", flags: O_RDONLY)
        #expect(try file.readAll(limit: size) == bytes)
        #expect(try file.readAll(limit: 0).isEmpty, "the offset is at the end")
        var pieces: [UInt8] = []
        try directory.open("file", flags: O_RDONLY).readChunks { pieces += $0 }
        #expect(pieces == bytes)
        if size > 1 {
            var last = [UInt8](repeating: 0, count: 2)
            let count = try last.withUnsafeMutableBytes { try file.read(into: $0, at: Int64(size - 1)) }
            #expect(count == 1)
            #expect(last[0] == bytes[size - 1])
        }
    }

    @Test("more than the limit is refused, whatever the file's size said", arguments: [0, 9, 4999])
    func limits(_ limit: Int) throws {
        try directory.write("file", ByteString([UInt8](repeating: 1, count: 5000)))
        let error = failure { _ = try directory.open("file", flags: O_RDONLY).readAll(limit: limit) }
        #expect(error?.code == EFBIG)
        let endless = failure {
            _ = try Directory.open(hostPath: "/dev").open("zero", flags: O_RDONLY).readAll(limit: limit)
        }
        #expect(endless?.code == EFBIG)
    }

    @Test("files that tell no size are read to their end")
    func unsized() throws {
        let status = try Directory.open(hostPath: "/proc").openBeneath("self/status", flags: O_RDONLY)
        #expect(try ByteString(status.readAll(limit: 1 << 20)).hasPrefix("Name:"))
    }

    @Test("a copy shares the offset and outlives the original; both are closed on exec")
    func duplicates() throws {
        try directory.write("file", "abcd")
        var file: Descriptor? = try directory.open("file", flags: O_RDONLY)
        let copy = try #require(try file?.duplicate())
        var two = [UInt8](repeating: 0, count: 2)
        _ = try two.withUnsafeMutableBytes { try file?.read(into: $0) }
        let number = try #require(file?.number)
        #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
        #expect(fcntl(copy.number, F_GETFD) == FD_CLOEXEC)
        file = nil
        #expect(try ByteString(copy.readAll(limit: 10)) == "cd")
    }

    @Test("every way to open something closes it on exec")
    func closedOnExec() throws {
        try directory.write("file")
        let opened = [
            directory.descriptor, try directory.openBeneath("file", flags: O_RDONLY),
            try directory.open("file", flags: O_RDONLY), try directory.openNameless(mode: 0o600),
            try directory.openFollowing("file"), try Descriptor.standardOutput(),
            try directory.makeOrOpenDirectory("inner", mode: 0o755).descriptor,
        ]
        for descriptor in opened {
            #expect(fcntl(descriptor.number, F_GETFD) == FD_CLOEXEC)
            #expect(descriptor.number > 2)
        }
    }

    @Test("a file that shares another's blocks has its bytes, where the file system can do that")
    func clones() throws {
        try directory.write("file", "text")
        let copy = try directory.open("copy", flags: O_RDWR | O_CREAT, mode: 0o600)
        if copy.clone(from: try directory.open("file", flags: O_RDONLY)) {
            #expect(try directory.read("copy") == "text")
        } else {
            #expect(try copy.status().size == 0)
        }
    }
}
