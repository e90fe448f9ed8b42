import Bytes
import Graph
import Testing

@Suite("--chmod")
struct ModeChangeTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let text: ByteString
        let mode: UInt16
        let result: UInt16
        var isDirectory = false
        var testDescription: String { "\(text) of \(String(mode, radix: 8))" }
    }

    @Test(
        "a mode comes of another",
        arguments: [
            Row(text: "755", mode: 0o600, result: 0o755),
            Row(text: "0", mode: 0o600, result: 0),
            Row(text: "07777", mode: 0o600, result: 0o7777),
            Row(text: "u+x", mode: 0o644, result: 0o744),
            Row(text: "+x", mode: 0o644, result: 0o755),
            Row(text: "a-w", mode: 0o666, result: 0o444),
            Row(text: "go=", mode: 0o777, result: 0o700),
            Row(text: "g=u", mode: 0o740, result: 0o770),
            Row(text: "o=g-w", mode: 0o670, result: 0o675),
            Row(text: "u=rwX,go=rX", mode: 0o644, result: 0o644),
            Row(text: "u=rwX,go=rX", mode: 0o600, result: 0o755, isDirectory: true),
            Row(text: "a+X", mode: 0o611, result: 0o711),
            Row(text: "a+X", mode: 0o600, result: 0o600),
            Row(text: "u+s", mode: 0o755, result: 0o4755),
            Row(text: "g+s", mode: 0o755, result: 0o2755),
            Row(text: "+t", mode: 0o755, result: 0o1755),
            Row(text: "u-s", mode: 0o4755, result: 0o755),
            Row(text: "ug+rw,o-rwx", mode: 0o107, result: 0o760),
            Row(text: "u+r-x", mode: 0o100, result: 0o400),
        ]
    )
    func applies(_ row: Row) throws {
        let change = try #require(ModeChange(row.text))
        #expect(change.applied(to: row.mode, isDirectory: row.isDirectory) == row.result)
        #expect(ModeChange(ByteString(change.text)) == change)
    }

    @Test(
        "anything else is no mode",
        arguments: [
            "", "8", "10000", "777777777", "u", "u+q", "x", "755,u+x", "u+x,", ",u+x", "u x", "-", "rwxr-xr-x", "u+x 1",
        ].filter { $0 != "-" } as [ByteString]
    )
    func malformed(_ text: ByteString) {
        #expect(ModeChange(text) == nil)
    }
}
