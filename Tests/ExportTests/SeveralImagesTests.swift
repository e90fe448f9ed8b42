import Bytes
import Glibc
import Layers
import Linux
import OCI
import Testing
import Trees

@testable import Export

/// Several images in one layout, and the archive of Docker.
@Suite("Several images in one file", .timeLimit(.minutes(20)))
struct SeveralImagesTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// A real layer of one file.
    private func layer(_ name: ByteString, _ compression: LayerCompression = .gzip) throws -> ReadyLayer {
        let text = Array("content of \(name.text)\n".utf8)
        let entry = TreeEntry(.file(ContentHash(of: text), size: UInt64(text.count)), Attributes(mode: 0o644))
        let change = Delta.Change.write(entry, modified: FileTime(seconds: 1_600_000_000), linkedTo: nil)
        let delta = Delta(entries: [Delta.Entry(path: TreePath([name]), change: change)])
        var bytes: [UInt8] = []
        let written = try LayerWriter(delta: delta, compression: compression) { [scratch] _ throws in
            let file = try scratch.blob(text)
            lseek(file.number, 0, SEEK_SET)
            return file
        }.pack { bytes += $0 }
        let descriptor = OCI.Descriptor(mediaType: written.mediaType, digest: written.digest, size: written.size)
        return ReadyLayer(descriptor: descriptor, diffID: written.diffID) { [scratch, bytes] in
            try scratch.blob(bytes)
        }
    }

    private func image(_ layers: [ReadyLayer], _ names: [String], _ label: ByteString = "") throws -> LayoutImage {
        LayoutImage(documents(layers, label), names: try names.map { try Reference($0) })
    }

    /// Two images that share their lowest layer; the first has two names.
    private func images() throws -> [LayoutImage] {
        let base = try layer("base")
        return [
            try image([base, try layer("one")], ["busybox:1", "ghcr.io/a/b:2"], "first"),
            try image([base, try layer("two", .uncompressed)], ["other"], "second"),
        ]
    }

    private func json(_ name: ByteString) throws -> JSONValue { try JSONValue(parsing: try scratch.read(name)) }

    @Test("a blob that two images have is written once, and the index has an entry for each name")
    func shared() throws {
        let images = try images()
        try LayoutExporter(images: images).write(to: .folder(scratch.path + "/layout"))
        let digests = Set(images.flatMap { $0.layers.map(\.descriptor.digest) })
        #expect(digests.count == 3)
        let names = try scratch.files("layout")
        #expect(names.count == 3 + 4 + 2)
        let index = try Document<Index>(bytes: try scratch.read("layout/index.json")).content
        #expect(
            index.manifests.map { $0.annotations[Annotation.imageName] }
                == ["docker.io/library/busybox:1", "ghcr.io/a/b:2", "docker.io/library/other:latest"]
        )
        #expect(index.manifests.map(\.digest) == [images[0], images[0], images[1]].map(\.manifest.digest))
    }

    @Test("Docker's manifest names config, familiar names and layers of each image, in order")
    func dockerManifest() throws {
        let images = try images() + [try image([], [])]
        try LayoutExporter(images: images, form: .dockerArchive).write(to: .folder(scratch.path + "/layout"))
        guard case .array(let entries) = try json("layout/manifest.json") else { throw ExportError.noFile("array") }
        #expect(entries.count == 3)
        for (entry, image) in zip(entries, images) {
            let paths = image.layers.map { JSONValue.string(ImageLayout.path(of: $0.descriptor.digest).text) }
            #expect(entry.object?["Layers"] == .array(paths))
            let config = ImageLayout.path(of: image.manifest.content.config.digest)
            #expect(entry.object?["Config"] == .string(config.text))
            #expect(try scratch.read("layout/" + config) == image.config)
        }
        #expect(
            entries.map { $0.object?["RepoTags"] } == [
                .array(["busybox:1", "ghcr.io/a/b:2"]), .array(["other:latest"]), .null,
            ]
        )
    }

    @Test("the same image twice is one, and a tar of a stream is that of a file")
    func twice() throws {
        let images = try images()
        let exporter = LayoutExporter(images: images, form: .dockerArchive)
        try exporter.write(to: .tarFile(scratch.path + "/a.tar"))
        let stream = try scratch.blob([])
        try exporter.write(to: .tarStream(stream))
        lseek(stream.number, 0, SEEK_SET)
        #expect(try stream.readAll(limit: 1 << 24) == scratch.read("a.tar"))
        try LayoutExporter(images: [images[0], images[0]]).write(to: .folder(scratch.path + "/layout"))
        let index = try Document<Index>(bytes: try scratch.read("layout/index.json")).content
        #expect(index.manifests.count == 2)
    }

    @Test("skopeo reads each image of an archive, as Docker's and as OCI's", .enabled(if: hasSkopeo))
    func skopeo() throws {
        try LayoutExporter(images: try images(), form: .dockerArchive).write(to: .tarFile(scratch.path + "/a.tar"))
        for (source, file) in [
            ("docker-archive:\(scratch.path):busybox:1", "one"),
            ("docker-archive:\(scratch.path):ghcr.io/a/b:2", "one"),
            ("docker-archive:\(scratch.path):other:latest", "two"), ("oci-archive:\(scratch.path):1", "one"),
            ("oci-archive:\(scratch.path):latest", "two"),
        ] {
            let archive = source.replacing(scratch.path.text, with: scratch.path.text + "/a.tar")
            let command = """
                cd '\(scratch.path)' && rm -rf copy && skopeo copy -q --insecure-policy '\(archive)' dir:copy 2>&1 \
                && for i in copy/*; do tar -xOf $i 2>/dev/null || true; done
                """
            let output = shell(command)
            #expect(output.contains("content of base\n") && output.contains("content of \(file)\n"), "\(output)")
        }
    }
}

/// An image of these layers, where a method hides the function of that name.
private func documents(_ layers: [ReadyLayer], _ label: ByteString) -> ImageDocuments { image(layers, label: label) }

/// What a shell prints.
private func shell(_ command: String) -> String {
    guard let pipe = popen(command, "r") else { return "" }
    defer { pclose(pipe) }
    var (text, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while true {
        let count = fread(&buffer, 1, buffer.count, pipe)
        if count == 0 { return String(decoding: text, as: UTF8.self) }
        text += buffer[..<count]
    }
}

private let hasSkopeo: Bool = {
    if access("/usr/bin/skopeo", X_OK) == 0 { return true }
    print("archives: skopeo does not look at them, for want of /usr/bin/skopeo")
    return false
}()
