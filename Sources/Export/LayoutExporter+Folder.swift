internal import Bytes
internal import Linux
internal import OCI

extension LayoutExporter {
    func writeFolder(_ path: ByteString) throws {
        let (folder, isNew) = try HostFile.makeFolder(path)
        do {
            try writeBlobs(in: try folder.makeOrOpenDirectory(ImageLayout.blobsDirectory, mode: 0o755))
            for (name, bytes) in files { try HostFile.replace(name, in: folder) { try $0.write(bytes) } }
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
        for (digest, bytes) in documents {
            try HostFile.replace(ByteString(digest.hex), in: try folder(of: digest, in: blobs)) { try $0.write(bytes) }
        }
    }

    private func folder(of digest: Digest, in blobs: Directory) throws(SystemError) -> Directory {
        try blobs.makeOrOpenDirectory(ByteString(digest.algorithm.rawValue), mode: 0o755)
    }
}
