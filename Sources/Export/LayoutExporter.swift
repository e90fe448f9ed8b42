package import Bytes
internal import Glibc
internal import Layers
package import Linux
package import OCI

/// Writes an OCI image layout (OCI image-spec, "Image Layout"): as one tar, or as a folder.
///
/// The bytes depend on the image and its names alone. What is written appears under its name only when it is whole.
package struct LayoutExporter: Sendable {
    package enum Destination: Sendable {
        /// A tar that takes its place when it is complete.
        case tarFile(ByteString)
        /// A tar to a descriptor, such as standard output.
        case tarStream(Linux.Descriptor)
        /// A folder; one that is there gets the blobs that it lacks, then the new index.
        case folder(ByteString)
    }

    private let image: ImageDocuments
    private let names: [Reference]

    /// `names`: written into the index's annotations; none leaves it without.
    package init(image: ImageDocuments, names: [Reference]) {
        self.image = image
        self.names = names
    }

    /// Whether the destination can be written at all, before anything is built for it.
    ///
    /// - Throws: `ExportError.cannotWrite`.
    package static func check(_ destination: Destination) throws {
        switch destination {
        case .tarFile(let path): try HostFile.check(path)
        case .tarStream: break
        case .folder(let path): try HostFile.checkFolder(path)
        }
    }

    package func write(to destination: Destination) throws {
        switch destination {
        case .tarFile(let path):
            try HostFile.replace(path) { file in try writeTar(to: file) }
        case .tarStream(let descriptor): try writeTar(to: descriptor)
        case .folder(let path): try writeFolder(path)
        }
    }

    // MARK: What is in it

    private var index: Document<Index> {
        let manifest = image.manifest.descriptor
        guard !names.isEmpty else { return Document(Index(manifests: [manifest])) }
        let entries = names.map { name in
            var entry = manifest
            entry.annotations[Annotation.imageName] = ByteString(name.description)
            entry.annotations[Annotation.refName] = ByteString(name.tag ?? "latest")
            return entry
        }
        return Document(Index(manifests: entries))
    }

    /// Small documents, then layers; each digest once.
    private var layers: [ReadyLayer] {
        var seen: Set<Digest> = []
        return image.layers.filter { seen.insert($0.descriptor.digest).inserted }
    }

    private var documents: [(path: ByteString, bytes: [UInt8])] {
        [
            (ImageLayout.path(of: image.config.digest), image.config.bytes),
            (ImageLayout.path(of: image.manifest.digest), image.manifest.bytes),
        ]
    }

    // MARK: Tar

    private func writeTar(to file: Linux.Descriptor) throws {
        try put(.directory, ImageLayout.blobsDirectory + "/", mode: 0o755, to: file)
        let algorithms = Set(layers.map(\.descriptor.digest.algorithm) + [.sha256]).map(\.rawValue).sorted()
        for algorithm in algorithms {
            try put(.directory, ImageLayout.blobsDirectory + ByteString("/\(algorithm)/"), mode: 0o755, to: file)
        }
        for document in documents { try put(document.path, document.bytes, to: file) }
        for layer in layers {
            let size = UInt64(layer.descriptor.size)
            try put(.file, ImageLayout.path(of: layer.descriptor.digest), mode: 0o644, size: size, to: file)
            try copy(layer, to: file)
            try file.write([UInt8](repeating: 0, count: TarHeader.padding(after: size)))
        }
        try put(ImageLayout.indexFile, index.bytes, to: file)
        try put(ImageLayout.versionFile, ImageLayout.versionContent, to: file)
        try file.write(TarHeader.end)
    }

    private func put(
        _ kind: TarHeader.Kind,
        _ name: ByteString,
        mode: UInt16,
        size: UInt64 = 0,
        to file: Linux.Descriptor
    ) throws {
        var header = TarHeader(kind, name)
        header.mode = mode
        header.size = size
        try file.write(header.encoded)
    }

    private func put(_ name: ByteString, _ bytes: [UInt8], to file: Linux.Descriptor) throws {
        try put(.file, name, mode: 0o644, size: UInt64(bytes.count), to: file)
        try file.write(bytes + [UInt8](repeating: 0, count: TarHeader.padding(after: UInt64(bytes.count))))
    }

    /// Copies a layer's blob; what a base image brought is compared with its digest on the way.
    private func copy(_ layer: ReadyLayer, to file: Linux.Descriptor) throws {
        let source = try layer.open()
        var hasher = DigestHasher(layer.descriptor.digest.algorithm)
        var total: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            try Task.checkCancellation()
            let count = try source.read(into: buffer, at: total)
            if count == 0 { break }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(bytes)
            try file.write(bytes)
            total += Int64(count)
            guard total <= layer.descriptor.size else { throw ExportError.damagedBlob(layer.descriptor.digest) }
        }
        guard total == layer.descriptor.size, hasher.finalize() == layer.descriptor.digest else {
            throw ExportError.damagedBlob(layer.descriptor.digest)
        }
    }

    // MARK: Folder

    private func writeFolder(_ path: ByteString) throws {
        let (folder, isNew) = try HostFile.makeFolder(path)
        do {
            try writeBlobs(in: try folder.makeOrOpenDirectory(ImageLayout.blobsDirectory, mode: 0o755))
            try HostFile.replace(ImageLayout.versionFile, in: folder) { try $0.write(ImageLayout.versionContent) }
            try HostFile.replace(ImageLayout.indexFile, in: folder) { try $0.write(index.bytes) }
        } catch {
            // Another process may have completed a layout in it meanwhile.
            if isNew, try folder.statusIfPresent(ImageLayout.indexFile) == nil { HostFile.removeFolder(path) }
            if let error = error as? SystemError { throw ExportError.cannotWrite(path, error) }
            throw error
        }
    }

    /// Layers first: of an image whose layers cannot be had there is no document either.
    private func writeBlobs(in blobs: Directory) throws {
        for layer in layers {
            let folder = try self.folder(of: layer.descriptor.digest, in: blobs)
            let name = ByteString(layer.descriptor.digest.hex)
            if let found = try folder.statusIfPresent(name), found.kind == .file,
                found.size == UInt64(layer.descriptor.size)
            {
                continue
            }
            try HostFile.replace(name, in: folder) { try copy(layer, to: $0) }
        }
        for (digest, bytes) in [
            (image.config.digest, image.config.bytes), (image.manifest.digest, image.manifest.bytes),
        ] {
            try HostFile.replace(ByteString(digest.hex), in: try folder(of: digest, in: blobs)) { try $0.write(bytes) }
        }
    }

    private func folder(of digest: Digest, in blobs: Directory) throws(SystemError) -> Directory {
        try blobs.makeOrOpenDirectory(ByteString(digest.algorithm.rawValue), mode: 0o755)
    }
}
