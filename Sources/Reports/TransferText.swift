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
    /// `nanoseconds`: since it began.
    static func figures(_ bytes: Int64, of total: Int64, after nanoseconds: UInt64) -> String {
        let text = "\(ByteSize.text(bytes)) / \(ByteSize.text(total))"
        let milliseconds = Int64(clamping: nanoseconds / 1_000_000)
        // Before that, a rate says nothing.
        guard milliseconds >= 500, bytes > 0 else { return text }
        let rate = max(bytes / milliseconds * 1000, 1)
        return text + " \(ByteSize.text(rate))/s \(max(total - bytes, 0) / rate)s left"
    }

    /// What was taken for a name, and how old it is.
    ///
    /// `now`: by the wall clock.
    static func line(_ base: ResolvedBase, at now: Timestamp = HumanFigures.now) -> String {
        let place: String
        switch base.origin {
        case .store: place = "in the store"
        case .registry(let host): place = "at \(host)"
        }
        let age = base.created.map { ", made " + HumanFigures.age(of: $0, at: now).lowercased() } ?? ""
        return "\(base.name) \(place) is \(base.digest)\(age)"
    }

    private static func short(_ digest: Digest) -> String { "\(digest.algorithm.rawValue):\(digest.hex.prefix(12))" }
}
