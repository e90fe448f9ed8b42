internal import Bytes
internal import Layers
internal import Linux
internal import OCI

/// A docker archive as Docker wrote it before version 1.10 (Docker's image specification 1.0): `repositories` names layers
/// by ids, and each layer is a folder with its tar and a document that names its parent.
///
/// Config and manifest are made as Docker's migration made them; the layers are read once for their diffIDs.
struct OldDockerArchive {
    static let file: ByteString = "repositories"

    private let reader: ArchiveReader
    private var blobs: MadeBlobs
    /// What is known of layers by their ids.
    private var layers: [ByteString: Layer] = [:]

    private struct Layer {
        var document: JSONObject
        var descriptor: OCI.Descriptor
        var diffID: Digest
    }

    init(_ reader: ArchiveReader) {
        self.reader = reader
        blobs = MadeBlobs(path: reader.path, folder: reader.spool)
    }

    /// - Throws: `ContextsError`, `LayersError`, `CancellationError`.
    func images(_ document: [UInt8]) throws -> [ArchivedImage] {
        let repositories = try reader.json(document, OldDockerArchive.file).object?.members ?? []
        var names: [ByteString: [Reference]] = [:]
        var ids: [ByteString] = []
        for repository in repositories {
            for tag in repository.value.object?.members ?? [] {
                guard let id = tag.value.string else { throw malformed(OldDockerArchive.file, "ids by names and tags") }
                if names[id] == nil { ids.append(id) }
                do { names[id, default: []].append(try Reference(repository.name + ":" + tag.name)) } catch {
                    throw ContextsError.malformedDocument(OldDockerArchive.file.text, layout: reader.path, error)
                }
            }
        }
        guard !ids.isEmpty, ids.count <= DocumentLimits.manifests else {
            throw ContextsError.notAnImageArchive(reader.path, reason: "its file repositories names no image")
        }
        var archive = self
        var targets: [(id: ByteString, target: OCI.Descriptor)] = []
        for id in ids { targets.append((id, try archive.make(id))) }
        return targets.map {
            ArchivedImage(names: names[$0.id] ?? [], tags: [], target: $0.target, blobs: archive.blobs)
        }
    }

    private mutating func make(_ id: ByteString) throws -> OCI.Descriptor {
        var chain: [Layer] = []
        var next: ByteString? = id
        while let id = next {
            guard chain.count < DocumentLimits.layers else {
                throw malformed(id + "/json", "one of at most \(DocumentLimits.layers) parents")
            }
            let layer = try layer(id)
            chain.append(layer)
            let parent = layer.document["parent"]?.string
            next = parent?.isEmpty == false ? parent : nil
        }
        let top = chain[0].document
        chain.reverse()
        let configDocument: Document<ImageConfig>
        do {
            configDocument = try Document(
                bytes: JSONValue.object(OldDockerArchive.config(of: top, chain)).compact,
                declared: .dockerConfig
            )
        } catch { throw ContextsError.malformedDocument((id + "/json").escaped, layout: reader.path, error) }
        let manifest = Document(
            Manifest(mediaType: .dockerManifest, config: configDocument.descriptor, layers: chain.map(\.descriptor))
        )
        try blobs.add(configDocument)
        try blobs.add(manifest)
        var target = manifest.descriptor
        target.platform = configDocument.content.platform
        return target
    }

    /// What Docker's migration makes of the uppermost layer's document, so that the image's id is the same: all members
    /// but those that tell of the layer, by name (moby, "MakeConfigFromV1Config").
    private static func config(of top: JSONObject, _ chain: [Layer]) -> JSONObject {
        let dropped: Set<ByteString> = ["id", "parent", "Size", "parent_id", "layer_id", "throwaway"]
        var members = top.members.filter { !dropped.contains($0.name) && $0.name != "rootfs" && $0.name != "history" }
        members.append(.init(name: "history", value: .array(chain.map { .object($0.document.history) })))
        members.append(
            .init(
                name: "rootfs",
                value: ["type": "layers", "diff_ids": .array(chain.map { .string($0.diffID.description) })]
            )
        )
        return JSONObject(uniqueMembers: members.sorted { $0.name < $1.name })
    }

    private mutating func layer(_ id: ByteString) throws -> Layer {
        if let known = layers[id] { return known }
        // The id is part of a file's name.
        guard !id.bytes.contains(0x2F), id != ".." else { throw malformed(OldDockerArchive.file, "ids of layers") }
        let name = id + "/json"
        guard let document = try reader.json(try reader.document(name), name).object else {
            throw malformed(name, "an object")
        }
        let range = try reader.file(id + "/layer.tar")
        let start = try range.bytes(limit: Packing.markLength)
        guard Packing(start: start) == nil else {
            throw ContextsError.unsupportedLayer(id + "/layer.tar", archive: reader.path)
        }
        let diffID = try PlainFile.diffID(of: range, limits: reader.limits).diffID
        blobs.add(diffID, range)
        let descriptor = OCI.Descriptor(mediaType: .dockerLayer, digest: diffID, size: range.size)
        let layer = Layer(document: document, descriptor: descriptor, diffID: diffID)
        layers[id] = layer
        return layer
    }

    private func malformed(_ name: ByteString, _ expected: String) -> ContextsError {
        .malformedDocument(name.escaped, layout: reader.path, .malformedField("document", expected: expected))
    }
}

extension JSONObject {
    /// What such a document tells of how its layer was made.
    fileprivate var history: JSONObject {
        let command = (self["container_config"]?["Cmd"]?.array ?? []).compactMap(\.string).joined(separator: " ")
        var entry = JSONObject()
        entry["created"] = .string(self["created"]?.string ?? "0001-01-01T00:00:00Z")
        for (name, text) in [
            ("author", self["author"]?.string ?? ""), ("created_by", command),
            ("comment", self["comment"]?.string ?? ""),
        ] as [(ByteString, ByteString)] where !text.isEmpty { entry[name] = .string(text) }
        return entry
    }
}
