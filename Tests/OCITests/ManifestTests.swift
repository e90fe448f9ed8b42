import Bytes
import OCI
import Testing

/// Small documents for the tests of manifests and indexes.
private enum Sample {
    static let digest = "sha256:" + String(repeating: "0", count: 64)
    static let descriptor =
        #"{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"\#(digest)","size":7}"#
    static let config = #"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(digest)","size":2}"#

    static func manifest(_ members: String) -> [UInt8] { Array("{\"schemaVersion\":2,\(members)}".utf8) }
}

@Suite("Manifests")
struct ManifestTests {
    @Test("say the same after reading and writing, members that nobody knows included")
    func roundTrips() throws {
        let bytes = Sample.manifest(
            #""mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"a/b","config":\#(Sample.config),"#
                + #""layers":[\#(Sample.descriptor.dropLast()),"urls":["https://x"],"annotations":{"a":"b"},"data":"eA=="}],"#
                + #""subject":\#(Sample.config),"annotations":{"k":"v"},"more":{"x":[1.50]}"#
        )
        let document = try Document<Manifest>(bytes: bytes)
        #expect(Document(document.content).bytes == bytes)
        #expect(document.content.layers[0].size == 7)
        #expect(document.content.layers[0].annotations == ["a": "b"])
        #expect(document.content.artifactType?.text == "a/b")
    }

    @Test("keep the bytes and the digest of how they were written")
    func keepsBytes() throws {
        let bytes = Sample.manifest(#"  "layers": null, "config": \#(Sample.config)"#)
        let document = try Document<Manifest>(bytes: bytes)
        #expect(document.bytes == bytes)
        #expect(document.digest == Digest(of: bytes))
        #expect(document.content.layers == [])
        #expect(document.content.mediaType == .ociManifest)
        let expected = Descriptor(mediaType: .ociManifest, digest: Digest(of: bytes), size: Int64(bytes.count))
        #expect(document.descriptor == expected)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let members: String
        let error: OCIError
        var testDescription: String { members }
    }

    @Test(
        "that are malformed or could be something else are refused",
        arguments: [
            Refusal(members: #""layers":[]"#, error: .missingField("config")),
            Refusal(members: #""config":{}"#, error: .missingField("config.mediaType")),
            Refusal(
                members: #""config":\#(Sample.config),"layers":[{"mediaType":"a/b","digest":"sha256:../x","size":1}]"#,
                error: .malformedField("layers[0].digest", expected: "a digest")
            ),
            Refusal(
                members:
                    #""config":\#(Sample.config),"layers":[{"mediaType":"a/b","digest":"\#(Sample.digest)","size":-1}]"#,
                error: .malformedField("layers[0].size", expected: "a size of 0 or more")
            ),
            Refusal(
                members:
                    #""config":\#(Sample.config),"layers":[{"mediaType":"a/b","digest":"\#(Sample.digest)","size":1e99}]"#,
                error: .malformedField("layers[0].size", expected: "a whole number")
            ),
            Refusal(
                members:
                    #""config":\#(Sample.config),"layers":[{"mediaType":"ab","digest":"\#(Sample.digest)","size":1}]"#,
                error: .malformedField("layers[0].mediaType", expected: "a media type")
            ),
            Refusal(
                members: #""config":\#(Sample.config),"manifests":[]"#,
                error: .ambiguousDocument(field: "manifests")
            ),
            Refusal(
                members: #""config":\#(Sample.config),"Manifests":null"#,
                error: .ambiguousDocument(field: "Manifests")
            ),
            Refusal(members: #""fsLayers":[]"#, error: .oldManifestSchema),
            Refusal(
                members: #""mediaType":"application/vnd.oci.image.index.v1+json","config":\#(Sample.config)"#,
                error: .wrongMediaType(expected: .ociManifest, found: .ociIndex)
            ),
            Refusal(
                members:
                    #""config":\#(Sample.config),"layers":[\#(Array(repeating: Sample.descriptor, count: 513).joined(separator: ","))]"#,
                error: .tooMany(field: "layers", count: 513, limit: 512)
            ),
        ]
    )
    func refuses(_ refusal: Refusal) {
        #expect(throws: refusal.error) { try Document<Manifest>(bytes: Sample.manifest(refusal.members)) }
    }

    @Test("of schema version 1 are refused by that name")
    func refusesSchemaOne() {
        #expect(throws: OCIError.oldManifestSchema) {
            try ImageDocument(bytes: Array(#"{"schemaVersion":1,"name":"x","fsLayers":[]}"#.utf8))
        }
    }

    @Test("must be what their descriptor says: type, size and digest")
    func checksDescriptor() throws {
        let bytes = Document(
            Manifest(config: Descriptor(mediaType: .ociConfig, digest: try Digest(Sample.digest), size: 2), layers: [])
        ).bytes
        let right = Descriptor(mediaType: .ociManifest, digest: Digest(of: bytes), size: Int64(bytes.count))
        #expect(try Document<Manifest>(bytes: bytes, of: right).digest == right.digest)

        var long = right
        long.digest = Digest(of: bytes, algorithm: .sha512)
        #expect(try Document<Manifest>(bytes: bytes, of: long).digest == long.digest)

        var wrong = right
        wrong.size += 1
        #expect(throws: OCIError.wrongSize(right.digest, expected: wrong.size, found: right.size)) {
            try Document<Manifest>(bytes: bytes, of: wrong)
        }
        wrong = right
        wrong.digest = try Digest(Sample.digest)
        #expect(throws: OCIError.wrongDigest(expected: wrong.digest, found: right.digest)) {
            try Document<Manifest>(bytes: bytes, of: wrong)
        }
        wrong = right
        wrong.mediaType = .dockerManifest
        #expect(throws: OCIError.wrongMediaType(expected: .dockerManifest, found: .ociManifest)) {
            try Document<Manifest>(bytes: bytes, of: wrong)
        }
    }

    @Test("have as many layers as their config names")
    func checksConfig() throws {
        let layer = Descriptor(mediaType: .ociLayer, digest: try Digest(Sample.digest), size: 1)
        let manifest = Manifest(config: layer, layers: [layer, layer])
        var config = ImageConfig(platform: .host)
        config.diffIDs = [layer.digest]
        #expect(throws: OCIError.layersDoNotMatchConfig(layers: 2, diffIDs: 1)) { try manifest.check(config) }
        config.diffIDs.append(layer.digest)
        #expect(throws: Never.self) { try manifest.check(config) }
    }

    @Test("larger than four mebibytes are refused before they are read")
    func boundsSize() {
        let bytes = [UInt8](repeating: UInt8(ascii: " "), count: 4 << 20 | 1)
        #expect(throws: OCIError.documentTooLarge(size: bytes.count, limit: 4 << 20)) {
            try Document<Manifest>(bytes: bytes)
        }
    }

    @Test("nested deeper than any document is are refused")
    func boundsDepth() {
        let text = #"{"config":"# + String(repeating: "[", count: 100_000)
        #expect(throws: OCIError.malformedJSON(JSONError(problem: .tooDeep(limit: 64), offset: 73))) {
            try Document<Manifest>(bytes: Array(text.utf8))
        }
    }
}

@Suite("Indexes")
struct IndexTests {
    private func entry(_ size: Int64, _ platform: String?, isAttestation: Bool = false) throws -> Descriptor {
        var descriptor = Descriptor(mediaType: .ociManifest, digest: try Digest(Sample.digest), size: size)
        if let platform { descriptor.platform = try Platform(parsing: ByteString(platform)) }
        if isAttestation { descriptor.annotations["vnd.docker.reference.type"] = "attestation-manifest" }
        return descriptor
    }

    @Test("say the same after reading and writing, members that nobody knows included")
    func roundTrips() throws {
        let bytes = Sample.manifest(
            #""mediaType":"application/vnd.oci.image.index.v1+json","manifests":[\#(Sample.config.dropLast()),"#
                + #""platform":{"architecture":"arm","os":"linux","variant":"v7","features":["x"]},"artifactType":"a/b"}],"#
                + #""annotations":{"k":"v"},"more":1"#
        )
        let document = try Document<Index>(bytes: bytes)
        #expect(Document(document.content).bytes == bytes)
        #expect(document.content.manifests[0].platform?.text == "linux/arm/v7")
    }

    @Test("give the entries for a platform, best first, those without a platform last")
    func ranksEntries() throws {
        let index = Index(manifests: [
            try entry(1, nil), try entry(2, "linux/arm/v5"), try entry(3, "linux/amd64"), try entry(4, "linux/arm/v7"),
            try entry(5, "linux/arm/v7"), try entry(6, "unknown/unknown", isAttestation: true),
            try entry(7, nil, isAttestation: true), try entry(8, "linux/arm/v6"),
        ])
        #expect(index.candidates(for: try Platform(parsing: "linux/arm/v7")).map(\.size) == [4, 5, 8, 2, 1])
        #expect(index.candidates(for: try Platform(parsing: "linux/s390x")).map(\.size) == [1])
    }

    @Test(
        "are told from manifests by their own type, their members or the name they came under",
        arguments: [
            (#""manifests":[]"#, nil, true),
            (#""mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[]"#, nil, true),
            (#""manifests":null"#, .dockerIndex, true),
            (#""config":\#(Sample.config)"#, nil, false),
            (#""config":\#(Sample.config)"#, .dockerManifest, false),
            (#""manifests":[]"#, .json, true),
        ] as [(String, MediaType?, Bool)]
    )
    func isTold(_ members: String, _ declared: MediaType?, _ isIndex: Bool) throws {
        let document = try ImageDocument(bytes: Sample.manifest(members), declared: declared)
        #expect(document.descriptor.mediaType.isIndex == isIndex)
        if declared?.isDocker == true { #expect(document.descriptor.mediaType == declared) }
    }

    @Test("that could be manifests too are refused", arguments: ["config", "layers", "LAYERS", "fsLayers"])
    func refusesAmbiguity(_ name: String) {
        #expect(throws: OCIError.self) {
            try ImageDocument(bytes: Sample.manifest(#""manifests":[],"\#(name)":[]"#))
        }
    }

    @Test("with more entries than the limit are refused")
    func boundsEntries() {
        let entries = Array(repeating: Sample.config, count: 4097).joined(separator: ",")
        #expect(throws: OCIError.tooMany(field: "manifests", count: 4097, limit: 4096)) {
            try Document<Index>(bytes: Sample.manifest("\"manifests\":[\(entries)]"))
        }
    }

    @Test("of a layout say where blobs are")
    func layoutPaths() throws {
        #expect(ImageLayout.path(of: try Digest(Sample.digest)).text == "blobs/sha256/" + Sample.digest.dropFirst(7))
    }
}

@Suite("Errors of images")
struct OCIErrorTests {
    @Test("quote input without control characters and not at length")
    func quotesSafely() {
        let error = OCIError.malformedDigest(ByteString("a\u{1B}[31m" + String(repeating: "x", count: 10_000)))
        #expect(error.message.contains("a\\x1b[31mxx"))
        #expect(error.message.count < 200)
        #expect(error.remedy != nil)
    }
}
