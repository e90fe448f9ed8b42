internal import Bytes

/// The name of a snapshot's folder: 32 lower-case hexadecimal digits, chosen at random when it was begun.
package struct SnapshotID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Returns: nil for what is no such name.
    package init?(_ text: String) {
        guard text.utf8.count == 32, text.utf8.allSatisfy(SnapshotID.isHexDigit) else { return nil }
        self.text = text
    }

    init?(fileName: ByteString) { self.init(fileName.text) }

    /// A new name that no other process chooses.
    static func random() -> SnapshotID {
        let words = (UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max))
        return SnapshotID(unchecked: hex(words.0) + hex(words.1))
    }

    private init(unchecked text: String) { self.text = text }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    var fileName: ByteString { ByteString(text) }

    package var description: String { text }
}

/// The number of a row of `deltas`.
///
/// Numbers grow and are never used again.
package struct DeltaID: Hashable, Sendable {
    package let number: Int64
}

/// The number of a row of `results`.
///
/// Numbers grow and are never used again.
package struct ResultID: Hashable, Sendable {
    package let number: Int64
}
