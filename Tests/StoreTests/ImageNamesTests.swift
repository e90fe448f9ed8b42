internal import Bytes
internal import OCI
internal import Store
internal import Testing

@Suite("Image names")
struct ImageNamesTests {
    @Test("lead to the manifest they were given to last, and are listed by name")
    func areKept() throws {
        let root = try TemporaryRoot()
        let state = try root.open()
        func image(_ name: String, _ byte: UInt8) -> NamedImage {
            NamedImage(
                name: name,
                manifest: Descriptor(mediaType: .ociManifest, digest: Digest(of: [byte]), size: 1),
                config: Digest(of: [byte, byte]),
                created: FileTime(seconds: Int64(byte), nanoseconds: 9)
            )
        }
        try state.images.put([image("docker.io/library/b:latest", 1), image("docker.io/library/a:1", 2)])
        try state.images.put([image("docker.io/library/b:latest", 3)])
        let other = try root.open()
        #expect(try other.images.all == [image("docker.io/library/a:1", 2), image("docker.io/library/b:latest", 3)])
        #expect(try other.images.image("docker.io/library/b:latest") == image("docker.io/library/b:latest", 3))
        #expect(try other.images.image("docker.io/library/c:latest") == nil)
        #expect(try other.images.remove("docker.io/library/a:1"))
        #expect(try !state.images.remove("docker.io/library/a:1"))
        #expect(try state.images.all.count == 1)
    }
}
