import Bytes
import Contexts
import Glibc
import Layers
import Linux
import OCI
import TestSupport
import Testing

@Suite("Archives of images")
struct ImageArchiveTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private static let amd64 = Platform(os: "linux", architecture: "amd64")
    private static let name = "docker.io/library/app:1"

    /// The plain tar of a layer; archives are told apart by its one file.
    private static func layer(_ text: String) -> [UInt8] {
        var tar = ArchiveTar()
        tar.add("file", text)
        return tar.ended
    }

    private static func config(_ layers: [[UInt8]]) -> [UInt8] {
        var config = ImageConfig(platform: amd64, mediaType: .dockerConfig)
        config.diffIDs = layers.map { Digest(of: $0) }
        return Document(config).bytes
    }

    private static func manifest(_ layers: [String], tags: String = #"["app:1"]"#, config: String = "config.json")
        -> String
    {
        let list = layers.map { "\"\($0)\"" }.joined(separator: ",")
        return #"[{"Config":"\#(config)","RepoTags":\#(tags),"Layers":[\#(list)]}]"#
    }

    /// A docker archive of one layer, which `edit` may add to.
    private static func docker(_ layers: [String] = ["a/layer.tar"], _ edit: (inout ArchiveTar) -> Void = { _ in })
        -> [UInt8]
    {
        var tar = ArchiveTar()
        let plain = layer("one")
        tar.add("a/", kind: "5")
        tar.add("a/layer.tar", plain)
        tar.add("config.json", config(layers.map { _ in plain }))
        edit(&tar)
        tar.add("manifest.json", manifest(layers))
        return tar.ended
    }

    private func open(_ bytes: [UInt8]) throws -> ImageArchive {
        try folder.write("archive.tar", ByteString(bytes))
        return try ImageArchive.open(ByteString(folder.path) + "/archive.tar", spool: folder.directory)
    }

    /// The message of the error that opening and reading gives, the folder's own path left out.
    private func failure(_ bytes: [UInt8]) -> String {
        do {
            let archive = try open(bytes)
            for image in archive.images { try check(image) }
            return "none"
        } catch {
            guard let error = error as? ContextsError else { return "\(error)" }
            return error.message.split(separator: folder.path + "/", omittingEmptySubsequences: false).joined()
        }
    }

    /// Reads all layers of an image, and compares their digests and diffIDs.
    @discardableResult
    private func check(_ image: ArchivedImage) throws -> ResolvedImage {
        let resolved = try image.resolve(for: Self.amd64)
        for (layer, diffID) in zip(resolved.manifest.content.layers, resolved.config.content.diffIDs) {
            let blob = try image.openBlob(layer)
            #expect(Digest(of: try blob.bytes(limit: 1 << 24)) == layer.digest)
            #expect(try PlainFile.diffID(of: blob).diffID == diffID)
        }
        return resolved
    }

    // MARK: Forms

    @Test("an image of a docker archive has the names and the layers that manifest.json tells, links followed")
    func docker() throws {
        let (one, two) = (Self.layer("one"), Self.layer("two"))
        var tar = ArchiveTar()
        tar.add("./config.json", Self.config([one, two, one, one]))
        tar.add("./a/layer.tar", one)
        tar.add("./b/layer.tar", two)
        tar.add("./c/layer.tar", kind: "2", link: "../a/layer.tar")
        tar.add("./d/layer.tar", kind: "1", link: "a/layer.tar")
        let layers = ["a/layer.tar", "b/layer.tar", "c/layer.tar", "d/layer.tar"]
        tar.add("./manifest.json", Self.manifest(layers, tags: #"["app:1","registry.example/team/app:2"]"#))
        let archive = try open(tar.ended)
        #expect(archive.form == .docker)
        let image = try #require(archive.images.first)
        #expect(archive.images.count == 1)
        #expect(image.names.map(\.description) == [Self.name, "registry.example/team/app:2"])
        let resolved = try check(image)
        #expect(resolved.manifest.digest == image.target.digest)
        #expect(resolved.manifest.content.layers.map(\.digest) == [one, two, one, one].map { Digest(of: $0) })
        #expect(resolved.manifest.content.layers.allSatisfy { $0.mediaType == .dockerLayer })
        #expect(resolved.config.bytes == Self.config([one, two, one, one]))
        #expect(image.target.platform == Self.amd64)
    }

    @Test("entries of one image are one image with all names, and one without names has none")
    func names() throws {
        let one = Self.layer("one")
        var tar = ArchiveTar()
        tar.add("config.json", Self.config([one]))
        tar.add("other.json", Self.config([]))
        tar.add("layer.tar", one)
        let first = Self.manifest(["layer.tar"]).dropLast()
        let second = Self.manifest(["layer.tar"], tags: #"["app:2","app:1"]"#).dropFirst().dropLast()
        let third = Self.manifest([], tags: "null", config: "other.json").dropFirst()
        tar.add("manifest.json", "\(first),\(second),\(third)")
        let archive = try open(tar.ended)
        #expect(archive.images.map { $0.names.map(\.familiar) } == [["app:1", "app:2"], []])
    }

    @Test("an archive of Docker before 1.10 is read by its folders, lowest parent first")
    func old() throws {
        let (one, two) = (Self.layer("one"), Self.layer("two"))
        let (low, high) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
        var tar = ArchiveTar()
        tar.add("repositories", #"{"app":{"1":"\#(high)"}}"#)
        tar.add(ByteString(low + "/layer.tar"), one)
        tar.add(ByteString(low + "/json"), #"{"id":"\#(low)","container_config":{"Cmd":["/bin/sh","-c","one"]}}"#)
        tar.add(ByteString(high + "/layer.tar"), two)
        let json = #"{"id":"\#(high)","parent":"\#(low)","os":"linux","architecture":"amd64","config":{"Env":["A=b"]}}"#
        tar.add(ByteString(high + "/json"), json)
        let archive = try open(tar.ended)
        #expect(archive.form == .oldDocker)
        let image = try #require(archive.images.first)
        #expect(image.names.map(\.description) == [Self.name])
        let document = try check(image).config
        let config = document.content
        #expect(config.diffIDs == [one, two].map { Digest(of: $0) })
        // The bytes of Docker's migration: members by name, those of the layer dropped; so the id is Docker's.
        let expected = """
            {"architecture":"amd64","config":{"Env":["A=b"]},"history":[{"created":"0001-01-01T00:00:00Z",\
            "created_by":"/bin/sh -c one"},{"created":"0001-01-01T00:00:00Z"}],"os":"linux","rootfs":{"type":"layers",\
            "diff_ids":["\(Digest(of: one))","\(Digest(of: two))"]}}
            """
        #expect(String(decoding: document.bytes, as: UTF8.self) == expected)
        #expect(config.config.env == ["A=b"])
        #expect(config.history.map(\.createdBy) == ["/bin/sh -c one", ""])
    }

    /// The files of a layout with an image for amd64 and one that is missing, under one index.
    private static func layout(annotations: [ByteString: ByteString]) -> (tar: ArchiveTar, config: Digest) {
        var tar = ArchiveTar()
        func put(_ bytes: [UInt8]) -> Digest {
            let digest = Digest(of: bytes)
            tar.add(ImageLayout.path(of: digest), bytes)
            return digest
        }
        let plain = layer("one")
        let layers = [Descriptor(mediaType: .ociLayer, digest: put(plain), size: Int64(plain.count))]
        var config = ImageConfig(platform: amd64)
        config.diffIDs = layers.map(\.digest)
        let document = Document(config)
        _ = put(document.bytes)
        let manifest = Document(Manifest(config: document.descriptor, layers: layers))
        _ = put(manifest.bytes)
        var here = manifest.descriptor
        here.platform = amd64
        var missing = Descriptor(mediaType: .ociManifest, digest: Digest(of: [1]), size: 100)
        missing.platform = Platform(os: "linux", architecture: "arm64")
        let index = Document(Index(manifests: [missing, here]))
        _ = put(index.bytes)
        var entry = index.descriptor
        entry.annotations = annotations
        tar.add("index.json", Document(Index(manifests: [entry, entry])).bytes)
        tar.add("oci-layout", ImageLayout.versionContent)
        return (tar, document.digest)
    }

    struct Naming: Sendable, CustomTestStringConvertible {
        var refName: ByteString?
        var imageName: ByteString?
        var names: [String] = []
        var tags: [ByteString] = []
        var testDescription: String { "\(refName ?? "-") \(imageName ?? "-")" }
    }

    @Test(
        "an image of a layout is named by containerd's annotation, or by that of the specification if it is a whole name",
        arguments: [
            Naming(),
            Naming(refName: "1", tags: ["1"]),
            Naming(refName: "app:1", names: [name]),
            Naming(refName: "1", imageName: "docker.io/library/app:1", names: [name], tags: ["1"]),
            Naming(refName: "Not a/name", tags: ["Not a/name"]),
        ]
    )
    func layoutNames(_ naming: Naming) throws {
        var annotations: [ByteString: ByteString] = [:]
        annotations[Annotation.refName] = naming.refName
        annotations[Annotation.imageName] = naming.imageName
        let archive = try open(Self.layout(annotations: annotations).tar.ended)
        #expect(archive.form == .layout)
        let image = try #require(archive.images.first)
        #expect(archive.images.count == 1)
        #expect(image.names.map(\.description) == naming.names)
        #expect(image.tags == naming.tags)
        try check(image)
        guard case .index(let index) = try image.document() else { throw ContextsError.missingArchive("index") }
        #expect(index.content.manifests.map { image.has($0.digest) } == [false, true])
    }

    @Test("of an archive that is a layout and a docker archive the layout counts, and manifest.json adds names")
    func both() throws {
        var (tar, config) = Self.layout(annotations: [:])
        let path = ImageLayout.path(of: config).text
        tar.add("manifest.json", Self.manifest(["x"], config: path))
        let archive = try open(tar.ended)
        #expect(archive.form == .layout)
        #expect(archive.images.map { $0.names.map(\.description) } == [[Self.name]])
        try archive.images.forEach { try check($0) }
    }

    @Test("a folder that is a layout has the same face as an archive")
    func layoutFolder() throws {
        let plain = Self.layer("one")
        try folder.write("oci-layout", ByteString(ImageLayout.versionContent))
        func put(_ bytes: [UInt8]) throws {
            try folder.write(ImageLayout.path(of: Digest(of: bytes)), ByteString(bytes))
        }
        var config = ImageConfig(platform: Self.amd64)
        config.diffIDs = [Digest(of: plain)]
        let layer = Descriptor(mediaType: .ociLayer, digest: Digest(of: plain), size: Int64(plain.count))
        let manifest = Document(Manifest(config: Document(config).descriptor, layers: [layer]))
        for bytes in [plain, Document(config).bytes, manifest.bytes] { try put(bytes) }
        var entry = manifest.descriptor
        entry.annotations[Annotation.refName] = "app:1"
        try folder.write("index.json", ByteString(Document(Index(manifests: [entry])).bytes))
        let archive = try ImageArchive.open(ByteString(folder.path), spool: folder.directory)
        #expect(archive.images.map { $0.names.map(\.description) } == [[Self.name]])
        try archive.images.forEach { try check($0) }
    }

    // MARK: Packing and pipes

    @Test("a packed archive is read, and one that comes by a pipe", arguments: ["gzip", "xz", "zstd", "bzip2", "cat"])
    func packed(program: String) throws {
        try folder.write("plain.tar", ByteString(Self.docker()))
        let command = "\(program) < '\(folder.path)/plain.tar'"
        guard system("command -v \(program) > /dev/null") == 0 else {
            print("not tested: \(program) is not installed")
            return
        }
        #expect(system("\(command) > '\(folder.path)/packed'") == 0)
        let packed = ByteString(folder.path) + "/packed"
        try check(try #require(ImageArchive.open(packed, spool: folder.directory).images.first))
        let pipe = try #require(popen(command, "r"))
        defer { pclose(pipe) }
        let end = try Linux.Descriptor(owning: dup(fileno(pipe))).duplicate()
        let archive = try ImageArchive(end, named: "pipe", spool: folder.directory)
        try check(try #require(archive.images.first))
        #expect(try folder.directory.names().sorted() == ["packed", "plain.tar"])
    }

    @Test("a layer that is packed in a docker archive keeps its bytes and has their digest")
    func packedLayer() throws {
        let plain = Self.layer("one")
        try folder.write("layer", ByteString(plain))
        #expect(system("gzip -c '\(folder.path)/layer' > '\(folder.path)/layer.gz'") == 0)
        let packed = try folder.directory.open("layer.gz", flags: O_RDONLY).readAll(limit: 1 << 20)
        var tar = ArchiveTar()
        tar.add("layer.tar", packed)
        tar.add("config.json", Self.config([plain]))
        tar.add("manifest.json", Self.manifest(["layer.tar"]))
        let image = try #require(open(tar.ended).images.first)
        let layer = try #require(try check(image).manifest.content.layers.first)
        #expect(layer.mediaType == .dockerLayerGzip)
        #expect(layer.digest == Digest(of: packed))
    }
}
