import Bytes
import OCI
import Testing

@Suite("Digests")
struct DigestTests {
    private static let ofABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test("of both algorithms read back as they are written")
    func roundTrips() throws {
        let long = "sha512:" + String(repeating: "0f", count: 64)
        #expect(try Digest(Self.ofABC).description == Self.ofABC)
        #expect(try Digest(long).description == long)
        #expect(try Digest(long).algorithm == .sha512)
    }

    @Test(
        "that could be something else are refused",
        arguments: [
            "", "sha256", "sha256:", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e",
            "sha256:../../../../../../../../../../../../../../../../../../../../../x",
            "SHA256:" + ofABC.dropFirst(7), ofABC.uppercased(), "sha256:" + ofABC.dropFirst(7).uppercased(),
            ofABC + "0",
            " " + ofABC, ofABC + "\n", "sha256:" + String(repeating: "g", count: 64),
            "sha512:" + ofABC.dropFirst(7), "sha256+b64:" + ofABC.dropFirst(7),
        ]
    )
    func refuses(_ text: String) {
        #expect(throws: OCIError.malformedDigest(ByteString(text))) { try Digest(text) }
    }

    @Test("are the hash functions' known values")
    func knownValues() {
        let abc = Array("abc".utf8)
        #expect(Digest(of: abc).description == Self.ofABC)
        #expect(
            Digest(of: abc, algorithm: .sha512).hex
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        )
    }

    @Test("of bytes in parts are those of the whole", arguments: Digest.Algorithm.allCases)
    func hashesInParts(_ algorithm: Digest.Algorithm) {
        var hasher = DigestHasher(algorithm)
        hasher.update(Array("a".utf8))
        hasher.update(Array("bc".utf8))
        #expect(hasher.finalize() == Digest(of: Array("abc".utf8), algorithm: algorithm))
    }

    @Test("go to a compact hash and back where they are SHA-256")
    func convertsToContentHash() throws {
        let hash = ContentHash(of: Array("abc".utf8))
        #expect(Digest(hash).description == Self.ofABC)
        #expect(try Digest(Self.ofABC).contentHash == hash)
        #expect(Digest(of: [], algorithm: .sha512).contentHash == nil)
    }
}

@Suite("Media types")
struct MediaTypeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        var isIndex = false
        var isManifest = false
        var isConfig = false
        var compression: MediaType.Compression?
        var isForeign = false
        var testDescription: String { text }
    }

    @Test(
        "say what the content is",
        arguments: [
            Case(text: "application/vnd.oci.image.index.v1+json", isIndex: true),
            Case(text: "application/vnd.docker.distribution.manifest.list.v2+json", isIndex: true),
            Case(text: "application/vnd.oci.image.manifest.v1+json", isManifest: true),
            Case(text: "application/vnd.docker.distribution.manifest.v2+json", isManifest: true),
            Case(text: "application/vnd.docker.distribution.manifest.v1+prettyjws"),
            Case(text: "application/vnd.oci.image.config.v1+json", isConfig: true),
            Case(text: "application/vnd.docker.container.image.v1+json", isConfig: true),
            Case(text: "application/vnd.oci.image.layer.v1.tar", compression: .uncompressed),
            Case(text: "application/vnd.oci.image.layer.v1.tar+gzip", compression: .gzip),
            Case(text: "application/vnd.oci.image.layer.v1.tar+zstd", compression: .zstd),
            Case(text: "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"),
            Case(text: "application/vnd.docker.image.rootfs.diff.tar", compression: .uncompressed),
            Case(text: "application/vnd.docker.image.rootfs.diff.tar.gzip", compression: .gzip),
            Case(text: "application/vnd.docker.image.rootfs.diff.tar.zstd", compression: .zstd),
            Case(
                text: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                compression: .gzip,
                isForeign: true
            ),
            Case(
                text: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                compression: .gzip,
                isForeign: true
            ),
            Case(text: "application/octet-stream"),
        ]
    )
    func classifies(_ expected: Case) throws {
        let type = try MediaType(expected.text)
        #expect(type.isIndex == expected.isIndex)
        #expect(type.isManifest == expected.isManifest)
        #expect(type.isConfig == expected.isConfig)
        #expect(type.compression == expected.compression)
        #expect(type.isLayer == (expected.compression != nil))
        #expect(type.isForeignLayer == expected.isForeign)
    }

    @Test("of layers name the compression they were asked for", arguments: MediaType.Compression.allCases)
    func namesLayers(_ compression: MediaType.Compression) {
        #expect(MediaType.ociLayer(compression).compression == compression)
        #expect(MediaType.dockerLayer(compression).compression == compression)
        #expect(MediaType.dockerLayer(compression).isDocker)
    }

    @Test(
        "are a type and a subtype",
        arguments: ["", "text", "a/b/c", "/x", "x/", "text/plain; q=1", "tex t/x", "a/ü"]
    )
    func refuses(_ text: String) {
        #expect(throws: OCIError.malformedMediaType(ByteString(text))) { try MediaType(text) }
    }

    @Test("of a header come without parameters and in lower case")
    func readsHeader() throws {
        let header: ByteString = "Application/vnd.OCI.image.index.v1+json ; charset=utf-8"
        #expect(try MediaType(header: header) == .ociIndex)
        #expect(throws: OCIError.malformedMediaType("; x")) { try MediaType(header: "; x") }
    }
}
