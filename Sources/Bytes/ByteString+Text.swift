extension ByteString {
    /// The bytes with ASCII letters in lower case; all others stay.
    package var lowercased: ByteString { ByteString(bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }) }

    /// The bytes with ASCII letters in upper case; all others stay.
    package var uppercased: ByteString { ByteString(bytes.map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 }) }

    /// How many bytes have to be added, removed, changed or swapped with their neighbours to make `other` of these, no
    /// byte twice ("optimal string alignment").
    ///
    /// The time is the product of both lengths: for names, not for texts.
    package func editDistance(to other: ByteString) -> Int {
        var before: [Int] = []
        var row = Array(0...other.count)
        for (line, byte) in bytes.enumerated() {
            var next = [line + 1]
            for (column, wanted) in other.bytes.enumerated() {
                var distance = min(row[column] + (byte == wanted ? 0 : 1), next[column] + 1, row[column + 1] + 1)
                if line > 0, column > 0, byte == other.bytes[column - 1], bytes[line - 1] == wanted {
                    distance = min(distance, before[column - 1] + 1)
                }
                next.append(distance)
            }
            (before, row) = (row, next)
        }
        return row[other.count]
    }

    /// The first of the names that differ from this one in the fewest bytes, if they are few enough to be meant: three at
    /// most, and one in three.
    package func nearest(among names: some Sequence<ByteString>) -> ByteString? {
        guard (2...256).contains(count) else { return nil }
        let limit = Swift.min(3, (count + 1) / 3)
        var best: (name: ByteString, distance: Int)?
        // Names that differ more in length than may be cannot be near.
        for name in names where name != self && abs(name.count - count) <= limit {
            let distance = editDistance(to: name)
            if distance <= limit, best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
        }
        return best?.name
    }
}
