internal import Bytes
package import Layers
internal import OCI

/// How an exporter wants the layers of an image.
package struct LayerForm: Sendable, Hashable {
    /// Of the layers that this engine packs.
    package var compression: LayerCompression
    /// Whether layers of a base that are packed in another way are packed anew; else they stay as they are.
    package var forcesCompression = false
    /// The media types of OCI, or Docker's older ones.
    package var usesOCITypes = true
    /// Seconds since 1970: in layers of this engine no file is newer (`SOURCE_DATE_EPOCH` with `rewrite-timestamp`).
    package var latestTime: Int64?

    package init(_ compression: LayerCompression) { self.compression = compression }

    func mediaType(_ compression: MediaType.Compression) -> MediaType {
        usesOCITypes ? .ociLayer(compression) : .dockerLayer(compression)
    }

    /// What a packed delta is remembered by.
    var parameters: String { compression.keyText.text + (latestTime.map { "/until-\($0)" } ?? "") }
}
