internal import Bytes

/// Finds the flag that was probably meant.
enum NearestFlag {
    /// The flag that differs least of those that can be used, if by a letter in four or less.
    static func name(for word: ByteString) -> String? {
        guard word.count <= 64 else { return nil }
        let known = DockerFlag.all.filter(\.isSupported)
        let distances = known.map { (name: $0.name, letters: distance(word.bytes, Array($0.name.utf8))) }
        let best = distances.min { $0.letters < $1.letters }
        return best.flatMap { $0.letters * 4 <= word.count ? $0.name : nil }
    }

    /// How many letters have to be added, removed or changed (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (line, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in right.indices {
                let changed = diagonal + (byte == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
