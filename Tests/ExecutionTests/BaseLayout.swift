import Bytes
import Contexts
import Glibc
import Graph
import Layers
import Linux
import OCI
import Store
import Testing
import Trees

/// An image in an OCI layout on the disk, with one layer for each list of files.
struct BaseLayout {
    let context: LayoutContext
    let manifest: OCI.Descriptor
    let config: Document<ImageConfig>
    let layers: [OCI.Descriptor]

    /// What a caller may get wrong.
    enum Fault { case none, wrongDiffID, wrongBytes, missingBlob, missingDiffID }

    init(_ contents: [[ByteString: ByteString]], in scratch: Scratch, _ folder: ByteString, fault: Fault = .none) throws
    {
        var layers: [OCI.Descriptor] = []
        var config = ImageConfig(platform: .host)
        for (number, files) in contents.enumerated() {
            let upper = try scratch.folder(ByteString("uppers/\(number)"))
            let writer = try UpperWriter(upper: upper, below: .nothing)
            for (path, text) in files.sorted(by: { $0.key < $1.key }) { try writer.file(path, text) }
            var bytes: [UInt8] = []
            let packed = try LayerWriter(upper: upper, delta: try writer.finish()).pack { bytes += $0 }
            try scratch.directory.removeTree("uppers")
            layers.append(OCI.Descriptor(mediaType: packed.mediaType, digest: packed.digest, size: packed.size))
            config.diffIDs.append(fault == .wrongDiffID ? Digest(of: [1]) : packed.diffID)
            if fault == .wrongBytes { bytes[bytes.count / 2] ^= 1 }
            if fault != .missingBlob { try BaseLayout.put(bytes, packed.digest, in: scratch, folder) }
        }
        if fault == .missingDiffID { config.diffIDs.removeLast() }
        self.config = Document(config)
        self.layers = layers
        let manifest = Document(Manifest(config: self.config.descriptor, layers: layers))
        self.manifest = manifest.descriptor
        for (bytes, digest) in [(self.config.bytes, self.config.digest), (manifest.bytes, manifest.digest)] {
            try BaseLayout.put(bytes, digest, in: scratch, folder)
        }
        let index = Document(Index(manifests: [manifest.descriptor]))
        try scratch.write(folder + "/index.json", ByteString(index.bytes))
        try scratch.write(folder + "/oci-layout", ByteString(ImageLayout.versionContent))
        context = try LayoutContext(path: scratch.path + "/" + folder)
    }

    private static func put(_ bytes: [UInt8], _ digest: Digest, in scratch: Scratch, _ folder: ByteString) throws {
        try scratch.write(folder + "/" + ImageLayout.path(of: digest), ByteString(bytes))
    }

    /// Puts the image into a store, under a name.
    func put(into store: StateRoot, name: String) throws {
        for layer in layers {
            let bytes = try context.openBlob(layer).readAll(limit: 1 << 24)
            _ = try store.content.store(bytes, mediaType: layer.mediaType)
        }
        _ = try store.content.store(config.bytes, mediaType: .ociConfig)
        let manifest = Document(Manifest(config: config.descriptor, layers: layers))
        _ = try store.content.store(manifest.bytes, mediaType: .ociManifest)
        try store.images.put([try NewImage(manifest: manifest, config: config, names: [try Reference(name)])])
    }
}

extension Scratch {
    /// Opens a state root in it as a process of its own would.
    func store(_ name: ByteString = "state") throws -> StateRoot {
        var options = StateRoot.Options()
        options.sharesConnection = false
        return try StateRoot(path: path + "/" + name, options: options)
    }
}
