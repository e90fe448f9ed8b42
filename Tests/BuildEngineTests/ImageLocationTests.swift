import BuildEngine
import Bytes
import Testing

@Suite("Words for images")
struct ImageLocationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var word: ByteString
        var location: ImageLocation
        var testDescription: String { word.text }

        init(_ word: ByteString, _ location: ImageLocation) { (self.word, self.location) = (word, location) }
    }

    @Test(
        "mean a name unless they start as a path or say what they are",
        arguments: [
            Row("app:1", .named("app:1")),
            Row("app.tar", .named("app.tar")),
            Row("./app.tar", .archive("./app.tar", image: nil)),
            Row("/a:b", .archive("/a:b", image: nil)),
            Row("-", .archive("-", image: nil)),
            Row("archive:app.tar", .archive("app.tar", image: nil)),
            Row("archive:app.tar:app:1", .archive("app.tar", image: "app:1")),
            Row("docker-archive:a/b.tar:app:1", .archive("a/b.tar", image: "app:1")),
            Row("oci:dir:latest", .archive("dir", image: "latest")),
            Row("oci-archive:x.tar", .archive("x.tar", image: nil)),
            Row("oci-layout://dir@sha256:ab", .archive("dir", image: "sha256:ab")),
        ]
    )
    func parsed(_ row: Row) { #expect(ImageLocation(row.word) == row.location) }
}
