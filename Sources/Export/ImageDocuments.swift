internal import Bytes
package import OCI

/// The documents of an image whose layers are ready: config and manifest (OCI image-spec).
package struct ImageDocuments: Sendable {
    package let config: Document<ImageConfig>
    package let manifest: Document<Manifest>
    package let layers: [ReadyLayer]

    /// - Parameters:
    ///   - config: with the history of all instructions; its `diffIDs` are those of the base and are replaced.
    ///   - layerTimes: when each layer of this build was made, in the order of the layers above the base's.
    ///   - epoch: `SOURCE_DATE_EPOCH`: what all times are set to.
    package init(config: ImageConfig, layers: [ReadyLayer], layerTimes: [Timestamp?], epoch: Timestamp?) {
        var config = config
        let baseLayers = layers.count - layerTimes.count
        config.diffIDs = layers.map(\.diffID)
        // A time is that of the layer, or of the one before it: the same result has the same bytes, whenever it is exported.
        var current: Timestamp? = epoch
        var layer = 0
        for index in config.history.indices {
            if !config.history[index].isEmptyLayer {
                if layer >= baseLayers, let time = layerTimes[layer - baseLayers] { current = epoch ?? time }
                layer += 1
            }
            if let told = config.history[index].created { current = epoch ?? told }
            if config.history[index].created == nil { config.history[index].created = current }
        }
        // Without a layer of its own an image is as old as its base.
        config.created = epoch ?? layerTimes.compactMap { $0 }.max() ?? current
        config.mediaType = .ociConfig
        self.config = Document(config)
        self.layers = layers
        let descriptor = self.config.descriptor
        manifest = Document(Manifest(config: descriptor, layers: layers.map(\.descriptor)))
    }
}
