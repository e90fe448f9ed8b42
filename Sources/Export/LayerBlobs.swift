internal import Bytes
package import Layers
internal import Linux
internal import OCI
package import Store
internal import Trees

/// Makes the blobs of layers, each once: a delta that was packed with the same compression before is not packed again,
/// neither in this build nor in a later one.
package struct LayerBlobs: Sendable {
    private let store: StateRoot
    private let compression: LayerCompression

    package init(store: StateRoot, compression: LayerCompression) {
        self.store = store
        self.compression = compression
    }

    /// The layer's blob, packed if it has to be.
    ///
    /// Blocks; compresses on all cores.
    package func ready(_ part: LayerPart) throws -> ReadyLayer {
        switch part {
        case .base(let descriptor, let diffID, let open):
            var converted = descriptor
            // Docker's media types become those of OCI, in which the manifest is written.
            if let packing = descriptor.mediaType.compression { converted.mediaType = .ociLayer(packing) }
            return ReadyLayer(descriptor: converted, diffID: diffID, open: open)
        case .delta(let delta, let unpacked):
            let parameters = compression.keyText.text
            let known = try store.results.packed(delta.id, parameters: parameters)
            let packed = try known ?? pack(delta, try unpacked(), parameters: parameters)
            let content = store.content
            return ReadyLayer(descriptor: packed.descriptor, diffID: packed.diffID) {
                guard let file = try content.open(packed.descriptor.digest) else {
                    throw ExportError.missingBlob(packed.descriptor.digest)
                }
                return file
            }
        }
    }

    private func pack(_ delta: StoredDelta, _ unpacked: UnpackedDelta, parameters: String) throws -> Store.PackedLayer {
        let blob = try store.content.ingest()
        let file = blob.descriptor
        let writer: LayerWriter
        if let upper = unpacked.upper {
            writer = LayerWriter(upper: upper, delta: unpacked.delta, compression: compression)
        } else {
            writer = LayerWriter(delta: unpacked.delta, compression: compression) { path in
                throw ExportError.noFile(path.bytes)
            }
        }
        // The writer hashes what it writes, so the blob is named by that and its bytes are not read again.
        let layer = try writer.pack { bytes in
            try Task.checkCancellation()
            try file.write(bytes)
        }
        let descriptor = try blob.commit(hashedAs: layer.digest, size: layer.size, mediaType: layer.mediaType)
        let packed = Store.PackedLayer(descriptor: descriptor, diffID: layer.diffID)
        try store.results.putPacked(packed, of: delta.id, parameters: parameters)
        return packed
    }
}
