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

        init(_ text: ByteString, _ output: BuildRequest.Output) {
            self.text = text
            self.output = output
        }

        init(
            _ text: ByteString,
            to destination: ByteString?,
            isTar: Bool = true,
            _ form: BuildRequest.LayoutOutput.Form = .oci,
            names: [String] = [],
            _ change: (inout BuildRequest.ImageSettings) -> Void = { _ in }
        ) throws {
            var settings = BuildRequest.ImageSettings()
            settings.usesOCITypes = form == .oci
            change(&settings)
            let names = try names.map { try Reference($0) }
            self.init(
                text,
                .layout(.init(destination: destination, isTar: isTar, form: form, names: names, settings: settings))
            )
        }

        init(image text: ByteString, _ change: (inout BuildRequest.ImageOutput) throws -> Void = { _ in }) throws {
            var image = BuildRequest.ImageOutput()
            try change(&image)
            self.init(text, .image(image))
        }
    }

    static func layouts() throws -> [Accepted] {
        try [
            Accepted("type=oci,dest=a.tar", to: "a.tar"), Accepted("dest=a.tar,type=oci", to: "a.tar"),
            Accepted("type=oci", to: nil), Accepted("type=oci,dest=-", to: nil),
            Accepted("type=oci,dest=d,tar=false", to: "d", isTar: false),
            Accepted("type=oci,dest=d,tar=0", to: "d", isTar: false), Accepted("type=oci,dest=d,tar=true", to: "d"),
            Accepted("type=oci,dest=a,name=b:c", to: "a", names: ["b:c"]),
            Accepted("type=oci,dest=a,\"name=b,c:d\"", to: "a", names: ["b", "c:d"]),
            Accepted("type=oci,\"dest=a,b.tar\"", to: "a,b.tar"), Accepted("type=oci,\"dest=a\"\"b\"", to: "a\"b"),
            Accepted("type=oci,dest=a=b", to: "a=b"), Accepted("TYPE=oci,Dest=A", to: "A"),
            Accepted("type=docker,dest=a", to: "a", .docker),
            Accepted("type=docker,dest=-", to: nil, .docker),
            Accepted("type=docker,dest=a,oci-mediatypes=true", to: "a", .docker) { $0.usesOCITypes = true },
        ]
    }

    static func settings() throws -> [Accepted] {
        try [
            Accepted("type=oci,dest=a,compression=uncompressed", to: "a") { $0.compression = .uncompressed },
            Accepted("type=oci,dest=a,compression=gzip,compression-level=9", to: "a") { $0.compressionLevel = 9 },
            Accepted("type=oci,dest=a,compression-level=22,compression=zstd", to: "a") {
                $0.compression = .zstd
                $0.compressionLevel = 22
            },
            Accepted("type=oci,dest=a,force-compression=1", to: "a") { $0.forcesCompression = true },
            Accepted("type=oci,dest=a,oci-mediatypes=false", to: "a") { $0.usesOCITypes = false },
            Accepted("type=oci,dest=a,rewrite-timestamp=true", to: "a") { $0.rewritesTimes = true },
            Accepted("type=oci,dest=a,annotation.a.b=c=d", to: "a") { $0.annotations = [.init("a.b", "c=d")] },
            Accepted("type=oci,dest=a,annotation-manifest-descriptor.k=v", to: "a") {
                $0.annotations = [.init("k", "v", place: .manifestDescriptor)]
            },
            Accepted("type=oci,dest=a,annotation-index[linux/arm64].k=v", to: "a") {
                $0.annotations = [.init("k", "v", place: .index, platform: try? Platform(parsing: "linux/arm64"))]
            },
            Accepted("type=oci,dest=a,annotation[linux/amd64].k=v", to: "a") {
                $0.annotations = [.init("k", "v", platform: try? Platform(parsing: "linux/amd64"))]
            },
        ]
    }

    static func others() throws -> [Accepted] {
        try [
            Accepted("type=cacheonly", .cacheOnly), Accepted("out", .folder("out")), Accepted("a=b", .folder("a=b")),
            Accepted("./x", .folder("./x")), Accepted("-", .tar(nil)), Accepted("type=local,dest=x", .folder("x")),
            Accepted("type=local,dest=x,platform-split=false,mode=copy", .folder("x")),
            Accepted("type=tar", .tar(nil)), Accepted("type=tar,dest=-", .tar(nil)),
            Accepted("type=tar,dest=x.tar", .tar("x.tar")), Accepted(image: "type=docker"),
            Accepted(image: "type=image"), Accepted(image: "type=image,unpack=true"),
            Accepted(image: "type=image,name=a/b") { $0.names = [try Reference("a/b")] },
            Accepted(image: "type=image,push=true,store=false") {
                $0.isPushed = true
                $0.isStored = false
            },
            Accepted(image: "type=registry") { $0.isPushed = true },
            Accepted(image: "type=registry,push=false"),
            Accepted(image: "type=registry,registry.insecure=true,push-by-digest=true") {
                $0.isPushed = true
                $0.isInsecure = true
                $0.isPushedByDigest = true
            },
            Accepted(image: "type=docker,compression=zstd") { $0.settings.compression = .zstd },
        ]
    }

    @Test("reads what buildx writes", arguments: try layouts() + settings() + others())
    func accepts(_ row: Accepted) throws {
        #expect(try OutputOption(row.text, isTerminal: false).output == row.output)
    }

    @Test(
        "refuses other types and keys of buildx by their name",
        arguments: zip(
            [
                "type=moby", "type=oci,dest=a,compression=estargz", "type=oci,dest=a,push=true",
                "type=image,name-canonical=true", "type=local,dest=x,mode=delete", "type=tar,dest=x,compression=gzip",
                "type=docker,context=x",
            ] as [ByteString],
            [
                "type=moby", "compression=estargz", "type=oci with push=true", "type=image with name-canonical=true",
                "type=local with mode=delete", "type=tar with compression=gzip", "type=docker with context=x",
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
            "", "dest=a,name=b", "type=nonsense", "type=oci,dest", "type=oci,dest=a,what=x",
            "type=oci,tar=maybe,dest=a",
            "type=oci,tar=false", "type=oci,dest=a,compression=best", "type=oci,\"dest=a", "type=oci,dest=a\"b",
            "type=oci,dest=a,name=UPPER", "type=cacheonly,dest=a", "type=oci,\"dest=a\"b", "type=local",
            "type=local,dest=", "type=oci,dest=a,compression-level=10",
            "type=oci,dest=a,compression=zstd,compression-level=23",
            "type=oci,dest=a,compression-level=x", "type=oci,dest=a,annotation-what.k=v",
            "type=oci,dest=a,annotation[linux/x/y/z].k=v", "type=image,push=maybe",
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
        for text in ["type=oci", "type=oci,dest=-", "type=docker,dest=-", "type=tar", "-"] as [ByteString] {
            #expect(throws: UsageError.self) { try OutputOption(text, isTerminal: true) }
        }
        for text in ["type=oci,dest=a", "type=docker", "type=image", "x"] as [ByteString] {
            #expect(throws: Never.self) { try OutputOption(text, isTerminal: true) }
        }
    }
}
