internal import Bytes

/// Finds the flag that was probably meant.
enum NearestFlag {
    /// The flag that differs least, if by one or two letters.
    static func name(for word: ByteString) -> String? {
        guard word.count <= 64 else { return nil }
        let distances = DockerFlag.all.map { (name: $0.name, distance: distance(word.bytes, Array($0.name.utf8))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= 2 else { return nil }
        return best.name
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
