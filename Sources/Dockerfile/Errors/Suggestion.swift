import Bytes

/// Finds the name that was probably meant.
enum Suggestion {
    /// The first of the names that differ least from `word`, if by fewer than three letters.
    static func nearest(to word: ByteString, among names: [String], ignoresCase: Bool) -> String? {
        let wanted = ignoresCase ? Ascii.upper(word) : word
        guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        for name in names {
            let candidate = ignoresCase ? Ascii.upper(ByteString(name)) : ByteString(name)
            guard candidate != wanted else { return nil }
            let distance = wanted.editDistance(to: candidate)
            // A word of two letters is at most two letters away from any other.
            guard distance < min(3, max(wanted.count, candidate.count)) else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
        }
        return best?.name
    }
}
