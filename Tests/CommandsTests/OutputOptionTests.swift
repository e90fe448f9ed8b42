import BuildEngine
import Bytes
import OCI
import Testing

@testable import Commands

@Suite("--output")
struct OutputOptionTests {
    struct Accepted: Sendable, CustomTestStringConvertible {
        var text: ByteString
        var output: BuildRequest.Output
        var testDescription: String { text.text }

        init(
            _ text: ByteString,
            to destination: ByteString?,
            isTar: Bool = true,
            _ compression: BuildRequest.Compression = .gzip,
            names: [String] = []
        ) throws {
            self.text = text
            let names = try names.map { try Reference($0) }
            output = .layout(
                .init(destination: destination, isTar: isTar, compression: compression, names: names)
            )
        }
    }

    static func accepted() throws -> [Accepted] {
        try [
            Accepted("type=oci,dest=a.tar", to: "a.tar"),
            Accepted("dest=a.tar,type=oci", to: "a.tar"),
            Accepted("type=oci", to: nil),
            Accepted("type=oci,dest=-", to: nil),
            Accepted("type=oci,dest=d,tar=false", to: "d", isTar: false),
            Accepted("type=oci,dest=d,tar=0", to: "d", isTar: false),
            Accepted("type=oci,dest=d,tar=true", to: "d"),
            Accepted("type=oci,dest=a,compression=uncompressed", to: "a", .uncompressed),
            Accepted("type=oci,dest=a,compression=gzip", to: "a"),
            Accepted("type=oci,dest=a,name=b:c", to: "a", names: ["b:c"]),
            Accepted("type=oci,dest=a,\"name=b,c:d\"", to: "a", names: ["b", "c:d"]),
            Accepted("type=oci,\"dest=a,b.tar\"", to: "a,b.tar"),
            Accepted("type=oci,\"dest=a\"\"b\"", to: "a\"b"),
            Accepted("type=oci,dest=a=b", to: "a=b"),
            Accepted("TYPE=oci,Dest=A", to: "A"),
            Accepted("type=oci,dest=a,oci-mediatypes=true", to: "a"),
        ]
    }

    @Test("reads what buildx writes", arguments: try accepted())
    func accepts(_ row: Accepted) throws {
        #expect(try OutputOption(row.text, isTerminal: false).output == row.output)
    }

    @Test("type=cacheonly makes nothing")
    func cacheOnly() throws {
        #expect(try OutputOption("type=cacheonly", isTerminal: true).output == .cacheOnly)
    }

    @Test(
        "refuses other types and keys of buildx by their name",
        arguments: zip(
            [
                "type=docker", "type=image,push=true", "type=local,dest=x", "type=registry", "type=tar,dest=x", "x",
                "-",
                "type=oci,dest=a,compression=zstd", "type=oci,dest=a,compression-level=3",
                "type=oci,dest=a,rewrite-timestamp=true", "type=oci,dest=a,annotation.x=y",
            ] as [ByteString],
            [
                "type=docker", "push=true", "type=local", "type=registry", "type=tar", "type=local", "type=tar",
                "compression=zstd", "compression-level=3", "rewrite-timestamp=true", "annotation.x",
            ]
        )
    )
    func refused(_ text: ByteString, _ name: String) throws {
        let error = try #require(throws: UsageError.self) { try OutputOption(text, isTerminal: false) }
        #expect(error.message == "--output \(name) is not supported yet")
    }

    @Test(
        "refuses what is malformed or incomplete",
        arguments: [
            "", "dest=a", "type=nonsense", "type=oci,dest", "type=oci,dest=a,what=x", "type=oci,tar=maybe,dest=a",
            "type=oci,tar=false", "type=oci,dest=a,compression=best", "type=oci,\"dest=a", "type=oci,dest=a\"b",
            "type=oci,dest=a,name=UPPER", "type=cacheonly,dest=a", "type=oci,\"dest=a\"b",
        ] as [ByteString]
    )
    func malformed(_ text: ByteString) throws {
        let error = try #require(throws: UsageError.self) { try OutputOption(text, isTerminal: false) }
        guard case .malformed("--output", text, _) = error else {
            Issue.record("another error: \(error)")
            return
        }
    }

    @Test("does not write a tar to a terminal")
    func terminal() throws {
        #expect(throws: UsageError.self) { try OutputOption("type=oci", isTerminal: true) }
        #expect(throws: UsageError.self) { try OutputOption("type=oci,dest=-", isTerminal: true) }
        #expect(throws: Never.self) { try OutputOption("type=oci,dest=a", isTerminal: true) }
    }
}
