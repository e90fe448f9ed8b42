internal import Graph
internal import OCI

/// What reports say of blobs on their way, and of bases.
enum TransferText {
    /// `pulling sha256:0123456789ab`.
    static func name(of blob: Digest, _ direction: BlobTransfer.Direction) -> String {
        (direction == .pull ? "pulling " : "pushing ") + short(blob)
    }

    /// `4.26MB / 28.2MB 12.1MB/s 2s left`: what has moved, how fast that was, and how long the rest takes at that rate.
    ///
    /// `after`: nanoseconds since it began.
    static func figures(_ transfer: BlobTransfer, after nanoseconds: UInt64) -> String {
        guard transfer.phase == .moving else { return Figures.bytes(transfer.total) }
        var text = "\(Figures.bytes(transfer.bytes)) / \(Figures.bytes(transfer.total))"
        let milliseconds = Int64(clamping: nanoseconds / 1_000_000)
        // Before that, a rate says nothing.
        guard milliseconds >= 500, transfer.bytes > 0 else { return text }
        let rate = max(transfer.bytes / milliseconds * 1000, 1)
        text += " \(Figures.bytes(rate))/s"
        let left = max(transfer.total - transfer.bytes, 0) / rate
        return text + " \(left)s left"
    }

    /// What was taken for a name, and how old it is.
    static func line(_ base: ResolvedBase) -> String {
        let place: String
        switch base.origin {
        case .store: place = "in the store"
        case .registry(let host): place = "at \(host)"
        }
        return "\(base.name) \(place) is \(base.digest)"
    }

    private static func short(_ digest: Digest) -> String { "\(digest.algorithm.rawValue):\(digest.hex.prefix(12))" }
}
