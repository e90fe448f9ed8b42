internal import Bytes
internal import Layers
package import Linux
package import Trees

/// Writes the files of a tree as a plain tar (`--output type=tar`).
package struct FilesTar {
    private let delta: Delta
    private let source: Directory

    /// A tree's files.
    ///
    /// - Parameters:
    ///   - delta: what a `TreeListing` gives.
    ///   - source: where its files are.
    package init(_ delta: Delta, from source: Directory) {
        self.delta = delta
        self.source = source
    }

    /// Writes the tar to a file, which appears when it is complete, or to a stream; a folder is no place for it.
    ///
    /// Blocks. Throws `ExportError.cannotWrite`, `LayersError`, or `CancellationError`.
    package func write(to destination: LayoutExporter.Destination) throws {
        switch destination {
        case .tarFile(let path), .folder(let path): try HostFile.replace(path, write)
        case .tarStream(let descriptor): try write(to: descriptor)
        }
    }

    private func write(to file: Linux.Descriptor) throws {
        _ = try LayerWriter(upper: source, delta: delta, compression: .uncompressed).pack { bytes in
            try Task.checkCancellation()
            try file.write(bytes)
        }
    }
}
