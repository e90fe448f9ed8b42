import Bytes
import Glibc
import Linux
import Testing

@Suite("System errors")
struct SystemErrorTests {
    struct Case: CustomTestStringConvertible {
        let error: SystemError
        let message: String
        let hasRemedy: Bool

        init(_ code: CInt, _ path: ByteString?, says message: String, hasRemedy: Bool = false) {
            error = SystemError(code: code, call: "open", path: path)
            self.message = message
            self.hasRemedy = hasRemedy
        }

        var testDescription: String { message }
    }

    @Test(
        "a message tells the call, the path and the reason, safe for a terminal",
        arguments: [
            Case(ENOENT, "a/b", says: "open a/b: No such file or directory"),
            Case(ENOENT, nil, says: "open: No such file or directory"),
            Case(ENOENT, "", says: "open: No such file or directory"),
            Case(EISDIR, "x\u{1b}[31m\ny", says: "open x\\x1b[31m\\x0ay: Is a directory"),
            Case(ELOOP, ByteString([0xff]), says: "open \u{fffd}: Too many levels of symbolic links"),
            Case(ENOSPC, "a", says: "open a: No space left on device", hasRemedy: true),
            Case(EACCES, "a", says: "open a: Permission denied", hasRemedy: true),
            Case(EMFILE, "a", says: "open a: Too many open files", hasRemedy: true),
            Case(EROFS, "a", says: "open a: Read-only file system", hasRemedy: true),
            Case(12345, "a", says: "open a: error 12345"),
        ]
    )
    func messages(_ expected: Case) {
        #expect(expected.error.message == expected.message)
        #expect("\(expected.error)" == expected.message)
        #expect((expected.error.remedy != nil) == expected.hasRemedy)
    }

    @Test("a failing call tells its own code and name")
    func last() throws {
        let error = failure { _ = try Directory.open(hostPath: "/absent/folder") }
        #expect(error == SystemError(code: ENOENT, call: "open", path: "/absent/folder"))
        let scratch = try Scratch()
        try scratch.directory.write("file")
        #expect(failure { try scratch.directory.removeDirectory("file") }?.call == "rmdir")
        #expect(failure { _ = try scratch.directory.linkTarget("file") }?.message == "readlink file: Invalid argument")
    }

    @Test(
        "missing files and full disks are told from all else",
        arguments: [ENOENT, ENOTDIR, ENOSPC, EDQUOT, EIO, EPERM]
    )
    func kinds(_ code: CInt) {
        let error = SystemError(code: code, call: "x")
        #expect(error.isNotFound == (code == ENOENT || code == ENOTDIR))
        #expect(error.isFullDisk == (code == ENOSPC || code == EDQUOT))
    }

    @Test("an interrupted call is made again, another failure is told at once")
    func retries() throws {
        var tries = 0
        let value = try retrying("call") { () -> Int in
            tries += 1
            errno = EINTR
            return tries < 3 ? -1 : 7
        }
        #expect((value, tries) == (7, 3))
        let error = failure {
            try retrying("call", "path") { () -> Int in
                tries += 1
                errno = EIO
                return -1
            }
        }
        #expect(error == SystemError(code: EIO, call: "call", path: "path"))
        #expect(tries == 4)
    }

    @Test(
        "a name with a NUL byte never reaches a call, where it would be cut",
        arguments: ["\0", "a\0", "\0a", "a\0b"]
    )
    func nulBytes(_ text: String) throws {
        let name = ByteString(text)
        let error = failure { try name.withCPath { _ in _ = Issue.record("the call was made") } }
        #expect(error == SystemError(code: EINVAL, call: "name with a NUL byte", path: name))
    }

    @Test(
        "any other name reaches a call as it is",
        arguments: ["", "a", "\u{e9}", ByteString((1...255).map { UInt8($0) })]
    )
    func otherBytes(_ name: ByteString) throws {
        let copy = try name.withCPath { path in
            ByteString(UnsafeBufferPointer(start: path, count: strlen(path)).map { UInt8(bitPattern: $0) })
        }
        #expect(copy == name)
    }
}
