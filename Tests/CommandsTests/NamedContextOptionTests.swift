import BuildEngine
import Bytes
import OCI
import Testing

@testable import Commands

@Suite("--build-context")
struct NamedContextOptionTests {
    private static let hex = String(repeating: "ab", count: 32)

    struct Row: Sendable, CustomTestStringConvertible {
        var text: ByteString
        var name: ByteString
        var context: BuildRequest.NamedContext
        var testDescription: String { text.text }
    }

    static func rows() throws -> [Row] {
        let digest = try Digest("sha256:\(hex)")
        return [
            Row(text: "data=ctx2", name: "data", context: .folder("ctx2")),
            Row(text: "Data=a=b", name: "data", context: .folder("a=b")),
            Row(text: "a=oci-layout://l", name: "a", context: .layout(folder: "l", tag: nil, digest: nil)),
            Row(text: "a=oci-layout:///l:t", name: "a", context: .layout(folder: "/l", tag: "t", digest: nil)),
            Row(text: "a=oci-layout:///l:1/m", name: "a", context: .layout(folder: "/l:1/m", tag: nil, digest: nil)),
            Row(
                text: ByteString("a=oci-layout://l@sha256:\(hex)"),
                name: "a",
                context: .layout(folder: "l", tag: nil, digest: digest)
            ),
            Row(
                text: ByteString("a=oci-layout://l:t@sha256:\(hex)"),
                name: "a",
                context: .layout(folder: "l", tag: "t", digest: digest)
            ),
            Row(text: "a=oci-layout:///x@y/l", name: "a", context: .layout(folder: "/x@y/l", tag: nil, digest: nil)),
            Row(text: "a=docker-image://b:c", name: "a", context: .image("b:c")),
            Row(text: "docker.io/library/alpine:latest=x", name: "alpine", context: .folder("x")),
            Row(text: "alpine:3.20=x", name: "alpine:3.20", context: .folder("x")),
            Row(text: "ghcr.io/a/b=x", name: "ghcr.io/a/b", context: .folder("x")),
        ]
    }

    @Test("reads a name and what it stands for", arguments: try rows())
    func accepts(_ row: Row) throws {
        let option = try NamedContextOption(row.text)
        #expect(option.name == row.name)
        #expect(option.context == row.context)
    }

    @Test(
        "refuses other kinds of contexts by their name",
        arguments: zip(
            [
                "a=https://example.com/x.tar", "a=https://example.com/x.git#main", "a=git@github.com:a/b", "a=-",
                "a=target:b", "a=local:b", "a=input:b",
            ] as [ByteString],
            [
                "from a URL", "from a git repository", "from a git repository", "from standard input",
                "with a target of bake", "with local:b", "with input:b",
            ]
        )
    )
    func refused(_ text: ByteString, _ kind: String) throws {
        let error = try #require(throws: UsageError.self) { try NamedContextOption(text) }
        #expect(error.message == "--build-context \(kind) is not supported yet")
    }

    @Test(
        "refuses what is malformed",
        arguments: [
            "a", "a=", "=x", "a b=x", "a=oci-layout://", "a=oci-layout://l:", "a=oci-layout://l@sha256:ab",
            "a=docker-image://",
        ] as [ByteString]
    )
    func malformed(_ text: ByteString) throws {
        let error = try #require(throws: UsageError.self) { try NamedContextOption(text) }
        guard case .malformed("--build-context", text, _) = error else {
            Issue.record("another error: \(error)")
            return
        }
    }
}
