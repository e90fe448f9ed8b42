import Bytes
import OCI
import Testing

@testable import Commands

@Suite("--metadata-file")
struct MetadataDocumentTests {
    @Test("has the keys of buildx, sorted")
    func keys() throws {
        let manifest = try Digest("sha256:" + String(repeating: "a", count: 64))
        let document = MetadataDocument(
            manifest: Descriptor(mediaType: .ociManifest, digest: manifest, size: 7),
            configDigest: try Digest("sha256:" + String(repeating: "b", count: 64)),
            names: [try Reference("x"), try Reference("y:z")],
            warnings: ["ab"]
        )
        #expect(
            String(decoding: document.bytes, as: UTF8.self) == """
                {
                  "buildx.build.warnings": [
                    {
                      "level": 1,
                      "short": "YWI="
                    }
                  ],
                  "containerimage.config.digest": "sha256:\(String(repeating: "b", count: 64))",
                  "containerimage.descriptor": {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": "sha256:\(String(repeating: "a", count: 64))",
                    "size": 7
                  },
                  "containerimage.digest": "sha256:\(String(repeating: "a", count: 64))",
                  "image.name": "docker.io/library/x:latest,docker.io/library/y:z"
                }

                """
        )
    }

    @Test("is an empty object where no image was made")
    func noImage() { #expect(MetadataDocument().bytes == Array("{}\n".utf8)) }

    @Test(
        "encodes text in base 64 as RFC 4648 §10 does",
        arguments: zip(
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"],
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]
        )
    )
    func base64(_ text: String, _ encoded: String) { #expect(Base64.encoded(Array(text.utf8)) == encoded) }
}
