import Bytes
import Glibc
import OCI

/// An image that was exported as a folder, read and checked by its digests.
struct ExportedImage {
    let folder: String
    let outcome: BuildOutcome
    let manifest: Manifest
    let manifestDigest: Digest
    let config: ImageConfig

    init(_ folder: String, outcome: BuildOutcome) throws {
        self.folder = folder
        self.outcome = outcome
        let index = try Document<Index>(bytes: try readFile(folder + "/index.json")).content
        guard let entry = index.manifests.first, index.manifests.count == 1 else {
            throw DriverError("\(folder)/index.json names \(index.manifests.count) manifests")
        }
        manifestDigest = entry.digest
        manifest = try Document<Manifest>(bytes: try ExportedImage.blob(entry, in: folder), of: entry).content
        let configBytes = try ExportedImage.blob(manifest.config, in: folder)
        config = try Document<ImageConfig>(bytes: configBytes, of: manifest.config).content
        try manifest.check(config)
    }

    /// Each layer's digest.
    var layers: [Digest] { manifest.layers.map(\.digest) }

    /// The names of the files in `blobs/sha256`.
    var blobNames: [String] { names(in: folder + "/blobs/sha256") }

    /// The plain bytes of a layer.
    func plainLayer(_ descriptor: Descriptor) throws -> [UInt8] {
        let path = ExportedImage.path(of: descriptor, in: folder)
        return try run("gzip", "-dcf", path).standardOutput
    }

    /// The blobs in which some text stands, as they are or decompressed.
    func blobs(containing text: String) throws -> [String] {
        try blobNames.filter { name in
            try run("gzip", "-dcf", "\(folder)/blobs/sha256/\(name)").standardOutput.contains(text.utf8)
        }
    }

    /// The names in a layer's tar, as `tar` prints them.
    func entries(ofLayer position: Int) throws -> [String] {
        let path = ExportedImage.path(of: manifest.layers[position], in: folder)
        return try run("tar", "--quoting-style=literal", "-tf", path).output.split(separator: "\n").map(String.init)
    }

    /// Puts the image's files into a folder with `umoci`, and returns that folder.
    func unpacked() throws -> String {
        let root = folder + ".unpacked"
        try run("umoci", "raw", "unpack", "--image", folder + ":latest", root)
        return root
    }

    private static func blob(_ descriptor: Descriptor, in folder: String) throws -> [UInt8] {
        try readFile(path(of: descriptor, in: folder))
    }

    private static func path(of descriptor: Descriptor, in folder: String) -> String {
        "\(folder)/blobs/\(descriptor.digest.algorithm.rawValue)/\(descriptor.digest.hex)"
    }
}
