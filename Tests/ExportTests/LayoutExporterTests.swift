import Bytes
import Export
import Glibc
import Linux
import OCI
import Testing

/// OCI image layouts as a tar and as a folder.
@Suite("Image layouts", .timeLimit(.minutes(20)))
struct LayoutExporterTests {
    let scratch: Scratch
    let layers: [ReadyLayer]
    var tar: ByteString { scratch.path + "/out.tar" }
    var folder: ByteString { scratch.path + "/layout" }

    init() throws {
        scratch = try Scratch()
        layers = [
            ReadyLayer(Array("first".utf8), in: scratch), ReadyLayer([], in: scratch),
            ReadyLayer([UInt8](repeating: 7, count: 70_001), in: scratch),
        ]
    }

    private func write(_ image: ImageDocuments, _ names: [String] = [], to place: LayoutExporter.Destination) throws {
        try LayoutExporter(image: image, names: try names.map { try Reference($0) }).write(to: place)
    }

    /// What a layout of the image holds, by path.
    private func expected(_ image: ImageDocuments) -> Set<ByteString> {
        let digests = image.layers.map(\.descriptor.digest) + [image.config.digest, image.manifest.digest]
        return Set(digests.map(ImageLayout.path)).union([ImageLayout.indexFile, ImageLayout.versionFile])
    }

    private func index(_ bytes: [UInt8]) throws -> Index { try Document<Index>(bytes: bytes).content }

    // MARK: Tar

    @Test("two tars of one image are the same bytes, wherever and when they are written")
    func sameBytes() throws {
        try write(image(layers), ["a:1"], to: .tarFile(tar))
        let first = try scratch.read("out.tar")
        usleep(20_000)
        try write(image(layers), ["a:1"], to: .tarFile(tar))
        #expect(try scratch.read("out.tar") == first)
        let stream = try scratch.blob([])
        try write(image(layers), ["a:1"], to: .tarStream(stream))
        #expect(try stream.bytes() == first)
    }

    @Test("a tar has the documents, each layer once, the index and the version, and ends as a tar does")
    func tarContent() throws {
        let image = image(layers + [layers[0]])
        try write(image, to: .tarFile(tar))
        let bytes = try scratch.read("out.tar")
        let members = tarMembers(bytes)
        let files = members.filter { !$0.name.hasSuffix("/") }
        #expect(files.count == Set(files.map(\.name)).count)
        #expect(Set(files.map(\.name)) == expected(image))
        for file in files where file.name.hasPrefix("blobs/") {
            #expect(ImageLayout.path(of: Digest(of: file.content)) == file.name)
        }
        #expect(members.prefix(2).map(\.name) == ["blobs/", "blobs/sha256/"])
        #expect(bytes.count % 512 == 0 && bytes.suffix(1024).allSatisfy { $0 == 0 })
        #expect(try index(try #require(files.first { $0.name == "index.json" }).content).manifests.count == 1)
    }

    @Test("names are told in the index by the annotations that engines import by")
    func names() throws {
        let image = image(layers)
        try write(image, ["busybox", "ghcr.io/a/b:1.2"], to: .folder(folder))
        let entries = try index(try scratch.read("layout/index.json")).manifests
        #expect(entries.map(\.digest) == [image.manifest.digest, image.manifest.digest])
        let annotations = entries.map { [$0.annotations[Annotation.imageName], $0.annotations[Annotation.refName]] }
        #expect(annotations == [["docker.io/library/busybox:latest", "latest"], ["ghcr.io/a/b:1.2", "1.2"]])
        try write(image, to: .folder(folder))
        #expect(try index(try scratch.read("layout/index.json")).manifests.first?.annotations == [:])
    }

    // MARK: Folder

    @Test("a folder has what the image needs and nothing else")
    func folderContent() throws {
        let image = image(layers)
        try write(image, to: .folder(folder))
        #expect(try Set(scratch.files("layout")) == expected(image))
        for layer in layers {
            let path = "layout/" + ImageLayout.path(of: layer.descriptor.digest)
            #expect(try Digest(of: scratch.read(path)) == layer.descriptor.digest)
        }
        #expect(try scratch.read("layout/oci-layout") == ImageLayout.versionContent)
    }

    @Test("a layout that is there keeps its other blobs, and layers that it has are not written again")
    func addsToLayout() throws {
        let first = image(layers)
        try write(first, ["one"], to: .folder(folder))
        try scratch.write("layout/own-file", [1])
        let path = "layout/" + ImageLayout.path(of: layers[2].descriptor.digest)
        let inode = try scratch.directory.openBeneath(path, flags: O_RDONLY).status().inode
        let second = image([layers[2], ReadyLayer([3], in: scratch)], label: "second")
        try write(second, ["two"], to: .folder(folder))
        #expect(try Set(scratch.files("layout")) == expected(first).union(expected(second)).union(["own-file"]))
        #expect(try scratch.directory.openBeneath(path, flags: O_RDONLY).status().inode == inode)
        #expect(try index(try scratch.read("layout/index.json")).manifests.map(\.digest) == [second.manifest.digest])
    }

    @Test("a blob of another size under a layer's name is put right")
    func repairs() throws {
        try write(image(layers), to: .folder(folder))
        let path = "layout/" + ImageLayout.path(of: layers[2].descriptor.digest)
        try scratch.write(path, [1, 2, 3])
        try write(image(layers), to: .folder(folder))
        #expect(try Digest(of: scratch.read(path)) == layers[2].descriptor.digest)
    }

    @Test("a layer with another algorithm's digest is where its digest says", arguments: [true, false])
    func algorithms(_ isTar: Bool) throws {
        let image = image([ReadyLayer([5], algorithm: .sha512, in: scratch)])
        try write(image, to: isTar ? .tarFile(tar) : .folder(folder))
        let names = isTar ? tarMembers(try scratch.read("out.tar")).map(\.name) : try scratch.files("layout")
        #expect(Set(names.filter { !$0.hasSuffix("/") }) == expected(image))
        #expect(!isTar || names.contains("blobs/sha512/"))
    }

    @Test("two exports into one folder at the same time leave a whole layout")
    func concurrent() async throws {
        let images = (0..<4).map { image(layers, label: ByteString("\($0)")) }
        let folder = folder
        try await withThrowingTaskGroup(of: Void.self) { group in
            for image in images {
                group.addTask { try LayoutExporter(image: image, names: []).write(to: .folder(folder)) }
            }
            try await group.waitForAll()
        }
        #expect(try Set(scratch.files("layout")) == images.map(expected).reduce([]) { $0.union($1) })
        let winner = try index(try scratch.read("layout/index.json")).manifests.map(\.digest)
        #expect(images.contains { [$0.manifest.digest] == winner })
    }

    // MARK: Damage

    enum Damage: String, CaseIterable { case otherBytes, longer, shorter, empty, cannotBeOpened }
    enum Place: String, CaseIterable { case newTar, oldTar, newFolder, oldFolder }

    @Test(
        "a layer whose blob is not what it should be is refused, and nothing is left",
        arguments: Damage.allCases,
        Place.allCases
    )
    func damagedLayers(_ damage: Damage, _ place: Place) throws {
        let old = image([layers[0]], label: "old")
        if place == .oldTar { try write(old, to: .tarFile(tar)) }
        if place == .oldFolder { try write(old, to: .folder(folder)) }
        let before = try contents()

        let right = [UInt8](repeating: 9, count: 3000)
        var wrong = ReadyLayer(right, in: scratch)
        let bytes: [UInt8]? =
            switch damage {
            case .otherBytes: right.dropLast() + [8]
            case .longer: right + right
            case .shorter: Array(right.dropLast())
            case .empty: []
            case .cannotBeOpened: nil
            }
        wrong.open = { [scratch] in
            guard let bytes else { throw ExportError.missingBlob(Digest(of: right)) }
            return try scratch.blob(bytes)
        }
        let image = image([wrong], label: "new")
        let isTar = place == .newTar || place == .oldTar
        let error = failure { try write(image, to: isTar ? .tarFile(tar) : .folder(folder)) }
        switch error {
        case .damagedBlob(Digest(of: right)): #expect(damage != .cannotBeOpened)
        case .missingBlob: #expect(damage == .cannotBeOpened)
        default: Issue.record("\(String(describing: error))")
        }
        #expect(try contents() == before)
    }

    /// All files with their bytes' digests.
    private func contents() throws -> [ByteString: Digest] {
        var result: [ByteString: Digest] = [:]
        for file in try scratch.files() { result[file] = Digest(of: try scratch.read(file)) }
        result["folder is there"] = try scratch.directory.statusIfPresent("layout") == nil ? nil : Digest(of: [])
        return result
    }

    @Test("a destination is checked before anything is made", arguments: [true, false])
    func checks(_ isTar: Bool) throws {
        let missing = scratch.path + "/absent/out"
        #expect(failure { try LayoutExporter.check(isTar ? .tarFile(missing) : .folder(missing)) }?.code == ENOENT)
        #expect(failure { try LayoutExporter.check(isTar ? .tarFile(tar) : .folder(folder)) } == nil)
        try LayoutExporter.check(.tarStream(try scratch.blob([])))
        try scratch.directory.makeDirectory("layout", mode: 0o755)
        #expect(failure { try LayoutExporter.check(.folder(folder)) } == nil)
        #expect(failure { try LayoutExporter.check(.tarFile(folder)) }?.code == EISDIR)
        try scratch.write("file", [])
        #expect(failure { try LayoutExporter.check(.folder(scratch.path + "/file")) }?.code == ENOTDIR)
        try scratch.directory.removeFile("file")
        #expect(try scratch.files().isEmpty)
    }
}

/// A member of a tar of ustar headers with PAX records of a path.
private struct TarMember {
    let name: ByteString
    let content: [UInt8]
}

private func tarMembers(_ bytes: [UInt8]) -> [TarMember] {
    func text(_ range: Range<Int>) -> ByteString { ByteString(Array(bytes[range].prefix { $0 != 0 && $0 != 0x20 })) }
    var members: [TarMember] = []
    var longName: ByteString?
    var offset = 0
    while offset + 512 <= bytes.count, bytes[offset] != 0 {
        let prefix = text(offset + 345..<offset + 500)
        let name = text(offset..<offset + 100)
        let size = Int(text(offset + 124..<offset + 136).text, radix: 8) ?? 0
        let content = Array(bytes[(offset + 512)..<(offset + 512 + size)])
        if bytes[offset + 156] == UInt8(ascii: "x") {
            longName = ByteString(content).text.split(separator: "path=").last.map { ByteString($0.dropLast()) }
        } else {
            let short = prefix.isEmpty ? name : prefix + "/" + name
            members.append(TarMember(name: longName ?? short, content: content))
            longName = nil
        }
        offset += 512 + (size + 511) / 512 * 512
    }
    return members
}

extension Linux.Descriptor {
    /// All bytes from the start.
    fileprivate func bytes() throws -> [UInt8] {
        lseek(number, 0, SEEK_SET)
        return try readAll(limit: 1 << 24)
    }
}
