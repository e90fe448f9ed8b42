package import Bytes
package import Linux
package import OCI

/// Writes images as an OCI image layout (OCI image-spec, "Image Layout"): one tar, or a folder; several images at once,
/// each with any number of names, and each blob once.
///
/// The bytes depend on the images and their names alone. What is written appears under its name only when it is whole.
package struct LayoutExporter: Sendable {
    package enum Destination: Sendable {
        /// A tar that takes its place when it is complete.
        case tarFile(ByteString)
        /// A tar to a descriptor, such as standard output or a pipe.
        case tarStream(Linux.Descriptor)
        /// A folder; one that is there gets the blobs that it lacks, then the new index.
        case folder(ByteString)
    }

    /// Who is to read it.
    package enum Form: Sendable {
        /// Readers of OCI image layouts.
        case layout
        /// These, and `docker load` of any age: ``DockerArchive``.
        case dockerArchive
    }

    let images: [LayoutImage]
    let form: Form
    /// Of the index itself.
    package var annotations: [ByteString: ByteString] = [:]

    package init(images: [LayoutImage], form: Form = .layout) {
        self.images = images
        self.form = form
    }

    /// `names`: written into the index's annotations; none leaves it without.
    package init(image: ImageDocuments, names: [Reference], form: Form = .layout) {
        self.init(images: [LayoutImage(image, names: names)], form: form)
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

    /// Writes all images.
    ///
    /// Blocks. Throws `ExportError`, what opening a layer throws, or `CancellationError`.
    package func write(to destination: Destination) throws {
        switch destination {
        case .tarFile(let path):
            try HostFile.replace(path) { file in try writeTar(to: file) }
        case .tarStream(let descriptor): try writeTar(to: descriptor)
        case .folder(let path): try writeFolder(path)
        }
    }

    // MARK: What is in it

    /// Configs and manifests; each digest once.
    var documents: [(digest: Digest, bytes: [UInt8])] {
        var seen: Set<Digest> = []
        return images.flatMap { [($0.configDigest, $0.config), ($0.manifest.digest, $0.manifest.bytes)] }
            .filter { seen.insert($0.0).inserted }
    }

    /// Layers; each digest once.
    var layers: [LayoutImage.Layer] {
        var seen: Set<Digest> = []
        return images.flatMap(\.layers).filter { seen.insert($0.descriptor.digest).inserted }
    }

    /// The small files beside the blobs, in the order in which they are written.
    var files: [(name: ByteString, bytes: [UInt8])] {
        var seen: Set<OCI.Descriptor> = []
        let entries = images.flatMap(\.entries).filter { seen.insert($0).inserted }
        let index = Document(Index(manifests: entries, annotations: annotations))
        var files = [(ImageLayout.versionFile, ImageLayout.versionContent)]
        if form == .dockerArchive { files.append((DockerArchive.manifestFile, DockerArchive.manifest(of: images))) }
        // Last: with it the layout is whole.
        files.append((ImageLayout.indexFile, index.bytes))
        return files
    }

    /// Copies a layer's blob, and compares it with its digest on the way.
    func copy(_ layer: LayoutImage.Layer, to file: Linux.Descriptor) throws {
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
}
