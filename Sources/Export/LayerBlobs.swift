internal import Bytes
package import Layers
internal import Linux
internal import OCI
package import Store
internal import Trees

/// Makes the blobs of layers, each once: a delta that was packed in the same way before, or a base's layer that was packed
/// anew so, is not packed again, neither in this build nor in a later one.
package struct LayerBlobs: Sendable {
    private let store: StateRoot
    private let form: LayerForm

    package init(store: StateRoot, form: LayerForm) {
        self.store = store
        self.form = form
    }

    /// Layers of OCI's media types; those of a base stay as they are.
    package init(store: StateRoot, compression: LayerCompression) {
        self.init(store: store, form: LayerForm(compression))
    }

    /// The layer's blob, packed if it has to be.
    ///
    /// Blocks; compresses on all cores.
    package func ready(_ part: LayerPart) throws -> ReadyLayer {
        switch part {
        case .base(let descriptor, let diffID, let open):
            guard form.forcesCompression, let packing = descriptor.mediaType.compression,
                packing != form.compression.kind
            else { return ready(descriptor, diffID, open) }
            return ready(try repack(descriptor, diffID, open))
        case .delta(let delta, let unpacked):
            if let known = try store.results.packed(delta.id, parameters: form.parameters) { return ready(known) }
            return ready(try repack(delta) ?? pack(delta, try unpacked()))
        }
    }

    private func ready(_ packed: Store.PackedLayer) -> ReadyLayer {
        let content = store.content
        return ready(packed.descriptor, packed.diffID) {
            guard let file = try content.open(packed.descriptor.digest) else {
                throw ExportError.missingBlob(packed.descriptor.digest)
            }
            return file
        }
    }

    /// The layer under the media type of the family that is wanted.
    private func ready(
        _ descriptor: OCI.Descriptor,
        _ diffID: Digest,
        _ open: @escaping @Sendable () throws -> Linux.Descriptor
    ) -> ReadyLayer {
        var converted = descriptor
        if let packing = descriptor.mediaType.compression { converted.mediaType = form.mediaType(packing) }
        return ReadyLayer(descriptor: converted, diffID: diffID, open: open)
    }

    // MARK: Packing

    private func pack(_ delta: StoredDelta, _ unpacked: UnpackedDelta) throws -> Store.PackedLayer {
        var writer: LayerWriter
        if let upper = unpacked.upper {
            writer = LayerWriter(upper: upper, delta: unpacked.delta, compression: form.compression)
        } else {
            writer = LayerWriter(delta: unpacked.delta, compression: form.compression) { path in
                throw ExportError.noFile(path.bytes)
            }
        }
        writer.latestTime = form.latestTime
        let packed = try ingest { try writer.pack(into: $0) }
        try store.results.putPacked(
            packed,
            of: delta.id,
            parameters: form.parameters,
            isFaithful: form.latestTime == nil
        )
        return packed
    }

    /// Packs a delta that is packed already in another way; nil for one that is not, or whose times are to change.
    private func repack(_ delta: StoredDelta) throws -> Store.PackedLayer? {
        guard delta.snapshot == nil, !delta.isEmpty, form.latestTime == nil else { return nil }
        guard let source = try store.results.packed(delta.id).first,
            let blob = try store.content.open(source.descriptor.digest)
        else { return nil }
        let packed = try repack(blob, source.descriptor, source.diffID)
        try store.results.putPacked(packed, of: delta.id, parameters: form.parameters)
        return packed
    }

    private func repack(
        _ layer: OCI.Descriptor,
        _ diffID: Digest,
        _ open: @Sendable () throws -> Linux.Descriptor
    ) throws -> Store.PackedLayer {
        let parameters = form.compression.repackingText.text
        if let known = try store.results.repacked(layer.digest, parameters: parameters), known.diffID == diffID {
            return known
        }
        let packed = try repack(try open(), layer, diffID)
        try store.results.putRepacked(packed, of: layer.digest, parameters: parameters)
        return packed
    }

    private func repack(
        _ blob: Linux.Descriptor,
        _ layer: OCI.Descriptor,
        _ diffID: Digest
    ) throws -> Store.PackedLayer {
        let expected = ExpectedLayer(digest: layer.digest, size: layer.size, diffID: diffID)
        let repacking = LayerRepacking(blob, expecting: expected, compression: form.compression)
        return try ingest { try repacking.pack(into: $0) }
    }

    /// Puts a new blob into the store.
    private func ingest(
        _ pack: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Layers.PackedLayer
    ) throws -> Store.PackedLayer {
        let blob = try store.content.ingest()
        let file = blob.descriptor
        // The writer hashes what it writes, so the blob is named by that and its bytes are not read again.
        let content = store.content
        let layer = try pack { bytes in
            try Task.checkCancellation()
            try content.write(bytes, to: file)
        }
        let descriptor = try blob.commit(hashedAs: layer.digest, size: layer.size, mediaType: layer.mediaType)
        return Store.PackedLayer(descriptor: descriptor, diffID: layer.diffID)
    }
}
