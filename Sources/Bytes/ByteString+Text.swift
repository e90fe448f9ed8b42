extension ByteString {
    /// The bytes with ASCII letters in lower case; all others stay.
    package var lowercased: ByteString { ByteString(bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }) }

    /// The bytes with ASCII letters in upper case; all others stay.
    package var uppercased: ByteString { ByteString(bytes.map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 }) }

    /// How many bytes have to be added, removed or changed to make `other` of these (Levenshtein).
    ///
    /// The time is the product of both lengths: for names, not for texts.
    package func editDistance(to other: ByteString) -> Int {
        var row = Array(0...other.count)
        for (line, byte) in bytes.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in other.bytes.indices {
                let changed = diagonal + (byte == other.bytes[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
