internal import Bytes
internal import Layers
internal import Linux
internal import OCI

extension LayoutExporter {
    /// Small documents first, then layers, then what names them.
    func writeTar(to file: Linux.Descriptor) throws {
        try put(.directory, ImageLayout.blobsDirectory + "/", mode: 0o755, to: file)
        let digests = documents.map(\.digest) + layers.map(\.descriptor.digest)
        for algorithm in Set(digests.map(\.algorithm) + [.sha256]).map(\.rawValue).sorted() {
            try put(.directory, ImageLayout.blobsDirectory + ByteString("/\(algorithm)/"), mode: 0o755, to: file)
        }
        for document in documents { try put(ImageLayout.path(of: document.digest), document.bytes, to: file) }
        for layer in layers {
            let size = UInt64(layer.descriptor.size)
            try put(.file, ImageLayout.path(of: layer.descriptor.digest), mode: 0o644, size: size, to: file)
            try copy(layer, to: file)
            try file.write([UInt8](repeating: 0, count: TarHeader.padding(after: size)))
        }
        for (name, bytes) in files { try put(name, bytes, to: file) }
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
}
