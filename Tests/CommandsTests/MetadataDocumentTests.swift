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
            warnings: [["level": 1, "short": "YWI="]]
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
}
