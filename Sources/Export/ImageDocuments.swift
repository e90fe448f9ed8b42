package import Bytes
package import OCI

/// The documents of an image whose layers are ready: config and manifest (OCI image-spec).
package struct ImageDocuments: Sendable {
    package let config: Document<ImageConfig>
    package let manifest: Document<Manifest>
    package let layers: [ReadyLayer]

    /// `config`: with the history of all instructions; its `diffIDs` are those of the base and are replaced.
    ///
    /// `layerTimes`: when each layer of this build was made, in the order of the layers above the base's. `epoch`:
    /// `SOURCE_DATE_EPOCH`: what all times are set to. `usesOCITypes`: false for Docker's older media types.
    /// `annotations`: of the manifest.
    package init(
        config: ImageConfig,
        layers: [ReadyLayer],
        layerTimes: [Timestamp?],
        epoch: Timestamp?,
        usesOCITypes: Bool = true,
        annotations: [ByteString: ByteString] = [:]
    ) {
        var config = config
        config.diffIDs = layers.map(\.diffID)
        // The last entries with layers are those of this build: a base's history need not tell of all its layers.
        let told = config.history.count { !$0.isEmptyLayer }
        let firstOfBuild = max(0, told - layerTimes.count)
        // A time is that of the layer or of the one before it; before the first, it is that of the first, as BuildKit has
        // it. So the same result has the same bytes, whenever it is exported.
        var current = epoch ?? layerTimes.compactMap { $0 }.first ?? config.history.last { $0.created != nil }?.created
        var layer = 0
        for index in config.history.indices {
            if !config.history[index].isEmptyLayer {
                let number = layer - firstOfBuild
                if layerTimes.indices.contains(number), let time = layerTimes[number] {
                    // An earlier result may be older than what is below it: times do not go back.
                    current = epoch ?? max(current ?? time, time)
                }
                layer += 1
            }
            if config.history[index].created == nil { config.history[index].created = current }
        }
        config.created = epoch ?? layerTimes.compactMap { $0 }.max() ?? config.history.last?.created
        config.mediaType = usesOCITypes ? .ociConfig : .dockerConfig
        self.config = Document(config)
        self.layers = layers
        let descriptor = self.config.descriptor
        manifest = Document(
            Manifest(
                mediaType: usesOCITypes ? .ociManifest : .dockerManifest,
                config: descriptor,
                layers: layers.map(\.descriptor),
                annotations: annotations
            )
        )
    }
}
