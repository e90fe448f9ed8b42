internal import Bytes

/// One header block of a tar of others (POSIX.1-2017, pax, "ustar Interchange Format", and what GNU tar changed in it).
struct TarBlock {
    static let size = 512

    private let block: ArraySlice<UInt8>

    /// - Throws: `LayersError.malformedArchive` for a block whose sum is wrong.
    init(_ block: ArraySlice<UInt8>) throws(LayersError) {
        self.block = block
        var sum: Int64 = 0
        var signedSum: Int64 = 0
        for (index, byte) in block.enumerated() {
            // The sum's own field counts as spaces.
            let value = 148..<156 ~= index ? 0x20 : byte
            sum += Int64(value)
            signedSum += Int64(Int8(bitPattern: value))
        }
        let told = try number(at: 148, count: 8)
        // Some old writers summed signed bytes.
        guard told == sum || told == signedSum else { throw .malformedArchive("a header's sum is wrong") }
    }

    /// The kind of entry, as the format numbers it.
    var type: UInt8 { block[block.startIndex + 156] }

    /// The name, with the prefix that ustar puts before it.
    var name: ByteString {
        let name = text(at: 0, count: 100)
        guard text(at: 257, count: 6, untilZero: false) == "ustar\0" else { return name }
        let prefix = text(at: 345, count: 155)
        return prefix.isEmpty ? name : prefix + "/" + name
    }

    var linkName: ByteString { text(at: 157, count: 100) }

    /// Bytes of the content.
    var contentSize: Int64 {
        get throws(LayersError) { try number(at: 124, count: 12) }
    }

    private func text(at offset: Int, count: Int, untilZero: Bool = true) -> ByteString {
        let field = block.dropFirst(offset).prefix(count)
        return ByteString(Array(untilZero ? field.prefix { $0 != 0 } : field))
    }

    /// A number in octal digits, or where the first bit is set in base 256, as GNU tar writes large ones.
    private func number(at offset: Int, count: Int) throws(LayersError) -> Int64 {
        let field = block.dropFirst(offset).prefix(count)
        var value: Int64 = 0
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80 else { throw .malformedArchive("a number in a header is negative or too large") }
            for byte in field.dropFirst() {
                guard value < 1 << 55 else { throw .malformedArchive("a number in a header is too large") }
                value = value << 8 | Int64(byte)
            }
            return value
        }
        let digits = field.drop { $0 == 0x20 || $0 == 0 }.prefix { $0 != 0x20 && $0 != 0 }
        for digit in digits {
            guard (0x30...0x37).contains(digit) else { throw .malformedArchive("a number in a header is none") }
            value = value << 3 | Int64(digit & 7)
        }
        return value
    }
}
