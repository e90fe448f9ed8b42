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
            let distance = distance(wanted.bytes, candidate.bytes)
            // A word of two letters is at most two letters away from any other.
            guard distance < min(3, max(wanted.count, candidate.count)) else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
        }
        return best?.name
    }

    /// How many letters have to be added, removed or changed (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let change = diagonal + (byte == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
