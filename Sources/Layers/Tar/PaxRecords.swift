internal import Bytes

/// What pax records say of the entry after them (POSIX.1-2017, pax, "pax Extended Header").
///
/// Of two records with one key the last counts.
struct PaxRecords {
    var path: ByteString?
    var linkPath: ByteString?
    /// Bytes of the content.
    var size: Int64?
    /// Whether the content is a sparse file in one of GNU tar's forms.
    var isSparse = false

    init() {}

    /// - Throws: `LayersError.malformedArchive` for what are no such records.
    init(_ bytes: [UInt8]) throws(LayersError) {
        var rest = bytes[...]
        while let first = rest.first, first != 0 {
            var length = 0
            var digits = 0
            for byte in rest.prefix(9) {
                guard (0x30...0x39).contains(byte) else { break }
                length = length * 10 + Int(byte & 15)
                digits += 1
            }
            // Digits, a space, a key, `=`, and a newline.
            guard digits > 0, length > digits + 3, length <= rest.count, rest[rest.startIndex + digits] == 0x20 else {
                throw .malformedArchive("a pax record has no length")
            }
            let record = rest.prefix(length).dropFirst(digits + 1)
            guard record.last == 0x0A, let equals = record.firstIndex(of: 0x3D) else {
                throw .malformedArchive("a pax record has no value")
            }
            try set(ByteString(Array(record[..<equals])), ByteString(Array(record[(equals + 1)...].dropLast())))
            rest = rest.dropFirst(length)
        }
    }

    private mutating func set(_ key: ByteString, _ value: ByteString) throws(LayersError) {
        switch key {
        case "path": path = value
        case "linkpath": linkPath = value
        case "size":
            guard let size = Int64(value.text), size >= 0 else {
                throw .malformedArchive("a pax record's size is not a number of bytes")
            }
            self.size = size
        default: if key.hasPrefix("GNU.sparse.") { isSparse = true }
        }
    }
}
