import Bytes
import Contexts
import Glibc
import Linux
import OCI
import Testing

@Suite("Image layouts")
struct LayoutContextTests {
    /// A layout that a test fills.
    private struct Layout {
        let folder: Folder

        init() throws {
            folder = try Folder()
            try folder.write("oci-layout", ByteString(ImageLayout.versionContent))
        }

        @discardableResult
        func put(_ bytes: [UInt8]) throws -> Digest {
            let digest = Digest(of: bytes)
            try folder.write(ImageLayout.path(of: digest), ByteString(bytes))
            return digest
        }

        /// An image with one layer, and what names it.
        func image(_ architecture: ByteString = "amd64", named tag: ByteString? = nil) throws -> OCI.Descriptor {
            let layer = Array("layer of \(architecture.text)".utf8)
            let digest = try put(layer)
            var config = ImageConfig(platform: Platform(os: "linux", architecture: architecture))
            config.diffIDs = [digest]
            let configDocument = Document(config)
            try put(configDocument.bytes)
            let layers = [OCI.Descriptor(mediaType: .ociLayer, digest: digest, size: Int64(layer.count))]
            return try document(Document(Manifest(config: configDocument.descriptor, layers: layers)), named: tag)
        }

        func index(_ manifests: [OCI.Descriptor], named tag: ByteString? = nil) throws -> OCI.Descriptor {
            try document(Document(Index(manifests: manifests)), named: tag)
        }

        private func document(_ document: Document<some DocumentContent>, named tag: ByteString?) throws
            -> OCI.Descriptor
        {
            try put(document.bytes)
            var descriptor = document.descriptor
            if let tag { descriptor.annotations[Annotation.refName] = tag }
            return descriptor
        }

        func list(_ entries: [OCI.Descriptor]) throws {
            try folder.write("index.json", ByteString(Document(Index(manifests: entries)).bytes))
        }

        func open() throws -> LayoutContext { try LayoutContext(path: ByteString(folder.path)) }

        func architecture(tag: ByteString? = nil, digest: Digest? = nil, for platform: Platform = amd64) throws
            -> ByteString
        {
            try open().resolve(tag: tag, digest: digest, platform: platform).config.content.platform.architecture
        }

        /// The message of the error that resolving gives, the folder's own path left out.
        func failure(tag: ByteString? = nil, digest: Digest? = nil, for platform: Platform = amd64) -> String {
            do {
                _ = try architecture(tag: tag, digest: digest, for: platform)
                return "none"
            } catch {
                guard let error = error as? ContextsError else { return "\(error)" }
                return error.message.split(separator: folder.path, omittingEmptySubsequences: false).joined(
                    separator: "LAYOUT"
                )
            }
        }
    }

    private static let amd64 = Platform(os: "linux", architecture: "amd64")
    private static let arm64 = Platform(os: "linux", architecture: "arm64")

    private func with(_ platform: Platform, _ descriptor: OCI.Descriptor) -> OCI.Descriptor {
        var descriptor = descriptor
        descriptor.platform = platform
        return descriptor
    }

    @Test("an image is found by its tag, by latest where none is asked for, and by its digest")
    func tags() throws {
        let layout = try Layout()
        let (one, two) = (try layout.image("arm64", named: "v1"), try layout.image("amd64", named: "latest"))
        try layout.list([one, two])
        #expect(try layout.architecture(tag: "v1") == "arm64")
        #expect(try layout.architecture(tag: "latest") == "amd64")
        #expect(try layout.architecture() == "amd64")
        #expect(try layout.architecture(digest: one.digest) == "arm64")
        #expect(
            layout.failure(tag: "v2") == "LAYOUT has no image with the tag v2; there are v1, latest"
        )
    }

    @Test("the only image is taken where no tag is asked for, and one without a name by any tag")
    func single() throws {
        let layout = try Layout()
        try layout.list([try layout.image(named: "v1")])
        #expect(try layout.architecture() == "amd64")
        #expect(layout.failure(tag: "latest") == "LAYOUT has no image with the tag latest; there are v1")
        try layout.list([try layout.image()])
        #expect(try layout.architecture() == "amd64")
        #expect(try layout.architecture(tag: "latest") == "amd64")
        try layout.list([try layout.image(named: "a"), try layout.image("arm64", named: "b")])
        #expect(layout.failure() == "LAYOUT has several images and none with the tag latest; there are a, b")
        try layout.list([])
        #expect(layout.failure() == "LAYOUT is not an OCI image layout: its index.json lists no image")
    }

    @Test("of an index inside an index the image for the platform is taken, attestations never")
    func nested() throws {
        let layout = try Layout()
        var attestation = with(Self.amd64, try layout.image("riscv64"))
        attestation.annotations[Annotation.referenceType] = "attestation-manifest"
        let images = [
            attestation, with(Self.arm64, try layout.image("arm64")), with(Self.amd64, try layout.image("amd64")),
        ]
        try layout.list([try layout.index([try layout.index(images)], named: "latest")])
        #expect(try layout.architecture(for: Self.amd64) == "amd64")
        #expect(try layout.architecture(for: Self.arm64) == "arm64")
        let s390x = Platform(os: "linux", architecture: "s390x")
        #expect(layout.failure(for: s390x) == "LAYOUT has no image for linux/s390x; there are linux/arm64, linux/amd64")
    }

    @Test("entries that tell no platform are chosen by their configs; a single manifest is taken whatever it is for")
    func withoutPlatform() throws {
        let layout = try Layout()
        try layout.list([try layout.index([try layout.image("arm64"), try layout.image("amd64")])])
        #expect(try layout.architecture(for: Self.amd64) == "amd64")
        try layout.list([try layout.image("arm64")])
        #expect(try layout.architecture(for: Self.amd64) == "arm64")
    }

    @Test("indexes nested too deep are refused, and one that is named a thousand times is read once")
    func depth() throws {
        let layout = try Layout()
        var top = try layout.image("arm64")
        for _ in 0..<4 { top = try layout.index(Array(repeating: top, count: 50)) }
        try layout.list([top])
        #expect(layout.failure() == "LAYOUT has no image for linux/amd64; there are linux/arm64")
        #expect(try layout.architecture(for: Self.arm64) == "arm64")
        try layout.list([try layout.index([top])])
        #expect(layout.failure() == "LAYOUT has indexes nested deeper than 4")
    }

    @Test("an index that claims to hold itself fails by its digest")
    func selfContaining() throws {
        let layout = try Layout()
        let fake = Digest(of: [1])
        let index = Document(Index(manifests: [OCI.Descriptor(mediaType: .ociIndex, digest: fake, size: 400)]))
        var bytes = index.bytes
        bytes += Array(repeating: 0x20, count: 400 - bytes.count)
        try layout.folder.write(ImageLayout.path(of: fake), ByteString(bytes))
        try layout.list([OCI.Descriptor(mediaType: .ociIndex, digest: fake, size: 400)])
        #expect(layout.failure().contains("has the digest \(Digest(of: bytes)) instead of \(fake)"))
    }

    @Test("what is missing or wrong is named: version file, index, manifest, config, layer")
    func missing() throws {
        let layout = try Layout()
        let image = try layout.image()
        #expect(layout.failure() == "LAYOUT is not an OCI image layout: it has no file index.json")
        try layout.list([image])
        let found = try layout.open().resolve(tag: nil, digest: nil, platform: Self.amd64)
        let layer = found.manifest.content.layers[0]
        #expect(try layout.open().openBlob(layer).readAll(limit: 100) == Array("layer of amd64".utf8))

        var longer = layer
        longer.size += 1
        #expect(throws: ContextsError.self) { try layout.open().openBlob(longer) }
        let blobs = try layout.folder.folder("blobs/sha256")
        try blobs.removeFile(ByteString(layer.digest.hex))
        let error = #expect(throws: ContextsError.self) { try layout.open().openBlob(layer) }
        #expect(error?.message.hasSuffix(" lacks the blob \(layer.digest)") == true)

        let config = found.manifest.content.config.digest
        try layout.folder.write(ImageLayout.path(of: config), "{}")
        #expect(layout.failure().hasPrefix("the config \(config) of LAYOUT: "))
        try blobs.removeFile(ByteString(config.hex))
        #expect(layout.failure() == "LAYOUT lacks the blob \(config)")
        try blobs.removeFile(ByteString(image.digest.hex))
        #expect(layout.failure() == "LAYOUT lacks the blob \(image.digest)")
        #expect(layout.failure(digest: image.digest) == "LAYOUT lacks the blob \(image.digest)")

        try layout.folder.write("index.json", "[]")
        #expect(layout.failure().hasPrefix("index.json of LAYOUT: "))
        try layout.folder.write("oci-layout", #"{"imageLayoutVersion":"2.0"}"#)
        #expect(layout.failure().contains("version 2.0"))
        try layout.folder.directory.removeFile("oci-layout")
        #expect(layout.failure() == "LAYOUT is not an OCI image layout: it has no file oci-layout")
    }

    @Test("a blob that is a fifo, or a link out of the layout, is not read")
    func hostileBlobs() throws {
        let layout = try Layout()
        let image = try layout.image()
        try layout.list([image])
        let outside = try Folder()
        let blobs = try layout.folder.folder("blobs/sha256")
        let name = ByteString(image.digest.hex)
        try blobs.rename(name, to: "m", in: outside.directory)
        try blobs.makeSymlink(name, target: ByteString(outside.path + "/m"))
        #expect(layout.failure() == "LAYOUT lacks the blob \(image.digest)")
        try blobs.removeFile(name)
        try blobs.makeNode(name, kind: .fifo, mode: 0o644)
        #expect(layout.failure() == "LAYOUT lacks the blob \(image.digest)")
    }

    @Test("documents beyond 4 MiB are refused before they are read")
    func largeDocument() throws {
        let layout = try Layout()
        let digest = Digest(of: [2])
        try layout.folder.write(ImageLayout.path(of: digest), "")
        let file = try layout.folder.folder("blobs/sha256").open(ByteString(digest.hex), flags: O_RDWR)
        ftruncate(file.number, 1 << 40)
        try layout.list([OCI.Descriptor(mediaType: .ociManifest, digest: digest, size: 1 << 40)])
        #expect(
            layout.failure()
                == "the blob \(digest) of LAYOUT: the document has \(1 << 40) bytes; at most 4194304 are accepted"
        )
    }

    @Test(
        "a reference is read into folder, tag and digest",
        arguments: [
            ("oci-layout://a/b", "a/b", nil, false), ("oci-layout://a/b:v1", "a/b", "v1", false),
            ("/x:y/z", "/x:y/z", nil, false),
            ("a:t@DIGEST", "a", "t", true), ("oci-layout:///a@DIGEST", "/a", nil, true), ("a@b/c", "a@b/c", nil, false),
        ] as [(String, ByteString, ByteString?, Bool)]
    )
    func references(text: String, path: ByteString, tag: ByteString?, hasDigest: Bool) throws {
        let digest = Digest(of: [3])
        let text = text.split(separator: "DIGEST", omittingEmptySubsequences: false).joined(
            separator: digest.description
        )
        let reference = try LayoutReference(parsing: ByteString(text))
        #expect(reference.path == path)
        #expect(reference.tag == tag)
        #expect(reference.digest == (hasDigest ? digest : nil))
    }

    @Test(
        "a reference without a folder, with an empty tag or with a digest that is none is refused",
        arguments: ["", "oci-layout://", "a:", "a@", "a@sha256:12", ":t"]
    )
    func malformedReferences(_ text: String) {
        #expect(throws: ContextsError.self) { try LayoutReference(parsing: ByteString(text)) }
    }
}
